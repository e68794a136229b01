"""What a run has shown, and the bars it is held to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from julia_dev.alerting.conditions import Condition
from julia_dev.alerting.panels import Shown

SLOWEST_S: Final = 120.0
"""How soon after the cause Slack must tell of it."""
LEAST_CONDITIONS: Final = 6
LEAST_PANELS: Final = 30


@dataclass(frozen=True)
class Outcome:
    """What became of one condition; times are seconds since the epoch."""

    condition: Condition
    began: float
    told_at: float | None
    """When Slack had the message."""
    cured_at: float
    ended_at: float | None = None
    """When Slack had the message that it is resolved."""

    def ended(self, at: float) -> Self:
        """Return it with its end told."""
        return replace(self, ended_at=at)

    @property
    def took_s(self) -> float:
        """Seconds from the cause to Slack; endless when it was never told."""
        return math.inf if self.told_at is None else self.told_at - self.began

    def described(self) -> str:
        """Say how it went, in a line."""
        if self.told_at is None:
            return f"{self.condition.alert} did not reach Slack"
        return f"{self.condition.alert} in Slack after {self.took_s:.1f} s"


@dataclass(frozen=True)
class Verdict:
    """The figures of a run."""

    shortened_by: float
    outcomes: Sequence[Outcome]
    refused: Mapping[str, int]
    shown: Sequence[Shown]
    empty_beside: Sequence[str]
    """Variables and annotations of the pages without data."""
    still_firing: Sequence[str]

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        return {
            "shortened_by": self.shortened_by,
            "provoked": len(self.outcomes),
            "delivered": len(self._told()),
            "resolved": sum(outcome.ended_at is not None for outcome in self.outcomes),
            "slowest_s": round(max((one.took_s for one in self._told()), default=0.0), 1),
            "seconds_to_slack": {one.condition.name: round(one.took_s, 1) for one in self._told()},
            "seconds_to_resolved": {
                one.condition.name: round(one.ended_at - one.cured_at, 1)
                for one in self._told()
                if one.ended_at is not None
            },
            "refused_by_slack": dict(self.refused),
            "panels": len(self.shown),
            "panels_on_recordings": sum(one.recorded() for one in self.shown),
            "queries": sum(len(one.series) for one in self.shown),
            "empty_panels": len(self._empty()),
            "empty_variables_and_annotations": len(self.empty_beside),
            "still_firing": list(self.still_firing),
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        shown = self.figures()
        bars = {
            f"{shown['provoked']} conditions provoked, below {LEAST_CONDITIONS}": (
                shown["provoked"] >= LEAST_CONDITIONS
            ),
            f"slowest_s is {shown['slowest_s']}, above {SLOWEST_S:g}": (
                shown["slowest_s"] <= SLOWEST_S
            ),
            f"Slack refused messages: {shown['refused_by_slack']}": not self.refused,
            f"{shown['panels']} panels, below {LEAST_PANELS}": shown["panels"] >= LEAST_PANELS,
            **{f"{one.condition.name}: {one.described()}": one.told_at for one in self.outcomes},
            **{
                f"{one.condition.name}: not resolved in Slack": one.ended_at for one in self._told()
            },
            **{f"no data: {what}": False for what in (*self._empty(), *self.empty_beside)},
        }
        return [bar for bar, kept in bars.items() if not kept]

    def _told(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.told_at is not None]

    def _empty(self) -> list[str]:
        return [
            f"{one.page.title} / {one.panel.title}: {'; '.join(one.empty())}"
            for one in self.shown
            if one.empty()
        ]
