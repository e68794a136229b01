from decimal import Decimal

import pytest

from julia_brain.domain.budget import Budgets, Funds
from julia_common.database import Spent

BUDGETS = Budgets()


def funds(spent: Spent | None = None, usd: str = "0", tokens: int = 0) -> Funds:
    return BUDGETS.funds(spent or Spent(), turn_usd=Decimal(usd), turn_tokens=tokens)


@pytest.mark.parametrize(
    ("share", "expected"),
    [("0.79", Funds.ENOUGH), ("0.8", Funds.LOW), ("0.99", Funds.LOW), ("1", Funds.GONE)],
)
def test_the_tightest_budget_decides(share: str, expected: Funds) -> None:
    part = Decimal(share)

    assert funds(Spent(conversa_usd=BUDGETS.conversation_usd * part)) is expected
    assert funds(Spent(medico_dia_usd=BUDGETS.doctor_day_usd * part)) is expected
    assert funds(Spent(dia_usd=BUDGETS.day_usd * part)) is expected
    assert funds(usd=str(BUDGETS.turn_usd * part)) is expected
    assert funds(tokens=int(BUDGETS.turn_tokens * part)) is expected


def test_what_this_turn_spends_counts_towards_the_day() -> None:
    almost = Spent(dia_usd=BUDGETS.day_usd - Decimal("0.01"))

    assert funds(almost) is Funds.LOW
    assert funds(almost, usd="0.01") is Funds.GONE


def test_zero_is_no_limit() -> None:
    free = Budgets(day_usd=Decimal(0), turn_tokens=0)

    spent = Spent(dia_usd=Decimal(1_000))
    assert free.funds(spent, turn_usd=Decimal(0), turn_tokens=10**9) is Funds.ENOUGH
