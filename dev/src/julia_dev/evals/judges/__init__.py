"""Detectors that read what doctors received: inventions, denials, promises, leaks, style.

Written from the rules alone. They share no pattern with the brain's own checks, so that the judge
does not have the defendant's blind spots. Pure: texts in, findings out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from julia_dev.evals.judges.denials import denials
from julia_dev.evals.judges.inventions import invented
from julia_dev.evals.judges.leaks import leaks
from julia_dev.evals.judges.promises import promises
from julia_dev.evals.judges.rejected import Hostile, Rejected
from julia_dev.evals.judges.style import style
from julia_dev.evals.judges.truth import Truth

__all__ = ["Finding", "Hostile", "Rejected", "Truth", "judged"]


@dataclass(frozen=True)
class Finding:
    """Something that a doctor should not have read."""

    judge: str
    what: str


def judged(text: str, truth: Truth, *, may_say_booked: bool) -> Iterator[Finding]:
    """Yield what is wrong with one message.

    Args:
        text: as it arrived.
        truth: what may be said.
        may_say_booked: whether the doctor has, or had, a booking when the message arrived.
    """
    for judge, found in (
        ("invented", invented(text, truth)),
        ("denial", denials(text)),
        ("leak", leaks(text, truth)),
        ("style", style(text)),
    ):
        yield from (Finding(judge, what) for what in found)
    if not may_say_booked:
        yield from (Finding("promise", what) for what in promises(text))
