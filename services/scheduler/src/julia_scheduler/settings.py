"""What the scheduler reads from the environment."""

from julia_common.settings import (
    BrokerSettings,
    CommonSettings,
    EvolutionSettings,
    RedisSettings,
    SupabaseSettings,
)


class Settings(CommonSettings, BrokerSettings, RedisSettings, SupabaseSettings, EvolutionSettings):
    """See docs/reference/settings.md. `strict_sends`: park what is uncertain, never resend it."""

    strict_sends: bool = False
