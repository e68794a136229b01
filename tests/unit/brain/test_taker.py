import asyncio
from collections.abc import Collection
from typing import Self

import pytest

from julia_brain.turns import taker
from julia_brain.turns.engine import Finished
from julia_brain.turns.taker import TurnTaker
from julia_common.database import DueTurn, DueTurns
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.clock import SystemClock


class Table:
    """Due conversations, oldest first; one that is being answered is no longer due."""

    def __init__(self, *due: str) -> None:
        self.due = list(due)
        self.polls = 0
        self.limits: list[int] = []
        self.fails = 0
        self.next_due_in_ms: int | None = None

    async def due_turns(self, *, owner: str, limit: int, exclude: Collection[str] = ()) -> DueTurns:
        self.polls += 1
        self.limits.append(limit)
        if self.fails:
            self.fails -= 1
            raise Retryable("the database is away")
        now = SystemClock().now()
        found = [one for one in self.due if one not in exclude][:limit]
        return DueTurns(
            turns=tuple(DueTurn(conversa_id=one, due_at=now) for one in found),
            next_due_in_ms=self.next_due_in_ms,
        )


class Work:
    """Turns that end when told to."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.most_at_once = 0
        self.go_on = asyncio.Event()
        self.raises: dict[str, Exception] = {}
        self.under_way = 0

    async def turn(self, conversa_id: str) -> Finished:
        self.started.append(conversa_id)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await self.go_on.wait()
            if conversa_id in self.raises:
                raise self.raises.pop(conversa_id)
        except asyncio.CancelledError:
            self.cancelled.append(conversa_id)
            raise
        finally:
            self.under_way -= 1
        self.table.due.remove(conversa_id)
        return Finished("resposta")


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class Running:
    def __init__(self, *due: str, capacity: int = 10) -> None:
        self.table = Table(*due)
        self.work = Work(self.table)
        self.stop = asyncio.Event()
        self.taker = TurnTaker(
            self.table,  # type: ignore[arg-type]  # only this function of the port is used
            self.work.turn,
            owner="owner-1",
            clock=SystemClock(),
            capacity=capacity,
        )

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.taker.run(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.work.go_on.set()
        self.stop.set()
        await self.task


async def test_due_conversations_are_taken_in_the_order_of_the_table() -> None:
    async with Running("a", "b", "c") as run:
        await until(lambda: len(run.work.started) == 3)

        assert run.work.started == ["a", "b", "c"]


async def test_never_more_turns_at_once_than_the_capacity() -> None:
    async with Running("a", "b", "c", "d", "e", capacity=2) as run:
        await until(lambda: run.work.under_way == 2)
        run.work.go_on.set()
        await until(lambda: not run.table.due)

    assert run.work.most_at_once == 2
    assert max(run.table.limits) == 2


async def test_a_full_brain_still_tells_that_it_lives() -> None:
    async with Running("a", capacity=1) as run:
        await until(lambda: run.work.under_way == 1)
        polls = run.table.polls

        await until(lambda: run.table.polls > polls)

        assert run.table.limits[-1] == 0


async def test_a_conversation_under_way_is_not_taken_twice() -> None:
    async with Running("a") as run:
        await until(lambda: run.work.started)
        for _ in range(3):
            polls = run.table.polls
            run.taker.due_in(0)
            await until(lambda polls=polls: run.table.polls > polls)

        assert run.work.started == ["a"]


@pytest.fixture
def no_poll_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first one; only an alarm looks again."""
    monkeypatch.setattr(taker, "POLL_SECONDS", 3600)


@pytest.mark.usefixtures("no_poll_is_due")
async def test_an_alarm_looks_before_the_next_poll_is_due() -> None:
    async with Running() as run:
        await until(lambda: run.table.polls == 1)
        run.taker.due_in(0.05)
        run.table.due.append("a")

        await until(lambda: run.work.started)


@pytest.mark.usefixtures("no_poll_is_due")
async def test_a_later_alarm_survives_an_earlier_one() -> None:
    async with Running() as run:
        await until(lambda: run.table.polls == 1)
        run.taker.due_in(0.05)
        run.taker.due_in(0.3)
        await until(lambda: run.table.polls == 2)

        await until(lambda: run.table.polls == 3)


async def test_the_table_is_polled_although_nobody_rings() -> None:
    async with Running() as run:
        await until(lambda: run.table.polls == 1)
        run.table.due.append("a")

        await until(lambda: run.work.started == ["a"])


async def test_a_database_outage_is_survived() -> None:
    run = Running("a")
    run.table.fails = 2
    async with run:
        await until(lambda: run.work.started == ["a"])


@pytest.mark.parametrize(
    "error",
    [Retryable("away"), Permanent("gone"), ValueError("a bug")],
    ids=lambda e: type(e).__name__,
)
async def test_one_failing_turn_does_not_end_the_others(error: Exception) -> None:
    run = Running("a", "b")
    run.work.raises["a"] = error
    run.work.go_on.set()
    async with run:
        await until(lambda: "b" not in run.table.due)
        await until(lambda: "a" not in run.table.due)

    assert run.work.started.count("a") == 2


async def test_a_stop_lets_turns_under_way_finish() -> None:
    async with Running("a") as run:
        await until(lambda: run.work.started)
        run.stop.set()
        await asyncio.sleep(0.05)
        assert not run.task.done()

    assert run.work.cancelled == []
    assert run.table.due == []


async def test_a_turn_that_outlasts_the_drain_is_cancelled(monkeypatch) -> None:
    monkeypatch.setattr("julia_brain.turns.taker.DRAIN_SECONDS", 0.05)
    run = Running("a")
    task = asyncio.create_task(run.taker.run(run.stop))
    await until(lambda: run.work.started)

    run.stop.set()
    await task

    assert run.work.cancelled == ["a"]
