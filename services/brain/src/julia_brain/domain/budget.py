"""How much may be spent on Claude, and what follows when it has been spent."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from julia_common.database import Spent

SPARING_FROM: Final = Decimal("0.8")
"""From this share of a budget on only the smaller model is asked."""


class Funds(StrEnum):
    """How a turn stands with its tightest budget."""

    ENOUGH = "suficiente"
    LOW = "baixo"
    """The smaller model only."""
    GONE = "esgotado"
    """Claude is not asked."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """US dollars, unless the name says otherwise; zero is no limit. Days are São Paulo's."""

    turn_usd: Decimal = Decimal("0.05")
    turn_tokens: int = 60_000
    conversation_usd: Decimal = Decimal("1.00")
    doctor_day_usd: Decimal = Decimal("0.50")
    day_usd: Decimal = Decimal("1.60")

    def funds(self, spent: Spent, *, turn_usd: Decimal, turn_tokens: int) -> Funds:
        """What is left after `spent` in earlier turns and what this turn has spent so far.

        Tokens of the turn count whether they were cached or not.
        """
        used = max(
            _share(turn_usd, self.turn_usd),
            _share(Decimal(turn_tokens), Decimal(self.turn_tokens)),
            _share(spent.conversa_usd + turn_usd, self.conversation_usd),
            _share(spent.medico_dia_usd + turn_usd, self.doctor_day_usd),
            _share(spent.dia_usd + turn_usd, self.day_usd),
        )
        if used >= 1:
            return Funds.GONE
        return Funds.LOW if used >= SPARING_FROM else Funds.ENOUGH


def _share(spent: Decimal, limit: Decimal) -> Decimal:
    return spent / limit if limit > 0 else Decimal(0)
