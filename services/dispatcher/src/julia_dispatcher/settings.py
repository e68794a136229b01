"""What the dispatcher reads from the environment."""

from julia_common.settings import (
    BrokerSettings,
    CeilingSettings,
    CommonSettings,
    EvolutionSettings,
    RedisSettings,
    SupabaseSettings,
)


class Settings(
    CommonSettings,
    BrokerSettings,
    RedisSettings,
    SupabaseSettings,
    EvolutionSettings,
    CeilingSettings,
):
    """See docs/reference/settings.md."""
