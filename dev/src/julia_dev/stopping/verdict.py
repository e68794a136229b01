"""The figures of a run, and the bars that they must clear."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from julia_dev.ledger.account import Account
from julia_dev.stopping.stops import START_BUDGET_S

LEAST_SCENARIOS: Final = 12
APPLY_BUDGET_S: Final = 1.0
"""From the start of `kubectl apply` to the row, for 95 of 100."""


@dataclass(frozen=True)
class Trial:
    """One stop under load; times are seconds since the epoch.

    Attributes:
        way: `kubectl` or `sql`.
        asked_at: when the command, or the statement, began.
        row_at: the time that the row of `julia_status` carries.
        in_flight: sends that were claimed before the row and recorded after it.
        claimed_before: sends that were claimed in the two seconds before the row.
        posts_after: seconds from the row to each POST that reached Evolution before the resume.
    """

    way: str
    asked_at: float
    row_at: float
    in_flight: int
    claimed_before: int
    posts_after: tuple[float, ...]

    @property
    def under_load(self) -> bool:
        """Whether the stop had anything to stop."""
        return self.in_flight > 0 and self.claimed_before > 0

    @property
    def row_to_last_post_s(self) -> float:
        """From the row to the last POST; 0 when none came after it."""
        return max(self.posts_after, default=0.0)

    @property
    def asked_to_last_post_s(self) -> float:
        """From the command to the last POST, at least to the row."""
        return self.row_at - self.asked_at + self.row_to_last_post_s


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended; `wrong` is None when all was as it should be."""

    name: str
    wrong: str | None
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """All that the last line shows."""

    least_trials: int
    """So many, half by either way, must have met something to stop."""
    trials: Sequence[Trial]
    outcomes: Sequence[Outcome]
    account: Account
    pending: int
    decisions: int
    claims: int
    claims_after_commit: int
    late_starts: int

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        by_kubectl, by_sql = self._of("kubectl"), self._of("sql")
        to_row = [trial.row_at - trial.asked_at for trial in by_kubectl]
        figures: dict[str, float | int] = {
            "scenarios": len(self.outcomes),
            "passed": sum(outcome.wrong is None for outcome in self.outcomes),
            "trials": len(self._of("kubectl")) + len(self._of("sql")),
            "trials_without_load": sum(not trial.under_load for trial in self.trials),
            "apply_to_row_median_s": percentile(to_row, 0.5),
            "apply_to_row_p95_s": percentile(to_row, 0.95),
            "apply_to_row_worst_s": max(to_row, default=math.nan),
            "claims_after_commit": self.claims_after_commit,
            "row_to_last_post_s": max((t.row_to_last_post_s for t in self.trials), default=0.0),
            "kubectl_to_last_post_s": max((t.asked_to_last_post_s for t in by_kubectl), default=0),
            "sql_to_last_post_s": max((t.asked_to_last_post_s for t in by_sql), default=0),
            "in_flight_at_stops": sum(trial.in_flight for trial in self.trials),
            "late_starts": self.late_starts,
            "decisions": self.decisions,
            "claims": self.claims,
        }
        return {
            **{name: round(value, 3) for name, value in figures.items()},
            "account": {
                name: value
                for name, value in asdict(self.account).items()
                # What left after a stop is counted here, by the claims of the whole run.
                if name not in ("examples", "after_stop")
            },
            "pending": self.pending,
            "failed": [outcome.name for outcome in self.outcomes if outcome.wrong is not None],
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        shown = self.figures()
        a = self.account
        zero = {
            **{name: shown[name] for name in ("claims_after_commit", "late_starts", "pending")},
            **{name: getattr(a, name) for name in ("lost", "doubled", "out_of_order", "crossed")},
        }
        bars = {f"{name} is {n}, not 0": n == 0 for name, n in zero.items()}
        bars |= {
            f"{outcome.name}: {outcome.wrong}": outcome.wrong is None for outcome in self.outcomes
        }
        of_each = self.least_trials // 2
        bars |= {
            f"{len(self.outcomes)} scenarios, below {LEAST_SCENARIOS}": (
                len(self.outcomes) >= LEAST_SCENARIOS
            ),
            **{
                f"{len(self._of(way))} trials by {way} under load, below {of_each}": (
                    len(self._of(way)) >= of_each
                )
                for way in ("kubectl", "sql")
            },
            f"apply_to_row_p95_s is {shown['apply_to_row_p95_s']}, not below {APPLY_BUDGET_S:g}": (
                shown["apply_to_row_p95_s"] < APPLY_BUDGET_S
            ),
            f"row_to_last_post_s is {shown['row_to_last_post_s']}, above {START_BUDGET_S:g}": (
                shown["row_to_last_post_s"] <= START_BUDGET_S
            ),
            "answered + handed_over is not accepted": a.answered + a.handed_over == a.accepted,
        }
        return [bar for bar, kept in bars.items() if not kept]

    def _of(self, way: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.way == way and trial.under_load]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least value that `share` of all values do not exceed; not a number of none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
