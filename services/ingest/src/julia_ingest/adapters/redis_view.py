"""What other services leave in Redis to be seen: send counters and circuits."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from julia_common.resilience.shared import read_circuits, reset_neighbours

WINDOWS = ("hour", "day")
GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Usage:
    """A counter: messages counted, and seconds until the oldest of them leaves the window."""

    used: int
    reset_seconds: int | None


@dataclass(frozen=True, slots=True)
class RedisView:
    """Every method raises `redis.RedisError` while Redis is away."""

    redis: Redis

    async def ping(self) -> None:
        """Return when Redis answers."""
        await self.redis.ping()

    async def usage(self, instances: Sequence[str]) -> dict[str, dict[str, Usage]]:
        """Read the counters per name (`global`, `instances` and whoever else has some) and window.

        A counter that is not there counts nothing: expired, or deleted to reset it.
        """
        found = [key.removeprefix("rate:").rpartition(":")[0] async for key in self._keys("rate:*")]
        names = list(dict.fromkeys([GLOBAL, *instances, *sorted(found)]))
        return {
            name: {window: await self._usage(name, window) for window in WINDOWS} for name in names
        }

    async def circuits(self) -> dict[str, object]:
        """Read the circuits' states by name."""
        return await read_circuits(self.redis)

    async def reset_circuits(self) -> None:
        """Let one call try each neighbour at once."""
        await reset_neighbours(self.redis)

    async def _usage(self, name: str, window: str) -> Usage:
        key = f"rate:{name}:{window}"
        used = int(await self.redis.get(key) or 0)
        seconds = await self.redis.ttl(f"reset:{key}")
        return Usage(used, seconds if used and seconds > 0 else None)

    async def _keys(self, pattern: str) -> AsyncIterator[str]:
        async for key in self.redis.scan_iter(match=pattern, count=500):
            yield key
