"""The last line of defence masks people and secrets, and leaves ids readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from julia_common.telemetry.redaction import MASK, Redactor


@pytest.mark.parametrize(
    "text",
    [
        "5511999998888",
        "+55 11 99999-8888",
        "(11) 99999-8888",
        "tel:11999998888.",
        "5511999998888@s.whatsapp.net",
        "118273645546372@lid",
        "ana.souza+plantao@hospital.com.br",
        "123.456.789-09",
        "12345678909",
    ],
)
def test_phones_documents_and_addresses_are_masked(text: str) -> None:
    masked = Redactor().text(f"from {text} today")

    assert MASK in masked
    assert not any(part in masked for part in ("99999", "8888", "souza", "456.789", "273645"))


@pytest.mark.parametrize(
    "text",
    [
        "0d4f1c2e-8b7a-4c11-9f3e-123456789012",
        "12345678-1234-1234-1234-123456789012",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "3EB0A9253FA64269E11C9D",
        "2026-03-02",
        "2026-03-02 12:00",
        "2026-03-02T12:00:00.123Z",
        "10.244.13.107",
        "HTTP 503 after 1234 ms",
        "contract v1",
        "connect to 127.0.0.1:18672 failed",
    ],
)
def test_ids_dates_and_addresses_of_machines_stay_readable(text: str) -> None:
    assert Redactor().text(text) == text


def test_secrets_are_masked_wherever_they_turn_up() -> None:
    redactor = Redactor(["hunter2-and-more", "abc"])

    assert redactor.text("url amqp://julia:hunter2-and-more@host/") != ""
    assert "hunter2" not in redactor.text("key=hunter2-and-more; again hunter2-and-more")
    assert redactor.text("abcdef") == "abcdef"


def test_nested_values_are_masked_and_small_numbers_are_not() -> None:
    value = {
        "latencia_ms": 1234,
        "ok": True,
        "nada": None,
        "lista": ["5511999998888", 5511999998888],
        "5511999998888": {"email": "a@b.co"},
    }

    assert Redactor().value(value) == {
        "latencia_ms": 1234,
        "ok": True,
        "nada": None,
        "lista": [MASK, MASK],
        MASK: {"email": MASK},
    }


@given(
    country=st.sampled_from(["", "55", "+55", "+55 "]),
    area=st.integers(11, 99),
    number=st.integers(900000000, 999999999),
    separator=st.sampled_from(["", " ", "-"]),
    around=st.sampled_from([" ", "\n", '"', ":", "=", ",", "/"]),
)
def test_no_brazilian_mobile_gets_through(
    country: str, area: int, number: int, separator: str, around: str
) -> None:
    digits = str(number)
    phone = f"{country}{area}{separator}{digits[:5]}{separator}{digits[5:]}"

    assert digits[5:] not in Redactor().text(f"x{around}{phone}{around}x")
