"""What the scheduler's own small jobs do in one run."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import httpx
import pytest

from julia_common.contracts.messages import MessageReceived
from julia_common.database import Backlog, CanaryPrepared, Holiday, HolidaysStored
from julia_common.errors import Retryable
from julia_common.whatsapp import read_record
from julia_scheduler.ingest import Ingest
from julia_scheduler.jobs.canary import canary
from julia_scheduler.jobs.heartbeat import heartbeat
from julia_scheduler.jobs.holidays import holidays, holidays_of
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.plan import SAO_PAULO

pytestmark = pytest.mark.unit

AT = datetime(2026, 11, 23, 12, 5, tzinfo=SAO_PAULO)
NUMBER = "5500000000000"


@dataclass
class FakeDatabase:
    paused: bool = False
    stored: list[Holiday] = field(default_factory=list)
    since: date | None = None

    async def prepare_canary(self, *, instance):
        assert instance == "julia-01"
        now = datetime(2026, 11, 23, 15, 5, 1, 700_000, tzinfo=UTC)
        return CanaryPrepared(numero=NUMBER, agora=now, pausada=self.paused)

    async def store_holidays(self, *, since, holidays):
        self.since, self.stored = since, list(holidays)
        return HolidaysStored(guardados=len(self.stored), retirados=0)

    async def backlog(self):
        return Backlog(
            inbound_due=3,
            inbound_oldest_s=7.5,
            outbound_due=1,
            outbound_oldest_s=None,
            uncertain=0,
            parked=2,
            paused=False,
        )


@dataclass
class FakeIngest:
    delivered: list[dict] = field(default_factory=list)

    async def deliver(self, body):
        self.delivered.append(body)


async def canary_run(database: FakeDatabase) -> tuple[dict, list[dict]]:
    ingest = FakeIngest()
    job = canary(database, ingest, instance="julia-01")
    return await job.run(Run(job.name, AT)), ingest.delivered


async def test_the_canary_is_a_message_such_as_evolution_brings_and_one_a_minute() -> None:
    details, [body] = await canary_run(FakeDatabase())

    assert details == {"pausada": False}
    assert (body["event"], body["instance"]) == ("messages.upsert", "julia-01")
    message = read_record(
        body["data"], instance="julia-01", source="messages.upsert", received_at=AT
    )
    assert isinstance(message, MessageReceived)
    assert message.key_id == "CANARIO202611231205"
    assert [identity.jid for identity in message.identities] == [f"{NUMBER}@s.whatsapp.net"]
    assert message.provider_at == datetime(2026, 11, 23, 15, 5, 1, tzinfo=UTC)


async def test_a_pause_keeps_the_canary_silent_and_the_run_says_so() -> None:
    assert await canary_run(FakeDatabase(paused=True)) == ({"pausada": True}, [])


async def test_the_heartbeat_tells_what_was_due() -> None:
    job = heartbeat(FakeDatabase())

    details = await job.run(Run(job.name, AT))

    assert details["turnos_devidos"] == 3
    assert details["estacionadas"] == 2


async def test_holidays_are_stored_for_this_year_and_two_more() -> None:
    database = FakeDatabase()
    job = holidays(database)

    details = await job.run(Run(job.name, AT))

    assert database.since == date(2026, 1, 1)
    assert {holiday.dia.year for holiday in database.stored} == {2026, 2027, 2028}
    assert details == {"guardados": len(database.stored), "retirados": 0}


def test_the_nations_holidays_have_no_state_and_a_states_only_its_own() -> None:
    found = holidays_of([2026])

    assert Holiday(dia=date(2026, 12, 25), nome="Natal") in found
    assert Holiday(dia=date(2026, 7, 9), nome="Revolução Constitucionalista", uf="SP") in found
    assert not [one for one in found if one.dia == date(2026, 12, 25) and one.uf is not None]


def deliver(answer: Callable[[httpx.Request], httpx.Response]) -> Awaitable[None]:
    http = httpx.AsyncClient(
        base_url="http://julia-api",
        headers={"x-webhook-secret": "segredo"},
        transport=httpx.MockTransport(answer),
    )
    return Ingest(http).deliver({"event": "messages.upsert"})


async def test_a_webhook_goes_where_evolutions_go_with_the_secret() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await deliver(answer)

    [request] = seen
    assert request.url == "http://julia-api/webhook/evolution"
    assert request.headers["x-webhook-secret"] == "segredo"
    assert json.loads(request.content) == {"event": "messages.upsert"}


@pytest.mark.parametrize("status", [401, 503])
async def test_a_refused_webhook_is_said_with_the_way_out(status: int) -> None:
    with pytest.raises(Retryable, match=rf"HTTP {status}.*EVOLUTION_WEBHOOK_SECRET"):
        await deliver(lambda _: httpx.Response(status))


async def test_an_ingest_that_is_away_is_said_with_the_way_out() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        message = "connection refused"
        raise httpx.ConnectError(message)

    with pytest.raises(Retryable, match="JULIA_API_URL"):
        await deliver(away)
