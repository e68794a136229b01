"""The figures of a run, and the bars that they must clear. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from julia_dev.e2e.accounts import Tally


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended; `wrong` is None when all was as it should be."""

    number: int
    title: str
    wrong: str | None
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """All that the last line shows."""

    outcomes: Sequence[Outcome]
    tallies: Sequence[Tally]
    install_minutes: float | None

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        accounts = [tally.account for tally in self.tallies]
        unanswered = sum((Counter(t.answers.unanswered) for t in self.tallies), Counter[str]())
        minutes = self.install_minutes
        return {
            "scenarios": len(self.outcomes),
            "passed": sum(outcome.wrong is None for outcome in self.outcomes),
            "failed": [outcome.number for outcome in self.outcomes if outcome.wrong is not None],
            **{
                name: sum(getattr(account, name) for account in accounts)
                for name in ("accepted", "answered", "handed_over")
            },
            "lost": sum(a.lost for a in accounts),
            "doubled": sum(a.doubled for a in accounts),
            "out_of_order": sum(a.out_of_order for a in accounts),
            "non_2xx": sum(tally.non_2xx for tally in self.tallies),
            "refused_or_reset": dict(unanswered),
            "install_minutes": None if minutes is None else round(minutes, 2),
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        shown = self.figures()
        bars = {
            f"{name} is {shown[name]}, not 0": shown[name] == 0
            for name in ("lost", "doubled", "out_of_order", "non_2xx")
        }
        bars |= {
            f"scenario {outcome.number}, {outcome.title}: {outcome.wrong}": outcome.wrong is None
            for outcome in self.outcomes
        }
        bars["no scenario was played"] = bool(self.outcomes)
        return [bar for bar, kept in bars.items() if not kept]
