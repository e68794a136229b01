"""How much fell into the fullest stretch of time of a given length."""

from collections.abc import Iterable


def most_within(moments: Iterable[float], length: float) -> int:
    """Return the most moments that any stretch of `length` holds, its end left out.

    Every stretch counts, not only those that begin at a full hour: the fullest one can always be
    moved until it begins with a moment.
    """
    ordered = sorted(moments)
    most = first = 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= length:
            first += 1
        most = max(most, last - first + 1)
    return most
