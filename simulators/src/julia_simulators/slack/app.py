"""The HTTP application: the webhook, the page, and the control API under `/_sim`.

- `GET /` the page that shows the channel
- `GET /_sim` what this is and what it can do
- `GET /_sim/messages?after=N` what was posted after message N; `DELETE` forgets it
- `GET|POST|DELETE /_sim/faults` one fault or a list of them
- `POST /_sim/limit` `{"limited": bool}`: whether more than one message a second is too much
- `POST /_sim/reset` forget everything
"""

import asyncio
import json
import math
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from julia_simulators.slack import payload
from julia_simulators.slack.state import Fault, FaultKind, World

_STATIC: Final = Path(__file__).parent / "static"
_POLICY: Final = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
_MAX_TEXT: Final = 40_000
_STATUS: Final = {
    "invalid_token": 403,
    "no_service": 404,
    "channel_is_archived": 410,
}


def build_app(world: World) -> Starlette:
    """The simulator as an ASGI application."""

    async def webhook(request: Request) -> Response:
        response = await _webhook(world, request)
        response.headers["x-julia-simulator"] = "slack"
        if response.status_code != 200:  # noqa: PLR2004 - HTTP
            reason = bytes(response.body).decode()
            world.refused[reason] = world.refused.get(reason, 0) + 1
        return response

    async def index(_: Request) -> Response:
        return FileResponse(
            _STATIC / "index.html",
            headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"},
        )

    control = _Control(world)
    return Starlette(
        routes=[
            Route("/", index),
            Mount("/static", StaticFiles(directory=_STATIC)),
            Route("/services/{team}/{service}/{token}", webhook, methods=["POST"]),
            Route("/_sim", control.about),
            Route("/_sim/messages", control.messages, methods=["GET", "DELETE"]),
            Route("/_sim/faults", control.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sim/limit", control.limit, methods=["POST"]),
            Route("/_sim/reset", control.reset, methods=["POST"]),
        ]
    )


async def _webhook(world: World, request: Request) -> Response:
    refusal = _unknown_webhook(world, request.url.path)
    if refusal is not None:
        return _refuse(refusal)
    body = await request.body()
    try:
        message = payload.read(body, request.headers.get("content-type", ""))
        fault = world.take_fault(has_blocks=bool(message.get("blocks")))
        broken = await _break(world, message, fault)
        if broken is not None:
            return broken
        payload.check(message)
    except payload.RefusedError as error:
        return _refuse(str(error))
    if not world.may_post():
        return _too_many(1)
    _post(world, message)
    return PlainTextResponse("ok")


def _post(world: World, message: dict[str, Any]) -> None:
    world.post({**message, "text": str(message.get("text") or "")[:_MAX_TEXT]})


def _unknown_webhook(world: World, path: str) -> str | None:
    if path == world.webhook_path:
        return None
    known, asked = world.webhook_path.split("/"), path.split("/")
    if asked[:3] != known[:3]:
        return "no_team"
    return "invalid_token" if asked[:4] == known[:4] else "no_service"


async def _break(world: World, message: dict[str, Any], fault: Fault | None) -> Response | None:
    match fault.kind if fault else None:
        case None:
            return None
        case FaultKind.RATE_LIMITED if fault is not None:
            return _too_many(fault.seconds)
        case FaultKind.NOT_OK:
            return HTMLResponse("<html><body>Portal da rede: faça login.</body></html>")
        case FaultKind.SERVER_ERROR:
            return PlainTextResponse("rollup_error", 500)
        case (FaultKind.HANG | FaultKind.POSTED_UNHEARD) as kind if fault is not None:
            if kind is FaultKind.POSTED_UNHEARD:
                _post(world, message)
            await asyncio.sleep(fault.seconds)
            return PlainTextResponse("rollup_error", 500)
        case kind:
            return _refuse(str(kind))


def _refuse(reason: str) -> Response:
    return PlainTextResponse(reason, _STATUS.get(reason, 404 if reason == "no_team" else 400))


def _too_many(seconds: float) -> Response:
    headers = {"retry-after": str(math.ceil(seconds))}
    return PlainTextResponse("rate_limited", 429, headers=headers)


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    async def about(self, _: Request) -> JSONResponse:
        world = self._world
        return JSONResponse(
            {
                "simulator": "slack",
                "note": "Nothing leaves this machine: the page shows what managers would read.",
                "channel": world.channel,
                "faults": [kind.value for kind in FaultKind],
                "posted": world.posted,
                "refused": world.refused,
            }
        )

    async def messages(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self._world.messages.clear()
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise HTTPException(422, "after: the number of a message")
        found = [message.as_json() for message in self._world.messages if message.n > int(after)]
        return JSONResponse({"messages": found, "last": self._world.posted})

    async def faults(self, request: Request) -> JSONResponse:
        faults = self._world.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            body = await _json(request)
            try:
                wanted = body if isinstance(body, list) else [body]
                faults += [Fault.model_validate(fault) for fault in wanted]
            except ValidationError as error:
                raise HTTPException(422, str(error)) from error
        return JSONResponse([fault.model_dump(mode="json") for fault in faults])

    async def limit(self, request: Request) -> JSONResponse:
        body = await _json(request)
        if not isinstance(body, dict) or not isinstance(body.get("limited"), bool):
            raise HTTPException(422, "limited: true or false")
        self._world.limited = body["limited"]
        return JSONResponse({"limited": self._world.limited})

    async def reset(self, _: Request) -> JSONResponse:
        self._world.reset()
        return JSONResponse({"status": "ok"})


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise HTTPException(422, "the body is no JSON") from error
