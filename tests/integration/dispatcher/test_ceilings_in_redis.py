"""Redis shows the ceilings; deleting a counter resets it, losing Redis resets nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from julia_common.database import CeilingReset, InstanceUse, RateUsage
from julia_dispatcher.ceilings import refresh
from julia_dispatcher.mirror_store import SENTINEL, RedisMirror, Window

pytestmark = pytest.mark.integration

HOUR, DAY = "rate:global:hour", "rate:global:day"


@dataclass
class FakeCeilings:
    """Counts 15 and 40 until reset; remembers every operation once."""

    hora: int = 15
    dia: int = 40
    operations: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    hora_livre_s: float | None = None

    async def rate_usage(self, *, post_timeout_s: float) -> RateUsage:
        assert post_timeout_s == 10
        number = InstanceUse(
            instance="julia-01", hora=self.hora, dia=self.dia, hora_livre_s=self.hora_livre_s
        )
        return RateUsage(instances=(number,), hora=self.hora, dia=self.dia)

    async def reset_ceiling(self, *, window: str, op_id: str, por: str) -> CeilingReset:
        await asyncio.sleep(0)
        assert por == "redis"
        self.calls += 1
        self.operations[op_id] = window
        setattr(self, window, 0)
        return CeilingReset(status="reiniciado")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def ceilings() -> FakeCeilings:
    return FakeCeilings()


async def show(ceilings: FakeCeilings, redis: Redis) -> tuple[Window, ...]:
    return await refresh(ceilings, RedisMirror(redis), post_timeout_s=10)


async def test_the_sums_are_shown_in_total_and_by_number(ceilings, redis):
    assert await show(ceilings, redis) == ()

    assert await redis.mget(HOUR, DAY) == ["15", "40"]
    assert await redis.mget("rate:julia-01:hour", "rate:julia-01:day") == ["15", "40"]


async def test_when_the_oldest_message_leaves_a_window_is_shown_beside_its_counter(ceilings, redis):
    ceilings.hora_livre_s = 599.2

    assert await show(ceilings, redis) == ()

    assert set(await redis.keys("reset:*")) == {
        "reset:rate:global:hour",
        "reset:rate:julia-01:hour",
    }
    assert 590 < await redis.ttl("reset:rate:julia-01:hour") <= 600


async def test_every_counter_outlives_the_sentinel(ceilings, redis):
    await show(ceilings, redis)

    left = {key: await redis.ttl(key) for key in await redis.keys("*")}

    assert all(seconds > 0 for seconds in left.values())
    assert left.pop(SENTINEL) < min(left.values())


async def test_an_empty_redis_is_filled_and_nothing_is_reset(ceilings, redis):
    await show(ceilings, redis)
    await redis.flushdb()

    assert await show(ceilings, redis) == ()
    assert await redis.mget(HOUR, DAY) == ["15", "40"]
    assert ceilings.operations == {}


async def test_counters_lost_with_another_server_process_are_filled(ceilings, redis):
    await show(ceilings, redis)
    await redis.set(SENTINEL, "0123abcd:0/deadbeef")  # as a replica that was promoted would hold
    await redis.delete(HOUR)

    assert await show(ceilings, redis) == ()
    assert ceilings.operations == {}
    assert await redis.get(HOUR) == "15"


@pytest.mark.parametrize(
    ("key", "window", "shown"),
    [(HOUR, Window.HOUR, ["0", "40"]), (DAY, Window.DAY, ["15", "0"])],
)
async def test_a_deleted_counter_is_an_audited_reset(ceilings, redis, key, window, shown):
    await show(ceilings, redis)
    await redis.delete(key)

    assert await show(ceilings, redis) == (window,)
    assert await redis.mget(HOUR, DAY) == shown
    assert await show(ceilings, redis) == ()
    assert len(ceilings.operations) == 1


async def test_both_counters_deleted_reset_both(ceilings, redis):
    await show(ceilings, redis)
    await redis.delete(HOUR, DAY)

    assert set(await show(ceilings, redis)) == {Window.HOUR, Window.DAY}
    assert sorted(ceilings.operations.values()) == ["dia", "hora"]


async def test_two_replicas_that_see_one_deletion_reset_once(ceilings, redis):
    await show(ceilings, redis)
    await redis.delete(HOUR)

    await asyncio.gather(*(show(ceilings, redis) for _ in range(8)))

    assert list(ceilings.operations.values()) == ["hora"]


async def test_a_later_deletion_is_another_reset(ceilings, redis):
    await show(ceilings, redis)
    for _ in range(2):
        await redis.delete(HOUR)
        await show(ceilings, redis)

    assert list(ceilings.operations.values()) == ["hora", "hora"]


async def test_a_counter_deleted_while_the_other_is_reset_is_noticed_too(ceilings, redis):
    await show(ceilings, redis)
    await redis.delete(HOUR)
    inner = ceilings.reset_ceiling

    async def and_then_the_day(**arguments: str) -> CeilingReset:
        await redis.delete(DAY)
        return await inner(**arguments)

    ceilings.reset_ceiling = and_then_the_day  # type: ignore[method-assign] # a person is quick
    await show(ceilings, redis)
    ceilings.reset_ceiling = inner  # type: ignore[method-assign]
    await show(ceilings, redis)

    assert sorted(ceilings.operations.values()) == ["dia", "hora"]
    assert await redis.mget(HOUR, DAY) == ["0", "0"]
