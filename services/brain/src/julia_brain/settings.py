"""The brain's environment."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from julia_brain.domain.budget import Budgets
from julia_brain.domain.routing import CHOSEN_BY_TEXT, Reason
from julia_common.settings import (
    BrokerSettings,
    CommonSettings,
    EvolutionSettings,
    HttpUrl,
    RedisSettings,
    Secret,
    SupabaseSettings,
)


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class Settings(CommonSettings, BrokerSettings, RedisSettings, SupabaseSettings, EvolutionSettings):
    """What the brain reads besides the shared groups."""

    port: int = Field(default=18001, ge=0, le=65535)
    anthropic_api_key: Secret
    anthropic_base_url: HttpUrl = "https://api.anthropic.com"
    anthropic_model: str = Field(default="claude-haiku-5-5", min_length=1)
    """The smaller model, which answers most turns."""
    anthropic_model_large: str = Field(default="claude-sonnet-5-5", min_length=1)
    """The larger model: repairs, and the reasons of `large_model_for`."""
    large_model_for: Annotated[tuple[Reason, ...], NoDecode, BeforeValidator(_words)] = (
        CHOSEN_BY_TEXT
    )
    budget_turn_usd: Decimal = Field(default=Decimal("0.05"), ge=0)
    budget_turn_tokens: int = Field(default=60_000, ge=0)
    budget_conversation_usd: Decimal = Field(default=Decimal("1.00"), ge=0)
    budget_doctor_day_usd: Decimal = Field(default=Decimal("0.50"), ge=0)
    budget_day_usd: Decimal = Field(default=Decimal("5.00"), ge=0)
    away_after_seconds: float = Field(default=60, gt=0, le=1800)
    """How long a doctor's message waits for Claude before a person gets it."""
    max_turns: int = Field(default=32, ge=1, le=500)
    """Turns at a time in one process."""

    @property
    def budgets(self) -> Budgets:
        """The five budgets."""
        return Budgets(
            turn_usd=self.budget_turn_usd,
            turn_tokens=self.budget_turn_tokens,
            conversation_usd=self.budget_conversation_usd,
            doctor_day_usd=self.budget_doctor_day_usd,
            day_usd=self.budget_day_usd,
        )
