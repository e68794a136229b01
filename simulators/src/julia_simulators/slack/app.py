"""The HTTP application: the webhook, the page, and the control API under `/_sim`.

- `GET /` the page that shows the channel, on which a person plays a manager
- `POST /actions/...` a `response_url`
- `POST /_sim/commands`, `/_sim/mentions`, `/_sim/direct` `{user, text}`, `/_sim/presses` `{user,
  message, action_id}`: what a person does; answered with what became of the delivery
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

from julia_simulators.slack import payload, people
from julia_simulators.slack.state import PEOPLE, Fault, FaultKind, World
from julia_simulators.slack.state import Response as ResponseUrl

_STATIC: Final = Path(__file__).parent / "static"
_POLICY: Final = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
_MAX_TEXT: Final = 40_000
_STATUS: Final = {
    "invalid_token": 403,
    "no_service": 404,
    "expired_url": 404,
    "used_url": 404,
    "channel_is_archived": 410,
}


def build_app(world: World) -> Starlette:
    """The simulator as an ASGI application."""

    async def webhook(request: Request) -> Response:
        return _counted(world, await _webhook(world, request))

    async def respond(request: Request) -> Response:
        return _counted(world, await _respond(world, request))

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
            Route("/actions/{team}/{n}/{token}", respond, methods=["POST"]),
            Route("/_sim", control.about),
            Route("/_sim/commands", control.command, methods=["POST"]),
            Route("/_sim/mentions", control.mention, methods=["POST"]),
            Route("/_sim/direct", control.direct, methods=["POST"]),
            Route("/_sim/presses", control.press, methods=["POST"]),
            Route("/_sim/messages", control.messages, methods=["GET", "DELETE"]),
            Route("/_sim/faults", control.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sim/limit", control.limit, methods=["POST"]),
            Route("/_sim/reset", control.reset, methods=["POST"]),
        ]
    )


def _counted(world: World, response: Response) -> Response:
    response.headers["x-julia-simulator"] = "slack"
    if response.status_code != 200:  # noqa: PLR2004 - HTTP
        reason = bytes(response.body).decode()
        world.refused[reason] = world.refused.get(reason, 0) + 1
    return response


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


async def _respond(world: World, request: Request) -> Response:
    target = world.responses.get(request.path_params["token"])
    if target is None or world.clock() > target.until:
        return _refuse("expired_url")
    if target.left <= 0:
        return _refuse("used_url")
    try:
        answer = payload.read(await request.body(), request.headers.get("content-type", ""))
        fault = world.take_fault(has_blocks=bool(answer.get("blocks")), to="response")
        broken = await _break(world, answer, fault)
        if broken is not None:
            return broken
        payload.check(answer)
    except payload.RefusedError as error:
        return _refuse(str(error))
    target.left -= 1
    _place(world, answer, target)
    return PlainTextResponse("ok")


def _place(world: World, answer: dict[str, Any], target: ResponseUrl) -> None:
    if answer.get("replace_original") and target.message is not None:
        world.change(target.message, answer)
        return
    everybody = answer.get("response_type") == "in_channel"
    world.post(answer, only_for=None if everybody else target.user)


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
                "people": PEOPLE,
                "faults": [kind.value for kind in FaultKind],
                "posted": world.posted,
                "refused": world.refused,
            }
        )

    async def messages(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self._world.messages.clear()
        after, since = (request.query_params.get(name, "0") for name in ("after", "since"))
        if not (after.isdecimal() and since.isdecimal()):
            raise HTTPException(422, "after: the number of a message; since: a version")
        found = [
            message.as_json()
            for message in self._world.messages
            if message.n > int(after) and message.version > int(since)
        ]
        world = self._world
        return JSONResponse({"messages": found, "last": world.posted, "version": world.version})

    async def command(self, request: Request) -> JSONResponse:
        user, body = await self._person(request)
        return _told(await people.command(self._world, user, _said(body)))

    async def mention(self, request: Request) -> JSONResponse:
        user, body = await self._person(request)
        return _told(await people.mention(self._world, user, _said(body)))

    async def direct(self, request: Request) -> JSONResponse:
        user, body = await self._person(request)
        return _told(await people.direct(self._world, user, _said(body)))

    async def press(self, request: Request) -> JSONResponse:
        user, body = await self._person(request)
        message = self._world.message(body.get("message", 0))
        if message is None or message.only_for not in (None, user):
            raise HTTPException(422, "message: the number of a message that this person sees")
        answer = await people.press(self._world, user, message, str(body.get("action_id")))
        if answer is None:
            raise HTTPException(422, "action_id: a button of that message")
        return _told(answer)

    async def _person(self, request: Request) -> tuple[str, dict[str, Any]]:
        body = await _json(request)
        if not isinstance(body, dict) or body.get("user") not in PEOPLE:
            raise HTTPException(422, f"user: one of {', '.join(PEOPLE)}")
        return body["user"], body

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


def _said(body: dict[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str):
        raise HTTPException(422, "text: what the person writes")
    return text


def _told(answer: people.Acknowledged) -> JSONResponse:
    return JSONResponse({"status": answer.status, "error": answer.error})


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise HTTPException(422, "the body is no JSON") from error
