"""Doctors who write, and what reached their phones."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from julia_dev.ledger import plan
from julia_dev.ledger.world import World

CROWDED: Final = "julia-multidao"
"""The number that the crowd writes to."""

_TICK_S: Final = 0.05


class Letters:
    """Everything that doctors wrote in the run, for the account at its end."""

    def __init__(self, world: World) -> None:
        """Prepare; nobody has written."""
        self.written: dict[str, tuple[int, str, int]] = {}
        self._world = world
        self._numbers = itertools.count(1)

    async def write(self, *doctors: str, instance: str | None = None) -> list[int]:
        """Let each of the doctors write a message; returns the messages' numbers."""
        at = int(time.time())
        numbers = [next(self._numbers) for _ in doctors]
        records = await self._world.write(
            [
                {
                    "doctor": doctor,
                    "text": f"Oi, tem plantão? #m{number}",
                    "timestamp": at,
                    "instance": instance,
                }
                for number, doctor in zip(numbers, doctors, strict=True)
            ]
        )
        for number, doctor, record in zip(numbers, doctors, records, strict=True):
            self.written[record["key_id"]] = (number, doctor, at)
        return numbers


class Load:
    """A crowd that writes without end, so that something is always being sent."""

    def __init__(
        self, world: World, letters: Letters, rng: random.Random, *, doctors: int, a_second: float
    ) -> None:
        """Prepare; nobody writes yet. `a_second`: how many messages all of them write."""
        self._world = world
        self._letters = letters
        self._rng = rng
        self._doctors: Sequence[str] = plan.doctors(doctors)
        self._gap_s = 1 / a_second

    async def join(self) -> None:
        """Make the crowd known to the simulated WhatsApp."""
        await self._world.join(self._doctors, plain=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let them write while the block runs; no message is half written at its end."""
        stop = asyncio.Event()
        writing = asyncio.create_task(self._write(stop))
        try:
            yield
        finally:
            stop.set()
            await writing

    async def flowing(self, *, claimed: int, open_now: int, within_s: float) -> bool:
        """Wait until so many sends were claimed in the last second, and so many are under way."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            (row,) = await self._world.sql(
                "select count(*) filter (where claimed_at > clock_timestamp() - interval '1 s')"
                " as claimed, count(*) filter (where status = 'aberto') as open from envios"
                " where claimed_at > clock_timestamp() - interval '10 s'"
            )
            if row["claimed"] >= claimed and row["open"] >= open_now:
                return True
            await asyncio.sleep(2 * _TICK_S)
        return False

    async def _write(self, stop: asyncio.Event) -> None:
        turn = itertools.cycle(self._rng.sample(self._doctors, len(self._doctors)))
        began, written = time.monotonic(), 0
        while not stop.is_set():
            due = int((time.monotonic() - began) / self._gap_s) - written
            if due > 0:
                await self._letters.write(*itertools.islice(turn, due), instance=CROWDED)
                written += due
            await asyncio.sleep(_TICK_S)
