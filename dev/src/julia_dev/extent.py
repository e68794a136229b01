"""How much the long runs do: everything or, with `QUICK=1`, a part that takes at most four minutes.

What differs between the two stands here and nowhere else, bars that are counts included. Bars that
are zeros, rates or times bind both and stand with the figure that they bind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class LedgerExtent:
    """Of `make ledger`."""

    messages: int
    lasts_s: float
    """How long doctors write, and how long everything is killed."""
    handed_over_share: float
    """Of the messages, so many may Julia hand over by herself. It is the kills that make her do so,
    and of them there are always as many."""
    one_at_a_time: bool
    """Whether the run at production's ceilings waits for the end of the one under fire, or only
    until all is written and killed there."""


@dataclass(frozen=True)
class EvalsExtent:
    """Of `make evals`."""

    share: float
    """Of those conversations of each topic that no bar counts; at least one of each is played."""


@dataclass(frozen=True)
class SendingExtent:
    """Of `make sending`."""

    every_fault: bool
    """Whether all tests of faults are played, or one drawn from each family."""
    least_faults: int
    campaign_doctors: int
    killing_s: float
    claim_rounds: int
    claims_a_round: int
    one_at_a_time: bool
    """Whether the kills wait for faults and campaign to end."""


@dataclass(frozen=True)
class OperatorExtent:
    """Of `make operator`."""

    trials: int
    """Stops under load, half of them by kubectl: as many must have met something to stop."""
    one_at_a_time: bool
    """Whether scenarios that do not see each other wait for each other all the same."""


@dataclass(frozen=True)
class PeopleExtent:
    """Of `make people`."""

    takeovers: int
    """By people in the race; as many must be made, and given back."""
    outage_s: float
    limit_s: float
    """What is not played by then counts as not passed."""


@dataclass(frozen=True)
class AlertsExtent:
    """Of `make alerts`."""

    shortened_by: float
    """What the intervals of scraping, of looking at rules, of gathering alerts are divided by."""
    writes_a_second: float
    """Of doctors with whom nothing is wrong."""


@dataclass(frozen=True)
class Extent:
    """How much each run does."""

    quick: bool
    ledger: LedgerExtent
    evals: EvalsExtent
    sending: SendingExtent
    operator: OperatorExtent
    people: PeopleExtent
    alerts: AlertsExtent

    def mark(self) -> dict[str, bool]:
        """Return what a run's last line says about its extent: nothing when it is the whole."""
        return {"quick": True} if self.quick else {}


WHOLE: Final = Extent(
    quick=False,
    ledger=LedgerExtent(messages=3_000, lasts_s=240, handed_over_share=0.01, one_at_a_time=True),
    evals=EvalsExtent(share=1),
    sending=SendingExtent(
        every_fault=True,
        least_faults=18,
        campaign_doctors=10_000,
        killing_s=180,
        claim_rounds=5,
        claims_a_round=300,
        one_at_a_time=True,
    ),
    operator=OperatorExtent(trials=50, one_at_a_time=True),
    people=PeopleExtent(takeovers=200, outage_s=600, limit_s=3_000),
    alerts=AlertsExtent(shortened_by=1, writes_a_second=1),
)

QUICK: Final = Extent(
    quick=True,
    ledger=LedgerExtent(messages=900, lasts_s=80, handed_over_share=0.02, one_at_a_time=False),
    evals=EvalsExtent(share=0.25),
    sending=SendingExtent(
        every_fault=False,
        least_faults=10,
        campaign_doctors=1_200,
        killing_s=75,
        claim_rounds=3,
        claims_a_round=200,
        one_at_a_time=False,
    ),
    operator=OperatorExtent(trials=16, one_at_a_time=False),
    people=PeopleExtent(takeovers=20, outage_s=10, limit_s=400),
    alerts=AlertsExtent(shortened_by=5, writes_a_second=1.5),
)


def wanted(environ: Mapping[str, str]) -> Extent:
    """Return what the environment asks for."""
    return QUICK if environ.get("QUICK", "0") not in ("", "0") else WHOLE
