"""What the environment may say."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """PostgREST's options that matter here; the first schema is the default one."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = Field(default=18000, ge=0, le=65535)
    pg_dsn: SecretStr
    """Logs in as `authenticator`, which may become anon, authenticated and service_role."""
    jwt_secret: Annotated[SecretStr, Field(min_length=32)]
    db_pool: int = Field(default=10, ge=1)
    db_pool_acquisition_timeout: float = Field(default=10, gt=0)
    db_schemas: tuple[str, ...] = ("api",)
    db_anon_role: str = "anon"
    sim_control: bool = False
    """Serve `/_sim/faults` and `/_sim/revoked`; off wherever nobody means to break things."""
