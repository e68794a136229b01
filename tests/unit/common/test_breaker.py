"""A circuit opens after failures in a row, tries once, and closes on an answer."""

import asyncio
from contextlib import suppress

import pytest
from prometheus_client import REGISTRY

from julia_common.errors import Permanent, Refused, Retryable
from julia_common.resilience.breaker import (
    ASK_AGAIN_SECONDS,
    CircuitBreaker,
    CircuitOpen,
    CircuitSnapshot,
    CircuitState,
    Limits,
)
from julia_common.testing import ManualClock

LIMITS = Limits(failures=3, reset_seconds=15)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def breaker(clock: ManualClock) -> CircuitBreaker:
    return CircuitBreaker("test", LIMITS, clock=clock)


async def fail() -> None:
    raise Retryable("away")


async def answer() -> str:
    return "here"


async def open_it(breaker: CircuitBreaker) -> None:
    for _ in range(LIMITS.failures):
        with pytest.raises(Retryable):
            await breaker.call(fail)


async def test_it_opens_after_failures_in_a_row_and_then_refuses(breaker: CircuitBreaker) -> None:
    await open_it(breaker)

    with pytest.raises(CircuitOpen) as refused:
        await breaker.call(answer)
    assert refused.value.retry_after == 15
    assert breaker.snapshot == CircuitSnapshot(
        "test", CircuitState.OPEN, 3, 15, since=breaker.snapshot.since
    )
    assert REGISTRY.get_sample_value("julia_circuit_state", {"circuit": "test"}) == 2


async def test_an_answer_in_between_starts_the_count_again(breaker: CircuitBreaker) -> None:
    for call in (fail, fail, answer, fail, fail):
        with suppress(Retryable):
            await breaker.call(call)

    assert breaker.snapshot.state is CircuitState.CLOSED


@pytest.mark.parametrize("error", [Permanent("no such row"), Refused("paused"), KeyError("bug")])
async def test_other_errors_are_answers(breaker: CircuitBreaker, error: Exception) -> None:
    async def raises() -> None:
        raise error

    for _ in range(9):
        with pytest.raises(type(error)):
            await breaker.call(raises)

    assert breaker.snapshot.state is CircuitState.CLOSED


async def test_after_its_time_one_trial_decides(
    breaker: CircuitBreaker, clock: ManualClock
) -> None:
    await open_it(breaker)
    clock.advance(15)

    assert await breaker.call(answer) == "here"
    assert breaker.snapshot.state is CircuitState.CLOSED

    await open_it(breaker)
    clock.advance(15)
    with pytest.raises(Retryable, match="away"):
        await breaker.call(fail)
    assert breaker.snapshot.state is CircuitState.OPEN
    assert breaker.snapshot.retry_in_seconds == 15


async def test_only_one_trial_runs_at_a_time(breaker: CircuitBreaker, clock: ManualClock) -> None:
    await open_it(breaker)
    clock.advance(15)
    go = asyncio.Event()

    async def slow() -> str:
        await go.wait()
        return "here"

    trial = asyncio.create_task(breaker.call(slow))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await breaker.call(answer)
    go.set()
    assert await trial == "here"


async def test_a_cancelled_trial_lets_the_next_one_try(
    breaker: CircuitBreaker, clock: ManualClock
) -> None:
    await open_it(breaker)
    clock.advance(15)
    trial = asyncio.create_task(breaker.call(asyncio.Event().wait))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.wait([trial])

    assert await breaker.call(answer) == "here"


async def test_a_late_failure_of_an_old_call_does_not_keep_an_open_circuit_open_longer(
    breaker: CircuitBreaker, clock: ManualClock
) -> None:
    go = asyncio.Event()

    async def slow_failure() -> None:
        await go.wait()
        raise Retryable("away")

    old = asyncio.create_task(breaker.call(slow_failure))
    await asyncio.sleep(0)
    await open_it(breaker)
    clock.advance(10)
    go.set()
    with pytest.raises(Retryable):
        await old

    assert breaker.snapshot.retry_in_seconds == 5


async def test_changes_are_told(clock: ManualClock) -> None:
    told: list[CircuitState] = []
    breaker = CircuitBreaker(
        "told", LIMITS, clock=clock, on_change=lambda snapshot: told.append(snapshot.state)
    )
    await open_it(breaker)
    clock.advance(15)
    await breaker.call(answer)

    assert told == [CircuitState.OPEN, CircuitState.HALF_OPEN, CircuitState.CLOSED]


async def test_without_permission_no_trial_is_made_and_the_next_one_waits(
    clock: ManualClock,
) -> None:
    permissions = [False, True]

    async def permit() -> bool:
        return permissions.pop(0)

    breaker = CircuitBreaker("test", LIMITS, clock=clock, permit_trial=permit)
    await open_it(breaker)
    clock.advance(15)

    with pytest.raises(CircuitOpen) as refused:
        await breaker.call(answer)
    assert refused.value.retry_after == ASK_AGAIN_SECONDS
    with pytest.raises(CircuitOpen):
        await breaker.call(answer)

    clock.advance(ASK_AGAIN_SECONDS)
    assert await breaker.call(answer) == "here"
    assert breaker.snapshot.state is CircuitState.CLOSED


async def test_a_call_that_asked_while_another_process_closed_the_circuit_is_made(
    clock: ManualClock,
) -> None:
    async def permit() -> bool:
        breaker.adopt_closed()
        return False

    breaker = CircuitBreaker("test", LIMITS, clock=clock, permit_trial=permit)
    await open_it(breaker)
    clock.advance(15)

    assert await breaker.call(answer) == "here"


async def test_what_another_process_found_is_adopted_and_not_told_on(clock: ManualClock) -> None:
    told: list[CircuitSnapshot] = []
    breaker = CircuitBreaker("test", LIMITS, clock=clock, on_change=told.append)

    breaker.adopt_open(7)
    with pytest.raises(CircuitOpen) as refused:
        await breaker.call(answer)
    assert refused.value.retry_after == 7

    breaker.adopt_closed()
    assert await breaker.call(answer) == "here"
    assert told == []


async def test_an_opening_is_counted_once_however_often_its_trials_fail(clock: ManualClock) -> None:
    breaker = CircuitBreaker("test-openings", LIMITS, clock=clock)

    def openings() -> float | None:
        labels = {"circuit": "test-openings"}
        return REGISTRY.get_sample_value("julia_circuit_openings_total", labels)

    assert openings() == 0
    await open_it(breaker)
    clock.advance(15)
    with pytest.raises(Retryable):
        await breaker.call(fail)
    assert openings() == 1

    clock.advance(15)
    await breaker.call(answer)
    breaker.adopt_open(5)
    assert openings() == 2


async def test_it_says_since_when_it_stands_so(clock: ManualClock) -> None:
    breaker = CircuitBreaker("test", LIMITS, clock=clock)
    clock.advance(60)
    await open_it(breaker)
    opened_at = clock.now()
    clock.advance(5)
    breaker.adopt_open(15)

    assert breaker.snapshot.since == opened_at
