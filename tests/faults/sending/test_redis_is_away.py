"""Faults 27 to 29: Redis makes things visible; losing it loses nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(180),
]

HOUR = "rate:global:hour"


@pytest_asyncio.fixture(loop_scope="package")
async def redis(world: World) -> AsyncIterator[Redis]:
    async with Redis.from_url(world.stack.redis.url(), decode_responses=True) as client:
        yield client


async def counted(world: World) -> int:
    """What counts towards the hour's ceiling, by the only authority."""
    return int(
        await world.pool.fetchval("select api.rate_usage('{\"post_timeout_s\": 2}') ->> 'hora'")
    )


async def resets(world: World) -> int:
    return int(await world.pool.fetchval("select count(*) from tetos_reinicios"))


@pytest.mark.fault(27)
async def test_fault_27_replies_go_on_while_redis_does_not_answer(
    world: World, answered: str, redis: Redis
):
    before = await counted(world)

    with world.frozen("redis"):
        await world.write(answered, "E no domingo?")
        await world.everything_arrives_once(answered, turns=2)

    used = await counted(world)
    assert used > before
    await eventually(lambda: redis.get(HOUR), lambda seen: seen == str(used))


@pytest.mark.fault(28)
async def test_fault_28_a_flushed_redis_is_filled_again_and_no_ceiling_is_reset(
    world: World, answered: str, redis: Redis
):
    used, was_reset = await counted(world), await resets(world)
    await eventually(lambda: redis.get(HOUR), lambda seen: seen == str(used))

    await redis.flushall()

    await eventually(lambda: redis.get(HOUR), lambda seen: seen == str(used))
    assert (await counted(world), await resets(world)) == (used, was_reset)
    await world.write(answered, "E no domingo?")
    await world.everything_arrives_once(answered, turns=2)


@pytest.mark.fault(29)
async def test_fault_29_a_failover_to_a_redis_that_lags_behind_resets_no_ceiling(
    world: World, answered: str, redis: Redis
):
    used, was_reset = await counted(world), await resets(world)
    await eventually(lambda: redis.get(HOUR), lambda seen: seen == str(used))
    run = (await redis.info("server"))["run_id"]

    # The last writes never reached the one that takes over: it shows an older sum.
    await redis.config_set("appendfsync", "always")
    await redis.set(HOUR, 0, ex=3600)
    world.stack.kill("redis")
    await world.stack.wait_ready("redis")
    await redis.connection_pool.disconnect()
    assert (await redis.info("server"))["run_id"] != run

    await eventually(lambda: redis.get(HOUR), lambda seen: seen == str(used))
    assert (await counted(world), await resets(world)) == (used, was_reset)
    await world.write(answered, "E no domingo?")
    await world.everything_arrives_once(answered, turns=2)


async def test_the_runbooks_del_resets_the_hour_and_is_written_down(
    world: World, answered: str, redis: Redis
):
    was_reset = await resets(world)
    await eventually(lambda: redis.get(HOUR), lambda seen: seen not in {None, "0"})

    await redis.delete(HOUR)

    await eventually(lambda: redis.get(HOUR), lambda seen: seen == "0")
    assert (await counted(world), await resets(world)) == (0, was_reset + 1)
