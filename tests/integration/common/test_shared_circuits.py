"""The circuits of several processes act as one, over a real Redis."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from julia_common.errors import Retryable
from julia_common.resilience.breaker import CircuitBreaker, CircuitOpen, CircuitState, Limits
from julia_common.resilience.redis import open_redis
from julia_common.resilience.shared import (
    SharedCircuits,
    read_circuits,
    reset_neighbours,
    show_numbers,
)

pytestmark = pytest.mark.integration

NAME = "claude"
LONG = Limits(failures=3, reset_seconds=60)
SHORT = Limits(failures=3, reset_seconds=0.2)

OPENS_AND_DIES = """
import asyncio, os, signal, sys
from pydantic import SecretStr
from julia_common.errors import Retryable
from julia_common.resilience.breaker import Limits
from julia_common.resilience.redis import open_redis
from julia_common.resilience.shared import SharedCircuits

async def away():
    raise Retryable("away")

async def main():
    async with open_redis(SecretStr(sys.argv[1]), client_name="other") as redis:
        circuits = SharedCircuits(redis)
        breaker = circuits.breaker("claude", Limits(failures=3, reset_seconds=60))
        for _ in range(3):
            try:
                await breaker.call(away)
            except Retryable:
                pass
        await circuits.sync()
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@dataclass
class Neighbour:
    """What is called; counts the calls that reached it."""

    away: bool = True
    calls: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self) -> None:
        self.calls += 1
        await self.answers.wait()
        if self.away:
            raise Retryable("away")


@dataclass
class Replica:
    """One process' circuit; `share` stands for its background work."""

    breaker: CircuitBreaker
    circuits: SharedCircuits

    @property
    def state(self) -> CircuitState:
        return self.breaker.snapshot.state

    async def share(self) -> None:
        await self.circuits.sync()


@asynccontextmanager
async def replicas(url: str, count: int, limits: Limits) -> AsyncIterator[list[Replica]]:
    async with AsyncExitStack() as stack:
        made = []
        for number in range(count):
            redis = await stack.enter_async_context(
                open_redis(SecretStr(url), client_name=f"replica-{number}")
            )
            circuits = SharedCircuits(redis)
            made.append(Replica(circuits.breaker(NAME, limits), circuits))
        yield made


async def open_it(replica: Replica) -> None:
    async def away() -> None:
        raise Retryable("away")

    for _ in range(3):
        with suppress(Retryable):
            await replica.breaker.call(away)
    assert replica.state is CircuitState.OPEN


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(SecretStr(redis_url), client_name="test") as client:
        yield client


async def test_what_one_process_opened_before_it_was_killed_opens_in_another(
    redis_url: str, redis: Redis
) -> None:
    async with replicas(redis_url, 1, LONG) as [here]:
        stop = asyncio.Event()
        running = asyncio.create_task(here.circuits.run(stop))

        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPENS_AND_DIES, redis_url
        )
        assert await other.wait() == -9

        await until(lambda: here.state is CircuitState.OPEN)
        assert here.breaker.snapshot.retry_in_seconds > 50
        shown = (await read_circuits(redis))[NAME]
        assert isinstance(shown, dict)
        assert (shown["state"], shown["failures"]) == ("open", 3)
        stop.set()
        await running


async def test_of_many_processes_one_tries_and_its_answer_closes_all(redis_url: str) -> None:
    neighbour = Neighbour(away=False)
    async with replicas(redis_url, 4, SHORT) as all_of_them:
        first, *_ = all_of_them
        await open_it(first)
        for replica in all_of_them:
            await replica.share()
        await until(lambda: all(r.breaker.snapshot.retry_in_seconds == 0 for r in all_of_them))

        trials = [asyncio.create_task(r.breaker.call(neighbour.ask)) for r in all_of_them]
        await until(lambda: sum(trial.done() for trial in trials) == 3)
        neighbour.answers.set()
        found = await asyncio.gather(*trials, return_exceptions=True)

        assert neighbour.calls == 1
        assert [type(error) for error in found if error] == [CircuitOpen] * 3
        for replica in (*all_of_them, *all_of_them):
            await replica.share()
        assert {replica.state for replica in all_of_them} == {CircuitState.CLOSED}


