"""What the process reads from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of the simulator; the names shared with Julia are the ones of her contract."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    evolution_api_key: SecretStr = Field(min_length=1)
    evolution_instance: str = Field(default="julia", min_length=1)
    evolution_webhook_secret: SecretStr | None = None
    evolution_jwt_key: SecretStr | None = None
    webhook_url: str | None = None
    julia_page_note: str = ""
    sim_state: Path | None = None

    @property
    def instance_names(self) -> tuple[str, ...]:
        """The numbers that are open from the start, in the order given."""
        names = (name.strip() for name in self.evolution_instance.split(","))
        return tuple(name for name in names if name)

    @property
    def server_url(self) -> str:
        """The address that Evolution writes into its webhooks."""
        return f"http://{self.host}:{self.port}"

    @property
    def webhook_headers(self) -> dict[str, str]:
        """The headers that the default webhook sends, as `POST /webhook/set` would set them."""
        headers: dict[str, str] = {}
        if self.evolution_webhook_secret:
            headers["x-webhook-secret"] = self.evolution_webhook_secret.get_secret_value()
        if self.evolution_jwt_key:
            headers["jwt_key"] = self.evolution_jwt_key.get_secret_value()
        return headers
