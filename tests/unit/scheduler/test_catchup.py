"""What the webhooks missed is published once, and a window closes only when it was checked."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from julia_common.contracts.messages import MessageReceived, MessageSent
from julia_common.database import (
    CatchupDone,
    CatchupWindow,
    CatchupWindows,
    FinishJob,
    JobClaimed,
    JobFinished,
    MissingKeys,
)
from julia_common.errors import Retryable
from julia_common.evolution import StoredMessage
from julia_common.testing import ManualClock, MetricsChange
from julia_scheduler import metrics
from julia_scheduler.catchup import CatchUp
from julia_scheduler.loops import IDLE, SurvivingLoop

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def stored(key_id: str, *, from_me: bool = False, second: int = 0, **message: object):
    at = NOON + timedelta(seconds=second)
    raw = {
        "key": {"id": key_id, "remoteJid": "5519900000001@s.whatsapp.net", "fromMe": from_me},
        "message": message or {"conversation": "Oi"},
        "messageTimestamp": int(at.timestamp()),
    }
    return StoredMessage(key_id, raw["key"]["remoteJid"], from_me, "Oi", at, raw)


@dataclass
class FakeJobs:
    known: set[str] = field(default_factory=set)
    claim: str = "seu"
    numbers: tuple[str, ...] = ("julia-01",)
    done: list[tuple[str, int]] = field(default_factory=list)
    finished: list[FinishJob] = field(default_factory=list)
    runs: list[datetime] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    async def claim_job(self, *, job, scheduled_at, owner, lease_s):
        self.runs.append(scheduled_at)
        return JobClaimed(status=self.claim)

    async def finish_job(self, run):
        self.finished.append(run)
        return JobFinished(status="ok")

    async def connection_changed(self, *, instance, state):
        assert state == "open"
        self.numbers += (instance,)

    async def catchup_windows(self):
        return CatchupWindows(
            instances=tuple(
                CatchupWindow(instance=n, since=NOON - timedelta(hours=1), until=NOON)
                for n in self.numbers
            )
        )

    async def missing_keys(self, *, instance, key_ids):
        self.asked.append(len(key_ids))
        return MissingKeys(missing=tuple(k for k in key_ids if k not in self.known))

    async def catchup_done(self, *, instance, until, found):
        assert until == NOON
        self.done.append((instance, found))
        return CatchupDone(status="ok")


@dataclass
class FakeEvolution:
    messages: dict[str, list[StoredMessage]]

    async def connection_state(self, instance):
        if instance not in self.messages:
            raise Retryable(instance)
        return "open"

    async def find_messages(self, instance, gte, lte, *, from_me=None):
        assert from_me is None
        if instance not in self.messages:
            raise Retryable(instance)
        return self.messages[instance]


@dataclass
class FakePublisher:
    published: list[object] = field(default_factory=list)
    fail_after: int = 1_000_000

    async def publish(self, message, *, key=None):
        if len(self.published) >= self.fail_after:
            raise Retryable("broker away")
        self.published.append(message)


def catch_up(
    jobs, publisher, *messages: StoredMessage, silent=(), **others: list[StoredMessage]
) -> CatchUp:
    evolution = FakeEvolution({"julia-01": list(messages)} | others)
    clock = ManualClock(NOON + timedelta(seconds=42))
    configured = ["julia-01", *others, *silent]
    return CatchUp(jobs, evolution, publisher, clock, instances=configured, owner="me")


async def test_only_what_is_missing_is_published_oldest_first_and_each_id_once():
    jobs, publisher = FakeJobs(known={"K2"}), FakePublisher()
    messages = [
        stored("K3", second=3),
        stored("K1", second=1),
        stored("K2"),
        stored("K1", second=1),
    ]

    await catch_up(jobs, publisher, *messages).run()

    assert [message.key_id for message in publisher.published] == ["K1", "K3"]
    assert jobs.done == [("julia-01", 2)]


async def test_both_directions_are_caught_up_and_say_where_they_come_from():
    jobs, publisher = FakeJobs(), FakePublisher()

    await catch_up(jobs, publisher, stored("K1"), stored("K2", from_me=True)).run()

    received, sent = publisher.published
    assert isinstance(received, MessageReceived)
    assert received.origin == "catchup"
    assert isinstance(sent, MessageSent)
    assert sent.source == "catchup"


async def test_a_record_that_cannot_be_read_does_not_hold_up_the_others():
    jobs, publisher = FakeJobs(), FakePublisher()

    await catch_up(jobs, publisher, stored("K1", conversation=7), stored("K2")).run()

    assert [message.key_id for message in publisher.published] == ["K2"]
    assert jobs.done == [("julia-01", 1)]


async def test_the_minute_belongs_to_one_replica():
    jobs = FakeJobs(claim="de_outro")

    await catch_up(jobs, FakePublisher(), stored("K1")).run()

    assert jobs.runs == [NOON]
    assert jobs.done == []
    assert jobs.finished == []


async def test_a_minute_that_is_done_is_no_success_of_the_loop_after_a_failure():
    """After a failed run the minute is `feito`: what asks for it then has checked nothing."""
    jobs, publisher = FakeJobs(numbers=("away",)), FakePublisher()
    checking = catch_up(jobs, publisher)
    stop = asyncio.Event()

    async def step():
        jobs.claim = "seu" if not jobs.finished else "feito"
        if len(jobs.runs) == 2:
            stop.set()
        return await checking.run()

    shown = metrics.LOOP_LAST_SUCCESS.labels("recuperacao-teste")
    async with asyncio.timeout(10):
        loop = asyncio.create_task(SurvivingLoop("recuperacao-teste", 0.001, step).run(stop))
        await asyncio.sleep(0)
        shown.set(1.0)
        await loop

    assert [run.ok for run in jobs.finished] == [False]
    assert len(jobs.runs) == 3
    assert shown._value.get() == 1.0


async def test_who_does_the_minutes_run_tells_that_it_did():
    jobs = FakeJobs()
    assert await catch_up(jobs, FakePublisher(), stored("K1")).run() is None

    jobs.claim = "feito"
    assert await catch_up(jobs, FakePublisher(), stored("K1")).run() is IDLE


async def test_a_window_stays_open_when_not_all_was_published():
    jobs, publisher = FakeJobs(), FakePublisher(fail_after=1)

    with pytest.raises(ExceptionGroup):
        await catch_up(jobs, publisher, stored("K1"), stored("K2")).run()

    assert jobs.done == []
    assert [run.ok for run in jobs.finished] == [False]


async def test_a_number_that_cannot_be_asked_does_not_hold_up_the_others():
    jobs, publisher = FakeJobs(numbers=("away", "julia-01")), FakePublisher()

    with pytest.raises(ExceptionGroup):
        await catch_up(jobs, publisher, stored("K1")).run()

    assert jobs.done == [("julia-01", 1)]


async def test_what_evolution_shows_is_counted_known_or_not():
    change = MetricsChange()
    records = [stored("K1"), stored("K2", from_me=True), stored("K3", conversation=7)]

    await catch_up(FakeJobs(known={"K1"}), FakePublisher(), *records).run()

    assert change.of("julia_recuperacao_vistas_total") == 3


@pytest.mark.parametrize("direction", ["entrada", "saida"])
def test_what_is_found_is_counted_from_zero(direction: str):
    """Of a series that begins at 1 the alert would not see the change."""
    name, labels = "julia_recuperacao_mensagens_total", {"sentido": direction}
    assert REGISTRY.get_sample_value(name, labels) is not None


async def test_many_ids_are_asked_in_portions():
    jobs = FakeJobs()
    messages = [stored(f"K{n}", second=n) for n in range(1001)]

    await catch_up(jobs, FakePublisher(), *messages).run()

    assert jobs.asked == [500, 500, 1]


async def test_a_number_whose_webhooks_never_arrived_is_checked_all_the_same():
    jobs, publisher = FakeJobs(numbers=()), FakePublisher()

    await catch_up(jobs, publisher, stored("K1")).run()

    assert jobs.done == [("julia-01", 1)]


async def test_an_unheard_number_that_does_not_answer_holds_up_no_other():
    jobs, publisher = FakeJobs(numbers=()), FakePublisher()
    others = {"julia-02": [stored("K2")]}

    with pytest.raises(ExceptionGroup):
        await catch_up(jobs, publisher, stored("K1"), silent=["julia-00"], **others).run()

    assert jobs.done == [("julia-01", 1), ("julia-02", 1)]
    assert jobs.finished[0].detalhes == {"encontradas": 2, "falhas": 1}