async def test_a_long_trial_keeps_its_permission_until_it_ends(
    redis_url: str, redis: Redis
) -> None:
    neighbour = Neighbour(away=False)
    permission = f"probe:circuit:{NAME}"
    async with replicas(redis_url, 2, SHORT) as [one, other]:
        await open_it(one)
        await one.share()
        await other.share()
        await until(lambda: other.breaker.snapshot.retry_in_seconds == 0)
        trial = asyncio.create_task(one.breaker.call(neighbour.ask))
        await until(lambda: neighbour.calls == 1)

        await redis.expire(permission, 10)
        await other.share()
        assert await redis.ttl(permission) <= 10
        await one.share()
        assert await redis.ttl(permission) > 10
        with pytest.raises(CircuitOpen):
            await other.breaker.call(neighbour.ask)

        neighbour.answers.set()
        await trial
        await one.share()
        assert not await redis.exists(permission)


async def test_a_trial_that_fails_keeps_all_from_trying(redis_url: str) -> None:
    neighbour = Neighbour()
    neighbour.answers.set()
    async with replicas(redis_url, 2, LONG) as [one, other]:
        await open_it(one)
        await one.share()
        await other.share()
        await reset_neighbours(one.circuits._redis)
        await one.share()
        await other.share()

        with pytest.raises(Retryable):
            await one.breaker.call(neighbour.ask)
        with pytest.raises(Retryable):
            await other.breaker.call(neighbour.ask)
        await one.share()
        await other.share()

        assert neighbour.calls == 1
        assert other.breaker.snapshot.retry_in_seconds > 50


async def test_deleting_the_key_lets_one_call_try_and_numbers_are_left_alone(
    redis_url: str, redis: Redis
) -> None:
    neighbour = Neighbour(away=False)
    neighbour.answers.set()
    banned = f"circuit:evolution:{NAME}"
    await redis.set(banned, json.dumps({"state": "open"}))
    async with replicas(redis_url, 2, LONG) as [one, other]:
        await open_it(one)
        await one.share()
        await other.share()

        await reset_neighbours(redis)
        # Whoever has it closed does not close it for the others by merely being there.
        async with replicas(redis_url, 1, LONG) as [newcomer]:
            await newcomer.share()
        for replica in (other, one):
            await replica.share()

        shown = (await read_circuits(redis))[NAME]
        assert isinstance(shown, dict)
        assert shown["state"] == "half_open"
        await other.breaker.call(neighbour.ask)
        await other.share()
        await one.share()
        assert one.state is CircuitState.CLOSED
    assert await redis.get(banned) is not None


async def test_without_redis_each_process_is_on_its_own() -> None:
    neighbour = Neighbour(away=False)
    neighbour.answers.set()
    async with replicas("redis://127.0.0.1:1/0", 2, SHORT) as [one, other]:
        await open_it(one)
        await one.share()
        await other.share()
        assert other.state is CircuitState.CLOSED

        await until(lambda: one.breaker.snapshot.retry_in_seconds == 0)
        await one.breaker.call(neighbour.ask)
        assert one.state is CircuitState.CLOSED


async def test_what_was_found_while_redis_was_away_is_told_when_it_is_back(
    redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replicas(redis_url, 2, LONG) as [one, other]:
        port = redis.connection_pool.connection_kwargs["port"]
        pool = one.circuits._redis.connection_pool
        monkeypatch.setitem(pool.connection_kwargs, "port", 1)
        await open_it(one)
        await one.share()
        monkeypatch.setitem(pool.connection_kwargs, "port", port)
        pool.reset()

        await one.share()
        await other.share()

        assert other.state is CircuitState.OPEN


async def test_a_banned_number_is_shown_until_it_is_none(redis: Redis) -> None:
    await show_numbers(redis, {"julia-01": True, "julia-02": False})
    shown = await read_circuits(redis)
    assert list(shown) == ["evolution:julia-01"]
    banned = shown["evolution:julia-01"]
    assert isinstance(banned, dict)
    assert banned["state"] == "open"

    await show_numbers(redis, {"julia-01": False, "julia-02": False})
    assert await read_circuits(redis) == {}
