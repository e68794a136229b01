"""The brain's environment."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from julia_brain.domain.budget import Budgets
from julia_brain.domain.routing import CHOSEN_BY_TEXT, Reason
from julia_common.settings import (
    BrokerSettings,
    CommonSettings,
    EvolutionSettings,
    FernetKeys,
    HttpUrl,
    RedisSettings,
    Secret,
    SupabaseSettings,
)

_CHOSEN: Final = (Reason.DEFAULT, *CHOSEN_BY_TEXT)


def _reasons(value: str) -> str:
    unknown = [word for word in _split(value) if word not in _CHOSEN]
    if unknown:
        message = f"must be words out of {', '.join(_CHOSEN)}, with commas between them"
        raise ValueError(message)
    return value


def _or_none(value: object) -> object:
    return value or None


def _split(words: str) -> list[str]:
    return words.replace(",", " ").split()


class Settings(CommonSettings, BrokerSettings, RedisSettings, SupabaseSettings, EvolutionSettings):
    """What the brain reads besides the shared groups."""

    port: int = Field(default=18001, ge=0, le=65535)
    anthropic_api_key: Secret
    anthropic_base_url: HttpUrl = "https://api.anthropic.com"
    anthropic_model: str = Field(default="claude-haiku-5-5", min_length=1)
    """The smaller model, which answers most turns."""
    anthropic_model_large: str = Field(default="claude-sonnet-5-5", min_length=1)
    large_model_for: Annotated[str, AfterValidator(_reasons)] = ",".join(CHOSEN_BY_TEXT)
    """What the larger model answers at once, besides repairs; `padrao` means everything."""
    budget_turn_usd: Decimal = Field(default=Decimal("0.05"), ge=0)
    budget_turn_tokens: int = Field(default=60_000, ge=0)
    budget_conversation_usd: Decimal = Field(default=Decimal("1.00"), ge=0)
    budget_doctor_day_usd: Decimal = Field(default=Decimal("0.50"), ge=0)
    budget_day_usd: Decimal = Field(default=Decimal("1.60"), ge=0)
    """A month of such days stays below the 50 dollars that Claude may cost."""
    away_after_seconds: float = Field(default=60, gt=0, le=1800)
    """How long a doctor's message waits for Claude before a person gets it."""
    transcription_url: Annotated[HttpUrl | None, BeforeValidator(_or_none)] = None
    """A service with `/v1/audio/transcriptions`; without one doctors are asked for text."""
    transcription_api_key: Annotated[Secret | None, BeforeValidator(_or_none)] = None
    transcription_model: str = Field(default="whisper-1", min_length=1)
    documents_key: FernetKeys
    """Protects the documents that doctors send."""
    max_turns: int = Field(default=32, ge=1, le=500)
    """Turns at a time in one process."""

    @property
    def large_for(self) -> frozenset[Reason]:
        """`large_model_for`, word by word."""
        return frozenset(map(Reason, _split(self.large_model_for)))

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
