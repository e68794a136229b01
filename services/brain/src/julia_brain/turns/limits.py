"""The numbers of a turn, chosen once and passed around."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, unless the name says otherwise."""

    thinking: float = 12.0
    """All of Claude's time in one turn, regenerations included."""
    unhurried: float = 3.0
    """After so long no tool is used any more and the smaller model is asked: merging, commit and
    sending take about two of the five seconds in which a doctor is to be answered."""
    tool_rounds: int = 4
    """How often the model may use tools before it has to answer."""
    regenerations: int = 2
    """How often newer messages may void a draft; after that it is committed and they stay due."""
    away_after: float = 60.0
    """A message that has waited this long, and that Claude fails again, goes to a person."""
    unasked_factor: float = 1.5
    """While the circuit is open Claude is not even asked. A message waits longer by this factor, so
    that the call by which the circuit closes comes before the hand-over."""
    shortest_call: float = 1.5
    """With less thinking time left a draft is committed as it is."""

    def patience(self, *, asked: bool) -> float:
        """Seconds that a message may wait for Claude, who was asked just now or was not."""
        return self.away_after if asked else self.away_after * self.unasked_factor


def retry_in(waited: float, patience: float) -> float:
    """Seconds until a turn that failed for lack of Claude is due again.

    Grows with how long the doctor has waited, and never passes the end of the patience.
    """
    growing = min(15.0, max(2.0, waited / 2))
    return max(0.5, min(growing, patience - waited))
