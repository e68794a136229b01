"""Time as a dependency, so that tests decide how it passes."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What code that waits or measures asks for."""

    def monotonic(self) -> float:
        """Seconds that only grow; for measuring and deadlines."""
        ...

    def now(self) -> datetime:
        """The wall clock, in UTC. Never decides: the database's clock does."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary point."""
        return time.monotonic()

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)
