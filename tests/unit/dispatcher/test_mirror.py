"""The mirror never gives up, and says once that Redis is away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from redis.exceptions import ConnectionError as RedisAway
from structlog.testing import capture_logs

from julia_common.database import CeilingReset, RateUsage
from julia_common.errors import Retryable
from julia_dispatcher.mirror import Mirror
from julia_dispatcher.mirror_store import Count, Deleted, Written

pytestmark = pytest.mark.unit


@dataclass
class FakeCeilings:
    errors: list[Exception] = field(default_factory=list)
    asked: int = 0

    async def rate_usage(self, *, post_timeout_s: float) -> RateUsage:
        self.asked += 1
        if self.errors:
            raise self.errors.pop()
        return RateUsage(instances=(), hora=self.asked, dia=self.asked)

    async def reset_ceiling(self, *, window: str, op_id: str, por: str) -> CeilingReset:
        return CeilingReset(status="reiniciado")


@dataclass
class FakeRedis:
    """Away while `away` is positive."""

    away: int = 0
    shown: list[int] = field(default_factory=list)
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(
        self,
        total: Count,
        instances: Sequence[tuple[str, Count]],
        *,
        generation: str,
        reset: Deleted | None = None,
    ) -> Written | Deleted:
        self.tried.set()
        if self.away:
            self.away -= 1
            raise RedisAway
        self.shown.append(total.hour)
        return Written(rebuilt=False)


async def run(redis: FakeRedis, ceilings: FakeCeilings, *, rounds: int) -> None:
    due, stop = asyncio.Event(), asyncio.Event()
    mirror = Mirror(ceilings, redis, due, post_timeout_s=10)
    running = asyncio.create_task(mirror.run(stop))
    async with asyncio.timeout(30):
        while ceilings.asked < rounds:
            due.set()
            await asyncio.sleep(0.01)
    stop.set()
    await running


async def test_redis_counts_as_there_from_its_first_answer_until_it_does_not_answer():
    redis = FakeRedis()
    mirror = Mirror(FakeCeilings(), redis, asyncio.Event(), post_timeout_s=10)
    seen = [mirror.redis_up]
    for away in (0, 1, 0):
        redis.away = away
        await mirror._refresh()
        seen.append(mirror.redis_up)

    assert seen == [False, True, False, True]


async def test_every_change_is_shown_soon():
    redis = FakeRedis()

    await run(redis, FakeCeilings(), rounds=2)

    assert redis.shown[:2] == [1, 2]


async def test_that_redis_is_away_is_said_once_and_that_it_is_back_once():
    redis = FakeRedis(away=3)

    with capture_logs() as lines:
        await run(redis, FakeCeilings(), rounds=5)

    said = [line["event"] for line in lines]
    assert len(said) == 2
    assert said[0].startswith("Redis is away")
    assert said[1].startswith("Redis is back")
    assert redis.shown


async def test_a_database_that_does_not_answer_does_not_end_the_mirror():
    redis = FakeRedis()

    await run(redis, FakeCeilings(errors=[Retryable("away")]), rounds=2)

    assert redis.shown
