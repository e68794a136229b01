"""Whether a message of the canary's was answered, asked over HTTP."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from julia_common.database import CanaryAnswer
from julia_common.errors import Retryable
from julia_common.probes import Probes
from julia_common.serve import Service, application
from julia_scheduler.http import Deps, routes

pytestmark = pytest.mark.unit

ANSWERED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASKED_AT = "julia-01"


@dataclass
class Outbox:
    """Knows one answered message."""

    away: bool = False
    asked: list[str] = field(default_factory=list)

    async def canary_answer(self, *, instance: str, key_id: str) -> CanaryAnswer:
        self.asked.append(key_id)
        if self.away:
            raise Retryable("the database is away")
        known = (instance, key_id) == (ASKED_AT, "CANARIO1")
        return CanaryAnswer(respondido_em=ANSWERED_AT if known else None)


async def ask(outbox: Outbox, key_id: str) -> httpx.Response:
    app = application(Service(routes=routes()), Probes({}))

    async def with_deps(scope, receive, send):
        scope["state"] = {"deps": Deps(outbox, ASKED_AT)}
        await app(scope, receive, send)

    transport = httpx.ASGITransport(with_deps)
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduler") as client:
        return await client.get(f"/canario/{key_id}")


async def test_an_answered_message_shows_when() -> None:
    response = await ask(Outbox(), "CANARIO1")

    assert response.status_code == 200
    assert datetime.fromisoformat(response.json()["respondido_em"]) == ANSWERED_AT


async def test_an_answer_to_another_message_is_none_to_this_one() -> None:
    response = await ask(Outbox(), "CANARIO2")

    assert (response.status_code, response.json()) == (200, {"respondido_em": None})


async def test_nothing_is_asked_or_told_of_a_doctors_message() -> None:
    outbox = Outbox()

    response = await ask(outbox, "3EB0C767D097B7C7A4A5")

    assert (response.status_code, outbox.asked) == (404, [])


async def test_a_database_that_is_away_is_no_missing_answer() -> None:
    response = await ask(Outbox(away=True), "CANARIO1")

    assert response.status_code == 503
    assert "the database is away" in response.json()["erro"]
