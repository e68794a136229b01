"""The numbers of a turn, chosen once and passed around."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, unless the name says otherwise."""

    thinking: float = 12.0
    """All of Claude's time in one turn, regenerations included."""
    regenerations: int = 2
    """How often newer messages may void a draft; after that it is committed and they stay due."""
    away_after: float = 60.0
    """A message that has waited this long for Claude goes to a person."""
    shortest_call: float = 1.5
    """With less thinking time left a draft is committed as it is."""


def retry_in(waited: float, limits: Limits) -> float:
    """Seconds until a turn that failed for lack of Claude is due again.

    Grows with how long the doctor has waited, and never passes the moment of handing over.
    """
    growing = min(15.0, max(2.0, waited / 2))
    until_away = limits.away_after - waited
    return max(0.5, min(growing, until_away))
