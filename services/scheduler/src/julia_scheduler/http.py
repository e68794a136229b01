"""HTTP: was this message of the canary's answered?"""

from dataclasses import dataclass
from typing import Protocol, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from julia_common.contracts.canary import is_canary
from julia_common.database import CanaryAnswer
from julia_common.errors import Permanent, Retryable


class Answers(Protocol):
    """The database's side of it."""

    async def canary_answer(self, *, instance: str, key_id: str) -> CanaryAnswer:
        """Say whether a message that was written in the canary's name was answered."""
        ...


@dataclass(frozen=True, slots=True)
class Deps:
    """What the route needs; `instance` is our number that canaries are written to."""

    database: Answers
    instance: str


class State(TypedDict):
    """What the lifespan puts into `request.state`."""

    deps: Deps


def routes() -> list[Route]:
    """Return the routes; they find their `Deps` in `request.state`."""
    return [Route("/canario/{key_id}", answer)]


async def answer(request: Request[State]) -> Response:
    """Answer 200 and when the answer was recorded as sent, or null.

    404 for an id that is no canary's: nothing is told of doctors. 503 when the database is away.
    """
    key_id = request.path_params["key_id"]
    if not is_canary(key_id):
        return JSONResponse({"erro": "no message of the canary has this id"}, status_code=404)
    deps = request.state["deps"]
    try:
        found = await deps.database.canary_answer(instance=deps.instance, key_id=key_id)
    except (Retryable, Permanent) as error:
        return JSONResponse({"erro": f"the database did not tell: {error}"}, status_code=503)
    return JSONResponse(found.model_dump(mode="json"))
