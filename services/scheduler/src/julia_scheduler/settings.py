"""What the scheduler reads from the environment."""

from julia_common.settings import (
    BrokerSettings,
    CeilingSettings,
    ChatwootSettings,
    CommonSettings,
    EvolutionSettings,
    HttpUrl,
    RedisSettings,
    Secret,
    SlackSettings,
    SupabaseSettings,
)


class Settings(
    CommonSettings,
    BrokerSettings,
    RedisSettings,
    SupabaseSettings,
    EvolutionSettings,
    SlackSettings,
    ChatwootSettings,
    CeilingSettings,
):
    """See docs/reference/settings.md.

    `strict_sends`: park what is uncertain, never resend it. `julia_api_url`: ingest, to which the
    canary is delivered with `evolution_webhook_secret`.
    """

    strict_sends: bool = False
    julia_api_url: HttpUrl
    evolution_webhook_secret: Secret
