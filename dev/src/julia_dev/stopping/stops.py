"""Which stop stood when something was claimed, read from the rows of `julia_status` alone.

Pure, and apart from the database's own table of standing pauses: that table is what is examined.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

START_BUDGET_S: Final = 2.0
"""A POST that was claimed before a stop starts within this time, or never."""


@dataclass(frozen=True)
class Decision:
    """A row of `julia_status`; times are seconds since the epoch, by the database's clock."""

    id: int
    at: float
    status: str
    scope: Mapping[str, str]
    until: float | None
    ends: frozenset[int] | None
    """The pauses that it ends; None: an `ativo` ends those of its own and of narrower scopes."""


@dataclass(frozen=True)
class Claim:
    """An attempt to send something that a pause may stop.

    `begun_at` is when its POST began, None when it never did; `fields` is what scopes are compared
    with.
    """

    id: str
    at: float
    begun_at: float | None
    fields: Mapping[str, str | None]


def after_stop(decisions: Sequence[Decision], claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims that a standing stop covered when they were made.

    Exact: a stop draws its time holding alone the lock that every claim takes along with others
    before it draws its own.
    """
    history = _History(decisions)
    return [claim for claim in claims if any(_covers(s, claim) for s in history.at(claim.at))]


def begun_late(decisions: Sequence[Decision], claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims whose POST began more than 2 s after a stop that stood over it by then."""
    history = _History(decisions)
    return [
        claim
        for claim in claims
        if claim.begun_at is not None
        and any(
            _covers(stop, claim) and claim.begun_at > stop.at + START_BUDGET_S
            for stop in history.at(claim.begun_at)
        )
    ]


class _History:
    """The stops that stood after each decision."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        ordered = sorted(decisions, key=lambda each: each.id)
        self._moments = [each.at for each in ordered]
        self._standing: list[tuple[Decision, ...]] = [()]
        for each in ordered:
            self._standing.append(tuple(_next(self._standing[-1], each)))

    def at(self, moment: float) -> list[Decision]:
        """Return the stops that stood at a moment."""
        standing = self._standing[bisect_left(self._moments, moment)]
        return [stop for stop in standing if stop.until is None or stop.until > moment]


def _next(standing: Iterable[Decision], decision: Decision) -> Iterable[Decision]:
    for stop in standing:
        if decision.ends is not None:
            ended = stop.id in decision.ends
        else:
            ended = decision.status == "ativo" and decision.scope.items() <= stop.scope.items()
        if not ended:
            yield stop
    if decision.status != "ativo":
        yield decision


def _covers(stop: Decision, claim: Claim) -> bool:
    return stop.scope.items() <= claim.fields.items()
