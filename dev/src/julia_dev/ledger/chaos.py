"""Killing what runs, at random moments at which it has work in hand."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import redis.asyncio

from julia_dev.ledger.world import World
from julia_dev.stack.config import SERVICES
from julia_dev.stack.stack import Stack

_WORK_WITHIN_S = 15.0


@dataclass
class Toll:
    """What was done to the stack."""

    kills: dict[str, int] = field(default_factory=dict)
    idle: int = 0
    restarted: list[str] = field(default_factory=list)
    flushed: int = 0

    @property
    def total(self) -> int:
        """All kills of service processes that had work in hand."""
        return sum(self.kills.values()) - self.idle


class Chaos:
    """Kills every process of the services `times` times within `lasts_s`."""

    def __init__(self, stack: Stack, world: World, rng: random.Random) -> None:
        """Prepare; nothing is killed yet."""
        self.toll = Toll()
        self._stack = stack
        self._world = world
        self._rng = rng
        self._last_delivery_count = 0

    async def run(
        self,
        *,
        times: int,
        lasts_s: float,
        services: Sequence[str] = SERVICES,
        servers: bool = True,
    ) -> None:
        """Do all of it; ends when everything that was killed is ready again.

        `servers`: RabbitMQ, Redis and PostgreSQL get their share too.
        """
        acts: list[tuple[float, Callable[[], Awaitable[None]]]] = []
        for name in [n for service in services for n in self._stack.processes(service)]:
            for turn in range(times):
                share = lasts_s / times
                at = share * turn + self._rng.uniform(0.1, 0.9) * share
                acts.append((at, lambda name=name: self._kill(name)))  # type: ignore[misc]
        if servers:
            acts += [
                (0.35 * lasts_s, lambda: self._restart("rabbitmq")),
                (0.50 * lasts_s, self._flush_redis),
                (0.65 * lasts_s, lambda: self._restart("postgres")),
            ]
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for at, act in sorted(acts, key=lambda each: each[0]):
                await asyncio.sleep(max(0.0, began + at - time.monotonic()))
                group.create_task(_awaited(act))
        await self._stack.wait_ready()

    async def _kill(self, name: str) -> None:
        busy = await self._wait_for_work(name)
        await self._stack.wait_ready(name)
        if self._stack.kill(name, signal.SIGKILL):
            self.toll.kills[name] = self.toll.kills.get(name, 0) + 1
            self.toll.idle += not busy

    async def _restart(self, name: str) -> None:
        self._stack.kill(name, signal.SIGKILL)
        self.toll.restarted.append(name)
        await self._stack.wait_ready(name)

    async def _flush_redis(self) -> None:
        async with redis.asyncio.from_url(self._stack.redis.url()) as client:
            await client.flushall()
        self.toll.flushed += 1

    async def _wait_for_work(self, name: str) -> bool:
        deadline = time.monotonic() + _WORK_WITHIN_S
        while time.monotonic() < deadline:
            if await self._has_work(name.partition("-")[0]):
                return True
            await asyncio.sleep(0.02)
        return False

    async def _has_work(self, service: str) -> bool:
        """Tell from outside whether the service is in the middle of something."""
        if service == "brain":
            return await self._world.claude_is_thinking()
        summary = await self._world.summary()
        if service == "ingest":
            return bool(summary["webhooks_on_their_way"])
        before, self._last_delivery_count = self._last_delivery_count, summary["deliveries"]
        return bool(summary["deliveries"] > before)


async def _awaited(act: Callable[[], Awaitable[None]]) -> None:
    await act()
