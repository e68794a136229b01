from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from julia_brain.domain.budget import Budgets
from julia_brain.domain.routing import CHOSEN_BY_TEXT, Reason
from julia_brain.settings import Settings

REQUIRED = {
    "rabbitmq_url": "amqp://julia:x@localhost:5672/",
    "redis_url": "redis://localhost:6379/0",
    "supabase_url": "http://localhost:8000",
    "supabase_service_key": "chave",
    "evolution_api_url": "http://localhost:8080",
    "evolution_api_key": "chave",
    "evolution_instance": "julia",
    "anthropic_api_key": "chave",
    "documents_key": Fernet.generate_key().decode(),
}


def settings(**more: object) -> Settings:
    return Settings(**{**REQUIRED, **more})  # type: ignore[arg-type]  # read like the environment


def test_the_larger_model_is_for_what_the_text_asks_for() -> None:
    assert settings().large_for == frozenset(CHOSEN_BY_TEXT)
    assert settings(large_model_for="reclamacao, padrao").large_for == {
        Reason.COMPLAINT,
        Reason.DEFAULT,
    }
    assert settings(large_model_for="").large_for == frozenset()


def test_an_empty_address_is_no_transcription_service() -> None:
    assert settings(transcription_url="", transcription_api_key="").transcription_url is None
    assert settings(transcription_url="").transcription_api_key is None
    assert settings(transcription_url="https://ouve.example/").transcription_url == (
        "https://ouve.example"
    )


def test_a_key_that_protects_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be a Fernet key"):
        settings(documents_key="segredo")


@pytest.mark.parametrize("word", ["reclamações", "reparo"])
def test_a_word_that_chooses_nothing_is_refused(word: str) -> None:
    with pytest.raises(ValidationError, match="must be words out of padrao, negociacao"):
        settings(large_model_for=word)


def test_the_budgets_are_those_of_the_environment() -> None:
    budgets = settings(budget_day_usd="0", budget_turn_tokens="10").budgets

    assert (budgets.day_usd, budgets.turn_tokens) == (Decimal(0), 10)


def test_the_longest_month_of_days_at_their_budget_stays_below_50_dollars() -> None:
    assert 0 < 31 * settings().budgets.day_usd < 50
    assert Budgets().day_usd == settings().budgets.day_usd
