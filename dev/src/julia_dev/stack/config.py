"""What an instance of the stack consists of."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from julia_dev import paths
from julia_dev.stack import ports

SERVERS = ("rabbitmq", "redis", "postgres")
SIMULATORS = ("supabase", "evolution", "anthropic", "transcription", "slack", "chatwoot")
SERVICES = ("ingest", "brain", "dispatcher", "scheduler")
PARTS = SERVERS + SIMULATORS + SERVICES

DEVELOPMENT_CEILINGS = {"MAX_MSGS_POR_HORA": "600", "MAX_MSGS_POR_DIA": "5000"}
"""So that a developer's conversation does not stop at the 15 and 80 of production."""

_PASSED_ON = (
    *("ENVIRONMENT", "DEBUG", "LOG_LEVEL"),
    *("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "ANTHROPIC_MODEL_LARGE"),
    *("TRANSCRIPTION_URL", "TRANSCRIPTION_API_KEY", "TRANSCRIPTION_MODEL"),
    *("BUDGET_TURN_USD", "BUDGET_TURN_TOKENS", "BUDGET_CONVERSATION_USD"),
    *("BUDGET_DOCTOR_DAY_USD", "BUDGET_DAY_USD"),
    *("EVOLUTION_INSTANCE", "EVOLUTION_TIMEOUT_SECONDS", "EVOLUTION_JWT_KEY"),
    *("MAX_MSGS_POR_HORA", "MAX_MSGS_POR_DIA", "SLACK_WEBHOOK_URL", "SLACK_SIGNING_SECRET"),
    *("CHATWOOT_URL", "CHATWOOT_PUBLIC_URL", "CHATWOOT_API_TOKEN", "CHATWOOT_ACCOUNT_ID"),
    *("CHATWOOT_INBOX_ID", "CHATWOOT_WEBHOOK_SECRET"),
    *("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    *("HTTPS_PROXY", "SSL_CERT_FILE"),
)


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """One instance: where it lives, its ports, its parts.

    Attributes:
        folder: holds data, logs and secrets; made when missing.
        ports: a port for every name of `ports.DEFAULTS`.
        parts: which of `PARTS` run.
        replicas: how many processes of a service run; one, unless named here.
        env: environment of all services, over the defaults.
        part_env: environment of one part (`brain`, `evolution`, ...), over `env`.
        seed: made-up hospitals and shifts, for who plays with it by hand.
        durable: False suits what is thrown away afterwards: PostgreSQL is faster and unsafe against
            a power cut (not against kills), and at the end of an `async with` nothing tidies up.
    """

    folder: Path
    ports: Mapping[str, int]
    parts: frozenset[str] = frozenset(PARTS)
    replicas: Mapping[str, int] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    part_env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    durable: bool = True
    seed: bool = False

    @classmethod
    def of_make_up(cls, environ: Mapping[str, str] = os.environ) -> "StackConfig":
        """Return the developer's instance, as the environment wants it.

        Raises:
            StackError: a port variable is wrong.
        """
        passed = {name: environ[name] for name in _PASSED_ON if environ.get(name)}
        if "ANTHROPIC_API_KEY" not in passed:
            # Exported for other programs it would send the simulator's made-up key elsewhere.
            passed.pop("ANTHROPIC_BASE_URL", None)
        return cls(
            folder=paths.RUN,
            ports=ports.from_environment(environ),
            env={**DEVELOPMENT_CEILINGS, **passed},
            seed=True,
        )

    @classmethod
    def apart(cls, folder: Path, **settings: object) -> "StackConfig":
        """Return an instance beside all others, on free ports."""
        return cls(folder=folder, ports=ports.all_free(), **settings)  # type: ignore[arg-type]
