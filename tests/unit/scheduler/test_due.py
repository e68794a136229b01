"""Everything due is rung for, however much it is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from julia_common.database import (
    Backlog,
    CanaryStatus,
    Doorbell,
    DueDoorbells,
    HoldsExpired,
    RepliesExpired,
)
from julia_common.errors import Retryable
from julia_common.testing import MetricsChange
from julia_scheduler import metrics
from julia_scheduler.due import (
    expire_holds,
    expire_replies,
    measure_backlog,
    measure_canary,
    sweep_doorbells,
)

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def doorbells(count: int) -> tuple[Doorbell, ...]:
    return tuple(Doorbell(conversa_id=f"c{n}", instance="julia-01") for n in range(count))


@dataclass
class FakeDatabase:
    waiting: int = 0
    expired: int = 0
    held: int = 0
    offered: int = 0
    paused: bool = True

    async def due_doorbells(self, *, limit: int) -> DueDoorbells:
        taken = min(limit, self.waiting)
        self.waiting -= taken
        return DueDoorbells(conversas=doorbells(taken))

    async def expire_replies(self, *, limit: int) -> RepliesExpired:
        taken = min(limit, self.expired)
        self.expired -= taken
        held = min(taken, self.held)
        return RepliesExpired(transferidas=taken, retidas=held, conversas=doorbells(taken))

    async def expire_holds(self, *, limit: int) -> HoldsExpired:
        taken = min(limit, self.offered)
        self.offered -= taken
        return HoldsExpired(liberadas=0, ofertas=taken, conversas=doorbells(taken))

    async def backlog(self) -> Backlog:
        return Backlog(
            inbound_due=3,
            inbound_oldest_s=7.5,
            outbound_due=5,
            outbound_oldest_s=None,
            uncertain=1,
            parked=2,
            paused=self.paused,
            paused_scopes=3,
            notices=4,
            notices_oldest_s=90.5,
        )


@dataclass
class FakePublisher:
    rung: list[str] = field(default_factory=list)
    away: bool = False

    async def publish(self, message, *, key=None):
        assert key == message.conversa_id
        if self.away:
            raise Retryable("broker away")
        self.rung.append(message.conversa_id)


async def test_more_than_one_portion_is_swept_in_one_round():
    publisher = FakePublisher()
    await sweep_doorbells(FakeDatabase(waiting=450), publisher)
    assert len(publisher.rung) == 450


async def test_a_broker_that_is_away_ends_the_round():
    with pytest.raises(Retryable):
        await sweep_doorbells(FakeDatabase(waiting=450), FakePublisher(away=True))


async def test_conversations_of_expired_replies_are_rung_for():
    publisher = FakePublisher()
    await expire_replies(FakeDatabase(expired=201), publisher)
    assert len(publisher.rung) == 201


async def test_every_doctor_who_is_offered_a_shift_is_rung_for():
    publisher = FakePublisher()
    before = metrics.OFFERS._value.get()
    await expire_holds(FakeDatabase(offered=201), publisher)
    assert len(publisher.rung) == 201
    assert metrics.OFFERS._value.get() - before == 201


async def test_the_gauges_show_the_backlog_and_zero_where_nothing_waits():
    await measure_backlog(FakeDatabase())
    assert metrics.INBOUND_OLDEST._value.get() == 7.5
    assert metrics.OUTBOUND_OLDEST._value.get() == 0
    assert metrics.PARKED._value.get() == 2
    assert metrics.PAUSED._value.get() == 1
    assert metrics.PAUSED_SCOPES._value.get() == 3
    assert metrics.NOTICES_WAITING._value.get() == 4
    assert metrics.NOTICES_OLDEST._value.get() == 90.5


async def test_what_waits_for_the_end_of_a_pause_wants_no_pods_until_then():
    gauges = (
        metrics.INBOUND_FREE,
        metrics.INBOUND_FREE_OLDEST,
        metrics.OUTBOUND_FREE,
        metrics.OUTBOUND_FREE_OLDEST,
    )
    await measure_backlog(FakeDatabase(paused=True))
    assert [gauge._value.get() for gauge in gauges] == [0, 0, 0, 0]
    assert metrics.INBOUND_DUE._value.get() == 3

    await measure_backlog(FakeDatabase(paused=False))
    assert [gauge._value.get() for gauge in gauges] == [3, 7.5, 5, 0]


@dataclass
class FakeCanary:
    age: float | None = 20
    error: Exception | None = None

    async def canary_status(self) -> CanaryStatus:
        if self.error is not None:
            raise self.error
        at = None if self.age is None else NOON
        return CanaryStatus(enviado_em=at, respondido_em=at, segundos=at and 2.5, idade_s=self.age)


async def test_julia_is_up_while_the_canary_is_answered():
    await measure_canary(FakeCanary())
    assert metrics.UP._value.get() == 1
    assert metrics.CANARY_SECONDS._value.get() == 2.5
    assert (
        metrics.CANARY_ANSWERED._value.get() == datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
    )


async def test_one_canary_that_was_lost_takes_nobody_down():
    await measure_canary(FakeCanary(119.0))
    assert metrics.UP._value.get() == 1


@pytest.mark.parametrize("age", [None, 120.0])
async def test_julia_is_down_when_it_was_never_answered_or_long_ago(age: float | None):
    metrics.UP.set(1)
    await measure_canary(FakeCanary(age))
    assert metrics.UP._value.get() == 0


async def test_julia_is_down_when_the_database_does_not_say():
    metrics.UP.set(1)
    with pytest.raises(Retryable):
        await measure_canary(FakeCanary(error=Retryable("away")))
    assert metrics.UP._value.get() == 0


async def test_a_reply_that_a_pause_held_up_is_no_error():
    change = MetricsChange()

    await expire_replies(FakeDatabase(expired=5, held=2), FakePublisher())

    assert change.of("julia_trabalhos_total", etapa="resposta") == 5
    assert change.of("julia_erros_total", etapa="resposta", tipo="vencida") == 3
