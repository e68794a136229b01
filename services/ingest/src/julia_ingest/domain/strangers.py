"""How many requests without credentials get an answer of their own in a second."""

PER_SECOND = 20
BURST = 100


class Strangers:
    """A token bucket for all of a process: behind an edge, every stranger has the edge's address.

    Who has the secret is never counted: a flood delays no webhook.
    """

    def __init__(self, per_second: float = PER_SECOND, burst: int = BURST) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._looked_at = float("-inf")

    def admits(self, now: float) -> bool:
        """Whether one more is heard at `now`, in seconds of a monotonic clock."""
        gained = (now - self._looked_at) * self._per_second
        self._left = min(self._burst, self._left + gained)
        self._looked_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
