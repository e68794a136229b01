"""What runs in the background of a service, and how it is asked to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from julia_common.errors import Retryable

_log = logging.getLogger(__name__)


class Background(Protocol):
    """Work beside the HTTP server; `Consumer` and `Loop` are two.

    `run` returns soon after `stop` is set, with its work in flight finished. Whatever it raises
    ends the process.
    """

    @property
    def name(self) -> str:
        """What to call it in logs."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        ...


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but wake at once when `stop` is set; true when it is."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Loop:
    """Calls `body` every `seconds`, measured from end to start, until asked to stop.

    `body` returns true when there is more to do: it is then called again at once. A `Retryable` is
    logged and the loop goes on; any other error ends the process. A call in flight is not
    interrupted, so `body` must be shorter than the drain deadline.
    """

    name: str
    seconds: float
    body: Callable[[], Awaitable[bool | None]]

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""
        while not stop.is_set():
            more = False
            try:
                more = bool(await self.body())
            except Retryable as error:
                _log.warning("%s: %s; trying again in %g s", self.name, error, self.seconds)
            if not more and await stopped_within(stop, self.seconds):
                return
            await asyncio.sleep(0)
