"""What the operator reads from the environment."""

from pydantic import Field

from julia_common.settings import CommonSettings, SupabaseSettings


class NamespaceSettings(CommonSettings):
    """See docs/reference/settings.md. `watch_namespace`: whose resources count."""

    watch_namespace: str = Field(default="julia", min_length=1)


class Settings(NamespaceSettings, SupabaseSettings):
    """See docs/reference/settings.md."""
