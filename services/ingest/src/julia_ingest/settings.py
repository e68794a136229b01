"""What ingest reads from the environment."""

from julia_common.settings import (
    BrokerSettings,
    CeilingSettings,
    ChatwootWebhookSettings,
    CommonSettings,
    NumberSettings,
    QuarantineSettings,
    RedisSettings,
    SlackSigningSettings,
    WebhookSettings,
)


class Settings(
    CommonSettings,
    BrokerSettings,
    RedisSettings,
    WebhookSettings,
    ChatwootWebhookSettings,
    SlackSigningSettings,
    QuarantineSettings,
    CeilingSettings,
    NumberSettings,
):
    """The settings of ingest; `/health/rate` always shows the numbers of `evolution_instance`."""
