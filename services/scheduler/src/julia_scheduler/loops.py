"""Endless work that survives its errors."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

import structlog

from julia_common.lifecycle import stopped_within
from julia_scheduler import metrics

log = structlog.get_logger(__name__)

_FIRST_BACKOFF_SECONDS: Final = 0.5
_LAST_BACKOFF_SECONDS: Final = 15.0

IDLE: Final = "ociosa"
"""What a step returns when nothing was its own to do, so that it proved nothing either."""

type Round = Literal["ociosa"] | None


@dataclass(frozen=True, slots=True)
class SurvivingLoop:
    """Repeats `step` every `seconds`, and later and later while it fails.

    Whatever a step raises is logged, counted and tried again: a loop that ended would be noticed
    only by what stays undone. A step that returns `IDLE` is neither a success nor a failure: what
    was claimed before and failed must not look well until it is done again.
    """

    name: str
    seconds: float
    step: Callable[[], Awaitable[Round]]

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; the step in progress is finished first."""
        # A loop that never ended well must have an age as well.
        metrics.LOOP_LAST_SUCCESS.labels(self.name).set_to_current_time()
        failures = 0
        while not stop.is_set():
            failures = await self._failures_after(failures)
            if await stopped_within(stop, pause_after(failures, self.seconds)):
                return

    async def _failures_after(self, failures: int) -> int:
        """Do one round; returns how many have failed in a row by then."""
        try:
            with metrics.LOOP_SECONDS.labels(self.name).time():
                done = await self.step()
        except Exception:
            metrics.LOOP_ERRORS.labels(self.name).inc()
            metrics.LOOP.ended("falha")
            log.exception("a loop failed and goes on", laco=self.name, falhas=failures + 1)
            return failures + 1
        if done == IDLE:
            return failures
        metrics.LOOP.ended("ok")
        metrics.LOOP_LAST_SUCCESS.labels(self.name).set_to_current_time()
        return 0


def pause_after(failures: int, seconds: float) -> float:
    """Seconds until the next step: `seconds`, or a growing, jittered back-off after failures."""
    if failures == 0:
        return seconds
    doubled = _FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 10)
    backoff = max(seconds, min(_LAST_BACKOFF_SECONDS, doubled))
    return backoff * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
