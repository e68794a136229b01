"""What the environment may say, in groups by neighbour.

A service's `Settings` inherits the groups that it needs and adds its own fields; names are those of
the operations contract to the letter, upper case in the environment. Read once, in `__main__`,
with `load_settings`.
"""

import sys
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

EXIT_BAD_SETTINGS = 2


def _url(*schemes: str) -> AfterValidator:
    expected = " or ".join(f"{scheme}://host[:port]" for scheme in schemes)

    def check[T: (str, SecretStr)](value: T) -> T:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        message = f"must be a URL of the form {expected}"
        try:
            parts = urlsplit(plain)
            valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _not_blank(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        message = "must not be empty"
        raise ValueError(message)
    return value


def _or_none(value: object) -> object:
    return value or None


def _without_slash(value: str) -> str:
    return value.rstrip("/")


def _fernet_key(value: SecretStr) -> SecretStr:
    try:
        Fernet(value.get_secret_value())
    except ValueError:
        message = (
            "must be a Fernet key; make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        )
        raise ValueError(message) from None
    return value


def _names(value: str) -> str:
    if not _listed(value):
        message = "must name at least one instance; several are separated by commas"
        raise ValueError(message)
    return value


def _listed(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in value.split(",") if (name := part.strip())))


HttpUrl = Annotated[str, _url("http", "https"), AfterValidator(_without_slash)]
"""An `http(s)` URL without a slash at its end."""

Secret = Annotated[SecretStr, AfterValidator(_not_blank)]
"""A secret that is not empty and never shows itself in a `repr` or a log."""


FernetKey = Annotated[SecretStr, AfterValidator(_fernet_key)]
"""A key for Fernet."""


class _Group(BaseSettings):
    model_config = SettingsConfigDict(
        case_sensitive=False, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class CommonSettings(_Group):
    """What every process reads."""

    environment: Literal["development", "test", "staging", "production"] = "development"
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    host: str = "0.0.0.0"  # noqa: S104 - probes and peers reach the process from other hosts
    port: int = Field(default=8000, ge=0, le=65535)


class BrokerSettings(_Group):
    """RabbitMQ."""

    rabbitmq_url: Annotated[SecretStr, _url("amqp", "amqps")]


class RedisSettings(_Group):
    """Redis."""

    redis_url: Annotated[SecretStr, _url("redis", "rediss")]


class SupabaseSettings(_Group):
    """The database's rpc endpoint."""

    supabase_url: HttpUrl
    supabase_service_key: Secret


class NumberSettings(_Group):
    """Our WhatsApp numbers."""

    evolution_instance: Annotated[str, AfterValidator(_names)]

    @property
    def evolution_instances(self) -> tuple[str, ...]:
        """The numbers' instances at Evolution, in the order of the setting, each once."""
        return _listed(self.evolution_instance)


class EvolutionSettings(NumberSettings):
    """Evolution API, the way to WhatsApp."""

    evolution_api_url: HttpUrl
    evolution_api_key: Secret
    evolution_timeout_seconds: float = Field(default=10, gt=0, le=120)


class WebhookSettings(_Group):
    """What authenticates Evolution's webhooks; both secrets are valid at once while rotating."""

    evolution_webhook_secret: Secret
    evolution_webhook_secret_previous: SecretStr | None = None
    evolution_jwt_key: SecretStr | None = None


class QuarantineSettings(_Group):
    """The key that seals bodies which could not be read."""

    quarantine_key: FernetKey


class SlackSettings(_Group):
    """The managers' channel: an incoming webhook, which is a secret. Empty: nothing is posted."""

    slack_webhook_url: Annotated[
        Annotated[SecretStr, _url("http", "https")] | None, BeforeValidator(_or_none)
    ] = None


class CeilingSettings(_Group):
    """How many messages one number may send."""

    max_msgs_por_hora: int = Field(default=15, ge=1)
    max_msgs_por_dia: int = Field(default=80, ge=1)


def load_settings[S: BaseSettings](cls: type[S]) -> S:
    """Read the settings from the environment.

    Stops the process with exit code 2 when something is missing or wrong, naming every such
    variable and what it must be; the value itself is never shown.
    """
    try:
        return cls()
    except ValidationError as error:
        lines = [
            f"  {_variable(problem['loc'])}: {_explain(problem['type'], problem['msg'])}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        print(  # noqa: T201 - logging is configured from these very settings
            "Cannot start: the environment is incomplete or wrong.",
            *lines,
            "Set these variables (docs/reference/settings.md lists them all) and start again.",
            sep="\n",
            file=sys.stderr,
        )
        raise SystemExit(EXIT_BAD_SETTINGS) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "(settings)"


def _explain(kind: str, message: str) -> str:
    return "is not set" if kind == "missing" else message.removeprefix("Value error, ")
