"""What a draft costs, for the turn's record."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION: Final = Decimal(1_000_000)
_CACHE_WRITE: Final = Decimal("1.25")
"""Of the input price, for entries that live five minutes."""
_CACHE_READ: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class _Price:
    input: Decimal
    output: Decimal


# US dollars per million tokens, list prices of the 4.5 generation. An estimate for later ones: the
# invoice counts, this only compares turns.
_PRICES: Final = {
    "haiku": _Price(Decimal(1), Decimal(5)),
    "sonnet": _Price(Decimal(3), Decimal(15)),
    "opus": _Price(Decimal(5), Decimal(25)),
}
_DEAREST: Final = _PRICES["opus"]


def cost_usd(
    model: str, *, input_tokens: int, output_tokens: int, cache_read: int, cache_write: int
) -> Decimal:
    """Estimated US dollars; a family without a known price is counted as the dearest known."""
    price = next((price for name, price in _PRICES.items() if name in model), _DEAREST)
    weighted_input = input_tokens + cache_write * _CACHE_WRITE + cache_read * _CACHE_READ
    return (weighted_input * price.input + output_tokens * price.output) / _MILLION
