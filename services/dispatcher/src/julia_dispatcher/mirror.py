"""The background work that shows the ceilings in Redis."""

import asyncio
from typing import Final

import structlog
from redis.exceptions import RedisError

from julia_common.errors import Permanent, Retryable
from julia_common.lifecycle import stopped_within
from julia_dispatcher import metrics
from julia_dispatcher.ceilings import Store, refresh
from julia_dispatcher.ports import Ceilings

log = structlog.get_logger(__name__)

# Sums fall by themselves as the windows slide, and a deleted counter has to be noticed.
_EVERY_SECONDS: Final = 5.0
_AT_MOST_EVERY_SECONDS: Final = 0.5


class Mirror:
    """Redis is never waited for: when it is away, sends go on and this catches up later."""

    name = "Redis mirror"

    def __init__(
        self,
        ceilings: Ceilings,
        store: Store,
        due: asyncio.Event,
        *,
        post_timeout_s: float,
    ) -> None:
        """Prepare; nothing is asked of Redis yet. Whoever changes what is shown sets `due`."""
        self._ceilings = ceilings
        self._store = store
        self._post_timeout_s = post_timeout_s
        self._due = due
        self.redis_up = False
        """Whether Redis took what was written last; not before the first time."""
        self._told_away = False

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh soon after every change, and every few seconds, until `stop` is set."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._due.clear()
                await self._refresh()
                if await stopped_within(stop, _AT_MOST_EVERY_SECONDS):
                    return
                due = asyncio.create_task(self._due.wait())
                await asyncio.wait(
                    {due, stopping}, timeout=_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                due.cancel()
        finally:
            stopping.cancel()

    async def _refresh(self) -> None:
        try:
            windows = await refresh(
                self._ceilings, self._store, post_timeout_s=self._post_timeout_s
            )
        except RedisError as error:
            if not self._told_away:
                log.warning(
                    "Redis is away: counters are not shown, and only what is waited for is sent",
                    error=type(error).__name__,
                )
            self.redis_up, self._told_away = False, True
        except (Retryable, Permanent) as error:
            log.warning("the ceilings could not be read or reset", error=str(error))
        else:
            if self._told_away:
                log.info("Redis is back: counters are shown again")
            self.redis_up, self._told_away = True, False
            for window in windows:
                metrics.RESETS.labels(window).inc()
                log.warning("a ceiling was reset because its counter was deleted", window=window)
        metrics.MIRROR_UP.set(self.redis_up)
