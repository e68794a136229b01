import pytest

from julia_brain.domain.checks.amounts import amounts_in
from julia_brain.domain.checks.words import fold, shown


@pytest.mark.parametrize(
    ("text", "reais"),
    [
        ("R$ 1.500,00", 1500),
        ("R$1.500", 1500),
        ("R$ 1500,50", 1500.5),
        ("1500 reais", 1500),
        ("80 reais", 80),
        ("1,5k", 1500),
        ("1k5", 1500),
        ("1.5 mil", 1500),
        ("2 mil e 300", 2300),
        ("2k e meio", 2500),
        ("mil e quinhentos", 1500),
        ("dois mil e trezentos reais", 2300),
        ("mil oitocentos e cinquenta", 1850),
        ("um e meio", 1500),
        ("dois e quinhentos", 2500),
        ("1.800 o plantão", 1800),
        ("1 5 0 0", 1500),
        ("1️⃣5️⃣0️⃣0️⃣", 1500),
        ("1,500.00", 1500),
        ("R$ 2026", 2026),
    ],
)
def test_an_amount_is_read_however_it_is_written(text: str, reais: float) -> None:
    assert [amount.centavos for amount in amounts_in(fold(shown(text)))] == [round(reais * 100)]


@pytest.mark.parametrize(
    "text",
    [
        "28/11/2026",
        "em 2026",
        "das 19h às 7h",
        "plantão de 12h",
        "mil desculpas",
        "100%",
        "ligue 192",
        "CRM 123456",
        "(19) 99999-1234",
        "um plantão",
        "daqui a 120 min",
    ],
)
def test_other_numbers_are_no_amounts(text: str) -> None:
    assert amounts_in(fold(shown(text))) == ()


def test_each_amount_of_a_text_is_found_where_it_stands() -> None:
    text = "sabado por 1.500 e domingo por r$ 1.800"

    assert [text[found.start : found.end].strip() for found in amounts_in(text)] == [
        "1.500",
        "r$ 1.800",
    ]
