"""What ingest reads from the environment."""

from pydantic import Field

from julia_common.settings import (
    BrokerSettings,
    CeilingSettings,
    CommonSettings,
    QuarantineSettings,
    RedisSettings,
    WebhookSettings,
)


class Settings(
    CommonSettings,
    BrokerSettings,
    RedisSettings,
    WebhookSettings,
    QuarantineSettings,
    CeilingSettings,
):
    """The settings of ingest; `evolution_instance` is what `/health/rate` always shows."""

    evolution_instance: str = Field(min_length=1)
