"""Kubernetes' quantities are read."""

import pytest

from julia_dev.e2e.scenarios.measured import amount

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("0", 0.0), ("2", 2.0), ("250m", 0.25), ("12345678n", 0.012345678), ("97536Ki", 97536 * 1024)],
)
def test_a_quantity_is_a_number(quantity: str, value: float) -> None:
    assert amount(quantity) == pytest.approx(value)
