"""The control API of tests and of the local stack, under `/_sim/`.

- `GET /_sim` what this is and what it can do
- `GET|PATCH /_sim/behaviour` seed and latency
- `GET|POST|DELETE /_sim/faults` one fault or a list of them
- `GET|POST|DELETE /_sim/answers` scripted answers, first in first out
- `GET|DELETE /_sim/requests` every request with its answer (`?since=<n>` for the later ones)
- `GET /_sim/tally` billed tokens by model
- `POST /_sim/reset` forget everything but the behaviour
"""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from julia_simulators.anthropic.answers import ScriptedAnswer
from julia_simulators.anthropic.faults import Fault, FaultKind
from julia_simulators.anthropic.state import Behaviour, World


def routes(world: World) -> list[Route]:
    """The control routes of one world."""

    async def about(_request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "simulator": "anthropic",
                "note": "Rules, not a model. Nothing here comes from Claude.",
                "faults": [kind.value for kind in FaultKind],
                "requests_seen": world.requests_seen,
            }
        )

    async def behaviour(request: Request) -> JSONResponse:
        if request.method == "PATCH":
            changed = {**world.behaviour.model_dump(), **await request.json()}
            world.configure(_read(Behaviour, changed))
        return JSONResponse(world.behaviour.model_dump())

    async def faults(request: Request) -> JSONResponse:
        if request.method == "DELETE":
            world.faults.clear()
        elif request.method == "POST":
            for fault in [_read(Fault, item) for item in await _items(request)]:
                world.faults.add(fault)
        return JSONResponse([fault.model_dump(mode="json") for fault in world.faults.active()])

    async def answers(request: Request) -> JSONResponse:
        if request.method == "DELETE":
            world.scripted.clear()
        elif request.method == "POST":
            world.scripted += [_read(ScriptedAnswer, item) for item in await _items(request)]
        return JSONResponse([answer.model_dump() for answer in world.scripted])

    async def requests(request: Request) -> JSONResponse:
        if request.method == "DELETE":
            world.records.clear()
        since = int(request.query_params.get("since", "0"))
        return JSONResponse([r.as_json() for r in world.records if r.n > since])

    async def tally(_request: Request) -> JSONResponse:
        return JSONResponse({model: asdict(bill) for model, bill in world.tallies.items()})

    async def reset(_request: Request) -> JSONResponse:
        world.reset()
        return JSONResponse({"status": "ok"})

    return [
        Route("/_sim", about),
        Route("/_sim/behaviour", behaviour, methods=["GET", "PATCH"]),
        Route("/_sim/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sim/answers", answers, methods=["GET", "POST", "DELETE"]),
        Route("/_sim/requests", requests, methods=["GET", "DELETE"]),
        Route("/_sim/tally", tally),
        Route("/_sim/reset", reset, methods=["POST"]),
    ]


async def _items(request: Request) -> list[Any]:
    body = await request.json()
    return body if isinstance(body, list) else [body]


def _read[T: BaseModel](model: type[T], data: object) -> T:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise HTTPException(422, str(error)) from error
