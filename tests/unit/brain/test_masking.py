import pytest

from julia_brain.domain.masking import EMAIL_MASK, MASK, masked


@pytest.mark.parametrize(
    "number",
    [
        "123.456.789-09",
        "12345678909",
        "123 456 789 09",
        "1 2 3 4 5 6 7 8 9 0 9",
        "1.2.3.4.5.6.7.8.9-0.9",
        "123·456·789·09",
        "12.345.678-9",
        "12.345.678/0001-90",
        "(19) 99876-5432",
        "+55 19 998765432",
        "19 3232-4545",
        "4111 1111 1111 1111",
    ],
)
def test_a_number_of_a_person_or_an_account_is_masked(number: str) -> None:
    assert masked(f"segue: {number}, ok?") == f"segue: {MASK}, ok?"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CRM 123456", f"CRM {MASK}"),
        ("crm/sp 123.456", f"crm/sp {MASK}"),
        ("CRM-SP nº 98765 ok", f"CRM-SP nº {MASK} ok"),
        ("conta 12345-6 agência 0001", f"conta {MASK} agência {MASK}"),
        ("ag 1234 cc 56789-0", f"ag {MASK} cc {MASK}"),
        ("Ag. 1234, c/c 56789-0", f"Ag. {MASK}, c/c {MASK}"),
    ],
)
def test_a_short_number_is_known_by_the_word_before_it(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "dia 28/11/2026 às 19:00",
        "2026-11-28T19:00",
        "sábado 28/11/2026 1900",
        "R$ 1.500,00 ou R$ 15000",
        "12h ou 24h por 3200 reais",
        "entre 1800-2200",
        "dias 1 2 3 4 5 6 7 8",
        "das 0700 às 1900",
        "vaga 6a8b7a62-6a4f-4dd6-a0a5-0c6f0d7f2a11",
    ],
)
def test_dates_hours_and_money_stay(text: str) -> None:
    assert masked(text) == text


def test_an_address_for_mail_is_masked() -> None:
    assert masked("pix: ana.souza+med@clinica.com.br, ok?") == f"pix: {EMAIL_MASK}, ok?"
