"""The thinking time of one turn."""

from julia_brain.turns.limits import Limits
from julia_common.resilience.clock import Clock


class Deadline:
    """Two ends: after the soft one the turn hurries, after the hard one Claude is not asked."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        """Start now."""
        self._clock = clock
        self._limits = limits
        self._soft = clock.monotonic() + limits.unhurried
        self._hard = clock.monotonic() + limits.thinking

    def begin_again(self) -> None:
        """Newer messages, or a lost booking, are thought about as unhurriedly as the first."""
        self._soft = self._clock.monotonic() + self._limits.unhurried

    @property
    def hurries(self) -> bool:
        """Whether the next call has to be the last, and a quick one."""
        return self._clock.monotonic() >= self._soft

    def left(self) -> float:
        """Seconds until the hard end; never negative."""
        return max(0.0, self._hard - self._clock.monotonic())

    def allows_a_call_after(self, seconds: float) -> bool:
        """Whether Claude can still be asked once `seconds` have passed."""
        return self.left() - seconds >= self._limits.shortest_call
