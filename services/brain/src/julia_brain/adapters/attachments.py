"""Attachments through Evolution, by the id of their message; a URL in it is never followed."""

from typing import Final

from julia_common.evolution import EvolutionClient
from julia_common.resilience import breaker
from julia_common.resilience.clock import Clock
from julia_common.resilience.retry import retrying

ATTEMPTS: Final = 2


class EvolutionAttachments:
    """Fetches the bytes of attachments, with a circuit breaker of its own."""

    def __init__(self, evolution: EvolutionClient, clock: Clock) -> None:
        """Use `evolution`, which never retries."""
        self._evolution = evolution
        self._clock = clock
        self._breaker = breaker.CircuitBreaker("evolution_media", breaker.EVOLUTION, clock=clock)

    async def fetch(self, instance: str, key_id: str, *, max_bytes: int, within_s: float) -> bytes:
        """Fetch an attachment; see `ports.Attachments`."""
        ends = self._clock.monotonic() + within_s
        async for attempt in retrying(attempts=ATTEMPTS, deadline_seconds=within_s):
            with attempt:
                async with self._breaker.guard():
                    left = max(0.001, ends - self._clock.monotonic())
                    found = await self._evolution.media(
                        instance, key_id, max_bytes=max_bytes, within_s=left
                    )
        return found.data
