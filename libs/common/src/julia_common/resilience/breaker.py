"""A circuit breaker around each outside system: stop asking what does not answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import Gauge

from julia_common.errors import Retryable
from julia_common.resilience.clock import Clock, SystemClock

_STATE = Gauge("julia_circuit_state", "0 closed, 1 half-open (one trial call), 2 open", ["circuit"])


class CircuitState(StrEnum):
    """Where a circuit stands."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


_GAUGE_VALUE = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}


class CircuitOpen(Retryable):
    """The call was not made, because the last ones failed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a circuit opens and for how long it stays open (seconds)."""

    failures: int
    reset_seconds: float


CLAUDE = Limits(failures=3, reset_seconds=60)
EVOLUTION = Limits(failures=5, reset_seconds=15)
SUPABASE = Limits(failures=5, reset_seconds=30)


@dataclass(frozen=True, slots=True)
class CircuitSnapshot:
    """A circuit as others may see it; `retry_in_seconds` is 0 unless it is open."""

    name: str
    state: CircuitState
    failures: int
    retry_in_seconds: float


class CircuitBreaker:
    """Opens after `limits.failures` failures in a row; then one trial call at a time decides.

    Only `Retryable` and `TimeoutError` count as failures: a refusal or a permanent error is an
    answer, and proves that the neighbour is there. A cancelled call proves nothing.
    """

    def __init__(
        self,
        name: str,
        limits: Limits,
        *,
        clock: Clock | None = None,
        on_change: Callable[[CircuitSnapshot], None] | None = None,
    ) -> None:
        self.name = name
        self._limits = limits
        self._clock = clock or SystemClock()
        self._on_change = on_change
        self._state = CircuitState.CLOSED
        self._failures = 0
        self._opened_at = 0.0
        self._trial_under_way = False
        self._era = 0
        self._gauge = _STATE.labels(name)
        self._gauge.set(0)

    @property
    def snapshot(self) -> CircuitSnapshot:
        """How the circuit stands now."""
        left = 0.0
        if self._state is CircuitState.OPEN:
            left = max(0.0, self._opened_at + self._limits.reset_seconds - self._clock.monotonic())
        return CircuitSnapshot(self.name, self._state, self._failures, left)

    async def call[T](self, function: Callable[[], Awaitable[T]]) -> T:
        """Await `function()` through the circuit.

        Raises `CircuitOpen` without calling when the circuit is open or its trial is under way.
        """
        async with self.guard():
            return await function()

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Run the body of an `async with` through the circuit; errors as in `call`."""
        era = self._admit()
        try:
            yield
        except (Retryable, TimeoutError):
            self._note(era, failed=True)
            raise
        except Exception:
            self._note(era, failed=False)
            raise
        except BaseException:
            if era == self._era:
                self._trial_under_way = False
            raise
        else:
            self._note(era, failed=False)

    def _admit(self) -> int:
        """Let a call through, or raise; returns the era that its result will belong to."""
        if self._state is CircuitState.OPEN and self.snapshot.retry_in_seconds <= 0:
            self._move(CircuitState.HALF_OPEN)
        if self._state is CircuitState.OPEN or self._trial_under_way:
            left = self.snapshot.retry_in_seconds
            raise CircuitOpen(
                f"circuit {self.name} is {self._state}: the call was not made",
                retry_after=left or None,
            )
        self._trial_under_way = self._state is CircuitState.HALF_OPEN
        return self._era

    def _note(self, era: int, *, failed: bool) -> None:
        if era != self._era:
            return  # a call from before the last change says nothing about now
        self._trial_under_way = False
        self._failures = self._failures + 1 if failed else 0
        if not failed and self._state is CircuitState.HALF_OPEN:
            self._move(CircuitState.CLOSED)
        if failed and (
            self._state is CircuitState.HALF_OPEN or self._failures >= self._limits.failures
        ):
            self._opened_at = self._clock.monotonic()
            self._move(CircuitState.OPEN)

    def _move(self, state: CircuitState) -> None:
        self._state = state
        self._era += 1
        self._gauge.set(_GAUGE_VALUE[state])
        if self._on_change is not None:
            self._on_change(self.snapshot)
