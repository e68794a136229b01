"""The control API of tests and of the local stack, under `/_sim/`.

- `GET /_sim` what this is and what it can do
- `GET|PATCH /_sim/behaviour` seed and latency
- `GET|POST|DELETE /_sim/faults` one fault or a list of them
- `GET|POST|DELETE /_sim/answers` scripted answers, first in first out; what is listed is unused
- `GET|DELETE /_sim/requests` every request with its answer (`?since=<n>` for the later ones)
- `GET|PUT /_sim/keys` the keys that are accepted: a list, or null for any
- `GET /_sim/tally` what was billed by model, with `?by=user` by `metadata.user_id`
- `POST /_sim/reset` forget everything but the behaviour
"""

from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from julia_simulators.anthropic.faults import Fault, FaultKind
from julia_simulators.anthropic.scripts import ScriptedAnswer
from julia_simulators.anthropic.state import Behaviour, World


def routes(world: World) -> list[Route]:
    """The control routes of one world."""
    control = _Control(world)
    return [
        Route("/_sim", control.about),
        Route("/_sim/behaviour", control.behaviour, methods=["GET", "PATCH"]),
        Route("/_sim/faults", control.faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sim/answers", control.answers, methods=["GET", "POST", "DELETE"]),
        Route("/_sim/requests", control.requests, methods=["GET", "DELETE"]),
        Route("/_sim/keys", control.keys, methods=["GET", "PUT"]),
        Route("/_sim/tally", control.tally),
        Route("/_sim/reset", control.reset, methods=["POST"]),
    ]


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    async def about(self, _request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "simulator": "anthropic",
                "note": "Rules, not a model. Nothing here comes from Claude.",
                "faults": [kind.value for kind in FaultKind],
                "requests_seen": self._world.requests_seen,
            }
        )

    async def behaviour(self, request: Request) -> JSONResponse:
        if request.method == "PATCH":
            changed = {**self._world.behaviour.model_dump(), **await request.json()}
            self._world.configure(_read(Behaviour, changed))
        return JSONResponse(self._world.behaviour.model_dump())

    async def faults(self, request: Request) -> JSONResponse:
        faults = self._world.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            for fault in [_read(Fault, item) for item in await _items(request)]:
                faults.add(fault)
        return JSONResponse([fault.model_dump(mode="json") for fault in faults.active()])

    async def answers(self, request: Request) -> JSONResponse:
        scripted = self._world.scripted
        if request.method == "DELETE":
            scripted.clear(request.query_params.get("conversation", ""))
        elif request.method == "POST":
            for answer in [_read(ScriptedAnswer, item) for item in await _items(request)]:
                scripted.add(answer)
        return JSONResponse([answer.model_dump() for answer in scripted.unused()])

    async def requests(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self._world.records.clear()
        since = int(request.query_params.get("since", "0"))
        return JSONResponse([r.as_json() for r in self._world.records if r.n > since])

    async def keys(self, request: Request) -> JSONResponse:
        if request.method == "PUT":
            self._world.keys = _keys(await request.json())
        accepted = self._world.keys
        return JSONResponse(None if accepted is None else sorted(accepted))

    async def tally(self, request: Request) -> JSONResponse:
        match request.query_params.get("by", "model"):
            case "model":
                tallies = self._world.by_model
            case "user":
                tallies = self._world.by_user
            case other:
                raise HTTPException(422, f'by: "model" or "user", not {other!r}')
        return JSONResponse({name: bill.as_json() for name, bill in tallies.items()})

    async def reset(self, _request: Request) -> JSONResponse:
        self._world.reset()
        return JSONResponse({"status": "ok"})


def _keys(body: object) -> frozenset[str] | None:
    if body is None:
        return None
    if isinstance(body, list) and all(isinstance(key, str) for key in body):
        return frozenset(body)
    raise HTTPException(422, "keys: a list of strings, or null for any")


async def _items(request: Request) -> list[Any]:
    body = await request.json()
    return body if isinstance(body, list) else [body]


def _read[T: BaseModel](model: type[T], data: object) -> T:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise HTTPException(422, str(error)) from error
