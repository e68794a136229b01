"""The background work that shows in Redis what is going on: ceilings and Evolution's circuit."""

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final

import structlog
from redis.exceptions import RedisError

from julia_common.errors import Permanent, Retryable
from julia_common.lifecycle import stopped_within
from julia_common.resilience.breaker import CircuitBreaker, CircuitSnapshot
from julia_dispatcher import metrics
from julia_dispatcher.ceilings import Store, refresh
from julia_dispatcher.ports import Ceilings

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)

CIRCUIT_KEY: Final = "circuit:evolution"
_CIRCUIT_TTL_SECONDS: Final = 60
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
        redis: "Redis",
        circuit: CircuitBreaker,
        due: asyncio.Event,
        *,
        post_timeout_s: float,
    ) -> None:
        """Prepare; nothing is asked of Redis yet. Whoever changes what is shown sets `due`."""
        self._ceilings = ceilings
        self._store = store
        self._redis = redis
        self._circuit = circuit
        self._post_timeout_s = post_timeout_s
        self._due = due
        self._redis_up = True

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
            await self._redis.set(
                CIRCUIT_KEY, _as_json(self._circuit.snapshot), ex=_CIRCUIT_TTL_SECONDS
            )
        except RedisError as error:
            if self._redis_up:
                log.warning("Redis is away: counters are not shown", error=type(error).__name__)
            self._redis_up = False
        except (Retryable, Permanent) as error:
            log.warning("the ceilings could not be read or reset", error=str(error))
        else:
            if not self._redis_up:
                log.info("Redis is back: counters are shown again")
            self._redis_up = True
            for window in windows:
                metrics.RESETS.labels(window).inc()
                log.warning("a ceiling was reset because its counter was deleted", window=window)
        metrics.MIRROR_UP.set(self._redis_up)


def _as_json(circuit: CircuitSnapshot) -> str:
    return json.dumps(
        {
            "name": circuit.name,
            "state": circuit.state,
            "failures": circuit.failures,
            "retry_in_seconds": round(circuit.retry_in_seconds, 1),
            "at": round(time.time()),
        }
    )
