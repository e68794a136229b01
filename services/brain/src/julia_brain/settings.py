"""The brain's environment."""

from pydantic import Field

from julia_common.settings import (
    BrokerSettings,
    CommonSettings,
    EvolutionSettings,
    HttpUrl,
    RedisSettings,
    Secret,
    SupabaseSettings,
)


class Settings(CommonSettings, BrokerSettings, RedisSettings, SupabaseSettings, EvolutionSettings):
    """What the brain reads besides the shared groups."""

    port: int = Field(default=18001, ge=0, le=65535)
    anthropic_api_key: Secret
    anthropic_base_url: HttpUrl = "https://api.anthropic.com"
    anthropic_model: str = Field(default="claude-haiku-5-5", min_length=1)
    away_after_seconds: float = Field(default=60, gt=0, le=1800)
    """How long a doctor's message waits for Claude before a person gets it."""
    max_turns: int = Field(default=32, ge=1, le=500)
    """Turns at a time in one process."""
