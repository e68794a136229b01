"""What the environment and mounted files may say, in groups by neighbour.

A service's `Settings` inherits the groups that it needs and adds its own fields; names are those of
the operations contract to the letter, upper case in the environment. Read once, in `__main__`,
with `load_settings`; those that are secrets may get other values later (`julia_common.secrets`).
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from julia_common.secrets.files import DEFAULT_FOLDER, Mounted, read_folder
from julia_common.secrets.rotating import RotatingSecret
from julia_common.secrets.sealing import fernet

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


def _fits_a_header(value: SecretStr) -> SecretStr:
    plain = value.get_secret_value()
    if not (plain.isascii() and plain.isprintable()):
        message = "must be printable ASCII characters"
        raise ValueError(message)
    return value


def _rotating(value: SecretStr) -> SecretStr:
    if isinstance(value, RotatingSecret):
        return value
    return RotatingSecret(value.get_secret_value())


def _or_none(value: object) -> object:
    return value or None


def _without_slash(value: str) -> str:
    return value.rstrip("/")


def _fernet_keys(value: SecretStr) -> SecretStr:
    try:
        fernet(value)
    except ValueError:
        message = (
            "must be a Fernet key, or several with commas between them; make one with: python -c "
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

Secret = Annotated[
    SecretStr, AfterValidator(_not_blank), AfterValidator(_fits_a_header), AfterValidator(_rotating)
]
"""A secret that is not empty and never shows itself in a `repr` or a log."""

OptionalSecret = Annotated[SecretStr, AfterValidator(_fits_a_header), AfterValidator(_rotating)]
"""One that may be empty, which is none, and may come and go while the process runs."""


def _no_secret() -> SecretStr:
    return RotatingSecret("")


FernetKeys = Annotated[SecretStr, AfterValidator(_fernet_keys), AfterValidator(_rotating)]
"""Keys for Fernet with commas between them: the first seals, each may open."""


class _Group(BaseSettings):
    model_config = SettingsConfigDict(
        case_sensitive=False, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    def model_post_init(self, _: object) -> None:
        """Tell the secrets their names."""
        for name, value in self:
            if isinstance(value, RotatingSecret):
                value.setting = name.upper()


class FolderSettings(_Group):
    """Where settings lie as files."""

    secrets_dir: Path = DEFAULT_FOLDER


class CommonSettings(FolderSettings):
    """What every process reads."""

    environment: Literal["development", "test", "staging", "production"] = "development"
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    host: str = "0.0.0.0"  # noqa: S104 - probes and peers reach the process from other hosts
    port: int = Field(default=8000, ge=0, le=65535)
    otel_traces_exporter: Literal["none", "otlp"] = "none"
    otel_exporter_otlp_endpoint: HttpUrl = "http://localhost:4318"


class BrokerSettings(_Group):
    """RabbitMQ."""

    rabbitmq_url: Annotated[SecretStr, _url("amqp", "amqps"), AfterValidator(_rotating)]


class RedisSettings(_Group):
    """Redis."""

    redis_url: Annotated[SecretStr, _url("redis", "rediss"), AfterValidator(_rotating)]


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
    evolution_webhook_secret_previous: OptionalSecret = Field(default_factory=_no_secret)
    evolution_jwt_key: OptionalSecret = Field(default_factory=_no_secret)


class QuarantineSettings(_Group):
    """The key that seals bodies which could not be read."""

    quarantine_key: FernetKeys


class SlackSettings(_Group):
    """The managers' channel: an incoming webhook, which is a secret. Empty: nothing is posted."""

    slack_webhook_url: Annotated[
        Annotated[SecretStr, _url("http", "https"), AfterValidator(_rotating)] | None,
        BeforeValidator(_or_none),
    ] = None


class ChatwootSettings(_Group):
    """Chatwoot, where people read along and answer. Without CHATWOOT_URL nothing is shown there.

    `chatwoot_public_url`: where people's browsers find it, for links.
    """

    chatwoot_url: Annotated[HttpUrl | None, BeforeValidator(_or_none)] = None
    chatwoot_public_url: Annotated[HttpUrl | None, BeforeValidator(_or_none)] = None
    chatwoot_api_token: OptionalSecret = Field(default_factory=_no_secret)
    chatwoot_account_id: int = Field(default=1, ge=1)
    chatwoot_inbox_id: int = Field(default=1, ge=1)

    @property
    def chatwoot_chats(self) -> str | None:
        """Where people's browsers find the conversations, each under its id."""
        if self.chatwoot_public_url is None:
            return None
        account = self.chatwoot_account_id
        return f"{self.chatwoot_public_url}/app/accounts/{account}/conversations"

    @model_validator(mode="after")
    def _needs_a_token(self) -> Self:
        if self.chatwoot_url is not None and not self.chatwoot_api_token.get_secret_value():
            message = "CHATWOOT_URL needs CHATWOOT_API_TOKEN, the access token of a user there"
            raise ValueError(message)
        return self


class ChatwootWebhookSettings(_Group):
    """What authenticates Chatwoot's webhooks; without a secret none is taken."""

    chatwoot_webhook_secret: OptionalSecret = Field(default_factory=_no_secret)
    chatwoot_inbox_id: int = Field(default=1, ge=1)


class SlackSigningSettings(_Group):
    """What authenticates Slack's requests; both are valid at once while rotating. Empty: none."""

    slack_signing_secret: OptionalSecret = Field(default_factory=_no_secret)
    slack_signing_secret_previous: OptionalSecret = Field(default_factory=_no_secret)


class CeilingSettings(_Group):
    """How many messages one number may send."""

    max_msgs_por_hora: int = Field(default=15, ge=1)
    max_msgs_por_dia: int = Field(default=80, ge=1)


def load_settings[S: BaseSettings](cls: type[S]) -> S:
    """Read the settings from the files of SECRETS_DIR and, where there is none, the environment.

    Stops the process with exit code 2 when something is missing or wrong, naming every such
    setting, where it came from and what it must be; the value itself is never shown.
    """
    folder = FolderSettings().secrets_dir
    mounted = read_folder(folder, cls.model_fields)
    values: dict[str, Any] = dict(mounted.values)
    try:
        settings = cls(**values)
    except ValidationError as error:
        problems = {
            str(problem["loc"][0] if problem["loc"] else "(settings)"): _explain(
                problem["type"], problem["msg"]
            )
            for problem in error.errors(include_url=False, include_input=False)
        }
        _stop(folder, mounted, problems)
    if mounted.unreadable:
        _stop(folder, mounted, {})
    return settings


def _stop(folder: Path, mounted: Mounted, problems: Mapping[str, str]) -> NoReturn:
    lines = [
        f"  {_source(folder, mounted, name)}: {problem}"
        for name, problem in {**problems, **mounted.unreadable}.items()
    ]
    print(  # noqa: T201 - logging is configured from these very settings
        "Cannot start: the settings are incomplete or wrong.",
        *lines,
        f"Give each as a file in {folder} or as a variable of the environment, and start again; "
        "docs/reference/settings.md lists them all.",
        sep="\n",
        file=sys.stderr,
    )
    raise SystemExit(EXIT_BAD_SETTINGS)


def _source(folder: Path, mounted: Mounted, name: str) -> str:
    setting = name.upper()
    if name in mounted.values or name in mounted.unreadable:
        return f"{setting} ({folder / setting})"
    return setting


def _explain(kind: str, message: str) -> str:
    return "is not set" if kind == "missing" else message.removeprefix("Value error, ")
