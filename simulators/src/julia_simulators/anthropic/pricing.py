"""What answers cost: list prices in US dollars, the one place where the simulator has them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal


PRICES: Final = {
    "haiku": Price(Decimal(1), Decimal(5)),
    "sonnet": Price(Decimal(3), Decimal(15)),
    "opus": Price(Decimal(5), Decimal(25)),
}
"""By model family; a model of another family costs as much as the dearest."""

CACHE_READ: Final = Decimal("0.1")
CACHE_WRITE_5M: Final = Decimal("1.25")
CACHE_WRITE_1H: Final = Decimal(2)
"""Factors on the input price."""


def price_of(model: str) -> Price:
    """The price of a model, by the family in its name."""
    return next((price for family, price in PRICES.items() if family in model), PRICES["opus"])


def cost_usd(
    model: str, *, plain: int, read: int, written_5m: int, written_1h: int, output: int
) -> Decimal:
    """US dollars of one answer, by its tokens of each class."""
    price = price_of(model)
    weighted = plain + read * CACHE_READ + written_5m * CACHE_WRITE_5M + written_1h * CACHE_WRITE_1H
    return (weighted * price.input + output * price.output) / _MILLION
