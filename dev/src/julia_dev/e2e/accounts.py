"""The account of one load: its messages, and the HTTP answers that webhooks got.

Pure, as the ledger's own account is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from julia_dev.ledger.account import Account, Records

HANDED_OVER_SHARE: Final = 0.01
"""Nobody takes a doctor over here: more than these, handed over by Julia herself, are too many."""

_OK: Final = range(200, 300)


@dataclass(frozen=True)
class Answers:
    """What Evolution's attempts to deliver webhooks met.

    Attributes:
        delivered: attempts that were answered 2xx.
        non_2xx: by their status, attempts that got another HTTP answer.
        unanswered: by the error, attempts whose connection was refused or reset; Evolution
            made them again.
    """

    delivered: int
    non_2xx: Mapping[int, int]
    unanswered: Mapping[str, int]


@dataclass(frozen=True)
class Tally:
    """What became of one load.

    `pending` is what was still to be done when waiting for it ended, after `drained_s`.
    """

    account: Account
    answers: Answers
    pending: int
    drained_s: float

    @property
    def non_2xx(self) -> int:
        """Attempts that got an HTTP answer that is not 2xx."""
        return sum(self.answers.non_2xx.values())

    @property
    def unanswered(self) -> int:
        """Attempts without an HTTP answer."""
        return sum(self.answers.unanswered.values())

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        a = self.account
        zero = {name: getattr(a, name) for name in ("lost", "doubled", "out_of_order", "crossed")}
        zero |= {"never accepted": a.refused, "pending": self.pending}
        bars = {f"{name} is {count}, not 0": count == 0 for name, count in zero.items()}
        bars |= {
            f"non_2xx is {self.non_2xx}, not 0: {dict(self.answers.non_2xx)}": self.non_2xx == 0,
            "nothing was written": a.accepted > 0,
            "answered + handed_over is not accepted": a.answered + a.handed_over == a.accepted,
            f"{a.handed_over} of {a.accepted} messages were handed to people": (
                a.handed_over <= HANDED_OVER_SHARE * a.accepted
            ),
        }
        missed = [bar for bar, kept in bars.items() if not kept]
        examples = [f"{name}: {', '.join(found)}" for name, found in a.examples.items()]
        return [*missed, *examples] if missed else []


def answers(webhooks: Iterable[Mapping[str, Any]]) -> Answers:
    """Count the simulator's records of webhooks; one that was not sent yet is no attempt."""
    attempts = [record for record in webhooks if "attempt" in record]
    statuses = Counter(r["status"] for r in attempts if r["status"] is not None)
    return Answers(
        delivered=sum(count for status, count in statuses.items() if status in _OK),
        non_2xx={status: count for status, count in statuses.items() if status not in _OK},
        unanswered=Counter(r["error"] for r in attempts if r["status"] is None),
    )


def only(records: Records, doctors: Sequence[str]) -> Records:
    """Return what concerns these doctors; the others wrote in another load."""
    theirs = frozenset(doctors)
    return replace(
        records,
        deliveries=[each for each in records.deliveries if each.doctor in theirs],
        taken_over={d: at for d, at in records.taken_over.items() if d in theirs},
        worklist=records.worklist & theirs,
    )
