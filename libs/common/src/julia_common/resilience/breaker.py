"""A circuit breaker around each outside system: stop asking what does not answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prometheus_client import Counter, Gauge

from julia_common.errors import Retryable
from julia_common.resilience.clock import Clock, SystemClock

_STATE = Gauge("julia_circuit_state", "0 closed, 1 half-open (one trial call), 2 open", ["circuit"])
_OPENINGS = Counter(
    "julia_circuit_openings_total",
    "Times that a closed circuit opened, in this process, by its own calls or told by another",
    ["circuit"],
)


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


ASK_AGAIN_SECONDS = 1.0
"""How long a process waits whose trial call was not permitted, because another one tries."""

CLAUDE = Limits(failures=3, reset_seconds=15)
EVOLUTION = Limits(failures=5, reset_seconds=15)
SUPABASE = Limits(failures=5, reset_seconds=3)
CHATWOOT = Limits(failures=5, reset_seconds=10)


@dataclass(frozen=True, slots=True)
class CircuitSnapshot:
    """A circuit as others may see it; `retry_in_seconds` is 0 unless it is open.

    `since`: when it came to stand so, by this process's clock.
    """

    name: str
    state: CircuitState
    failures: int
    retry_in_seconds: float
    since: datetime = field(compare=False)


async def _always() -> bool:
    return True


class CircuitBreaker:
    """Opens after `limits.failures` failures in a row; then one trial call at a time decides.

    Only `Retryable` and `TimeoutError` count as failures: a refusal or a permanent error is an
    answer, and proves that the neighbour is there. A cancelled call proves nothing.

    `permit_trial` is asked before a trial call, and only then: what decides about all other calls
    is in this process. `SharedCircuits` uses it, `adopt_open` and `adopt_closed` to make one
    circuit of those of several processes.
    """

    def __init__(
        self,
        name: str,
        limits: Limits,
        *,
        clock: Clock | None = None,
        on_change: Callable[[CircuitSnapshot], None] | None = None,
        permit_trial: Callable[[], Awaitable[bool]] = _always,
    ) -> None:
        self.name = name
        self._limits = limits
        self._clock = clock or SystemClock()
        self._on_change = on_change
        self._permit_trial = permit_trial
        self._state = CircuitState.CLOSED
        self._failures = 0
        self._open_until = 0.0
        self._trial_under_way = False
        self._era = 0
        self._since = self._clock.now()
        self._gauge = _STATE.labels(name)
        self._gauge.set(0)
        self._openings = _OPENINGS.labels(name)

    @property
    def snapshot(self) -> CircuitSnapshot:
        """How the circuit stands now."""
        left = 0.0
        if self._state is CircuitState.OPEN:
            left = max(0.0, self._open_until - self._clock.monotonic())
        return CircuitSnapshot(self.name, self._state, self._failures, left, self._since)

    @property
    def trial_under_way(self) -> bool:
        """Whether a trial call runs in this process."""
        return self._trial_under_way

    def adopt_open(self, seconds: float) -> None:
        """Open, because another process has; after `seconds` a trial call may decide."""
        self._open_until = self._clock.monotonic() + seconds
        self._enter(CircuitState.OPEN)

    def adopt_closed(self) -> None:
        """Close, because the trial call of another process was answered."""
        self._failures = 0
        self._enter(CircuitState.CLOSED)

    def refuse_while_open(self) -> None:
        """Raise `CircuitOpen` while it is open; for calls whose fate says nothing about it."""
        if self.snapshot.retry_in_seconds > 0:
            raise self._refusal()

    async def call[T](self, function: Callable[[], Awaitable[T]]) -> T:
        """Await `function()` through the circuit.

        Raises `CircuitOpen` without calling when the circuit is open or its trial is under way.
        """
        async with self.guard():
            return await function()

    @asynccontextmanager
    async def guard(
        self, *, failures: tuple[type[Exception], ...] = (Retryable, TimeoutError)
    ) -> AsyncIterator[None]:
        """Run the body of an `async with` through the circuit; errors as in `call`.

        Only `failures` count as such, where a neighbour that can be reached may still answer with
        what is worth another try.
        """
        era = await self._admit()
        try:
            yield
        except failures:
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

    async def _admit(self) -> int:
        """Let a call through, or raise; returns the era that its result will belong to."""
        if self._state is CircuitState.OPEN and self.snapshot.retry_in_seconds <= 0:
            self._move(CircuitState.HALF_OPEN)
        if self._state is CircuitState.OPEN or self._trial_under_way:
            raise self._refusal()
        if self._state is CircuitState.HALF_OPEN:
            await self._begin_trial()
        return self._era

    async def _begin_trial(self) -> None:
        era = self._era
        self._trial_under_way = True
        permitted = False
        try:
            permitted = await self._permit_trial()
        finally:
            if era == self._era:
                self._trial_under_way = permitted
        if era != self._era:  # told of a change while it asked
            if self._state is not CircuitState.CLOSED:
                raise self._refusal()
        elif not permitted:
            self.adopt_open(ASK_AGAIN_SECONDS)
            raise self._refusal()

    def _refusal(self) -> CircuitOpen:
        return CircuitOpen(
            f"circuit {self.name} is {self._state}: the call was not made",
            retry_after=self.snapshot.retry_in_seconds or None,
        )

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
            self._open_until = self._clock.monotonic() + self._limits.reset_seconds
            self._move(CircuitState.OPEN)

    def _move(self, state: CircuitState) -> None:
        self._enter(state)
        if self._on_change is not None:
            self._on_change(self.snapshot)

    def _enter(self, state: CircuitState) -> None:
        if self._state is CircuitState.CLOSED and state is CircuitState.OPEN:
            self._openings.inc()
        if state is not self._state:
            self._since = self._clock.now()
        self._state = state
        self._era += 1
        self._trial_under_way = False
        self._gauge.set(_GAUGE_VALUE[state])
