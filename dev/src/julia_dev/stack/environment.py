"""The environment that services and simulators of an instance are started with."""

from collections.abc import Mapping
from pathlib import Path

from julia_dev.stack.config import StackConfig
from julia_dev.stack.rabbitmq import RabbitMQ
from julia_dev.stack.redis import Redis
from julia_dev.stack.secrets import Secrets
from julia_simulators.chatwoot import state as chatwoot
from julia_simulators.slack.state import WEBHOOK_PATH

DATABASE = "julia"


def of_services(
    config: StackConfig, secrets: Secrets, rabbitmq: RabbitMQ, redis: Redis
) -> dict[str, str]:
    """Return what all services share; `config.env` has the last word."""
    claude = {"ANTHROPIC_API_KEY": secrets.anthropic_api_key}
    if not answered_by_claude(config):
        claude["ANTHROPIC_BASE_URL"] = _url(config, "anthropic")
        # The simulator's dollars are none: a load test may spend as many as it likes.
        claude["BUDGET_DAY_USD"] = "0"
    simulated = "chatwoot" in config.parts and not shown_in_chatwoot(config)
    people = _chatwoot(config) if simulated else {}
    transcription = {} if transcribed_elsewhere(config) else _transcription(config, secrets)
    return {
        "ENVIRONMENT": "development",
        "DEBUG": "false",
        # As in production: warnings, errors, and the canonical lines, which come at any level.
        "LOG_LEVEL": "WARNING",
        "HOST": "127.0.0.1",
        "NO_PROXY": "127.0.0.1,localhost",
        "SUPABASE_URL": _url(config, "supabase"),
        "SUPABASE_SERVICE_KEY": secrets.service_key,
        "EVOLUTION_API_URL": _url(config, "evolution"),
        "EVOLUTION_API_KEY": secrets.evolution_api_key,
        "EVOLUTION_INSTANCE": "julia-local",
        "EVOLUTION_WEBHOOK_SECRET": secrets.webhook_secret,
        "REDIS_URL": redis.url(),
        "RABBITMQ_URL": rabbitmq.url(),
        "JULIA_API_URL": _url(config, "ingest"),
        "QUARANTINE_KEY": secrets.quarantine_key,
        "DOCUMENTS_KEY": secrets.documents_key,
        **claude,
        **transcription,
        **people,
        "SLACK_WEBHOOK_URL": f"{_url(config, 'slack')}{WEBHOOK_PATH}",
        "SLACK_SIGNING_SECRET": secrets.slack_signing_secret,
        **config.env,
    }


def of_evolution(config: StackConfig, services: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of the Evolution simulator, which keeps its state in `folder`."""
    agreed = ("EVOLUTION_API_KEY", "EVOLUTION_INSTANCE", "EVOLUTION_WEBHOOK_SECRET")
    optional = ("EVOLUTION_JWT_KEY",)
    return {
        "HOST": "127.0.0.1",
        "PORT": str(config.ports["evolution"]),
        **{name: services[name] for name in agreed},
        **{name: services[name] for name in optional if name in services},
        "WEBHOOK_URL": f"{_url(config, 'ingest')}/webhook/evolution",
        "SIM_STATE": str(folder / "state.json"),
        "JULIA_PAGE_NOTE": page_note(services, by_claude=answered_by_claude(config)),
    }


def of_anthropic(config: StackConfig, services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the Anthropic simulator."""
    return {
        "HOST": "127.0.0.1",
        "PORT": str(config.ports["anthropic"]),
        "SIM_ANTHROPIC_API_KEY": services["ANTHROPIC_API_KEY"],
    }


def of_transcription(config: StackConfig, services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the transcription simulator."""
    return {
        "HOST": "127.0.0.1",
        "PORT": str(config.ports["transcription"]),
        "SIM_TRANSCRIPTION_API_KEY": services["TRANSCRIPTION_API_KEY"],
    }


def of_slack(config: StackConfig, services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the Slack simulator, whose people command Julia."""
    return {
        "HOST": "127.0.0.1",
        "PORT": str(config.ports["slack"]),
        "SIM_SLACK_SIGNING_SECRET": services["SLACK_SIGNING_SECRET"],
        "SIM_SLACK_REQUEST_URL": f"{_url(config, 'ingest')}/webhook/slack",
    }


def of_chatwoot(config: StackConfig, services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the Chatwoot simulator."""
    agreed = ("CHATWOOT_API_TOKEN", "CHATWOOT_WEBHOOK_SECRET")
    return {
        "HOST": "127.0.0.1",
        "PORT": str(config.ports["chatwoot"]),
        "WEBHOOK_URL": f"{_url(config, 'ingest')}/webhook/chatwoot",
        **{name: services[name] for name in agreed},
    }


def shown_in_chatwoot(config: StackConfig) -> bool:
    """Tell whether people read along in a real Chatwoot, not on the simulator's page."""
    return "CHATWOOT_URL" in config.env


def transcribed_elsewhere(config: StackConfig) -> bool:
    """Tell whether a real service hears the doctors' audio, not the simulator."""
    return "TRANSCRIPTION_URL" in config.env


def told_to_slack(config: StackConfig) -> bool:
    """Tell whether managers are told in a real Slack, not on the simulator's page."""
    return "SLACK_WEBHOOK_URL" in config.env


def answered_by_claude(config: StackConfig) -> bool:
    """Tell whether the real Claude answers, not the simulator."""
    return "ANTHROPIC_API_KEY" in config.env


def page_note(services: Mapping[str, str], *, by_claude: bool) -> str:
    """Return what the page says about this instance, in the language of those who look at it."""
    answering = "o Claude" if by_claude else "o simulador da Anthropic"
    return (
        f"Ambiente local. Tetos de desenvolvimento: {services.get('MAX_MSGS_POR_HORA', '15')} "
        f"mensagens por hora e {services.get('MAX_MSGS_POR_DIA', '80')} por dia "
        f"(em produção, 15 e 80). Quem responde: {answering}."
    )


def _chatwoot(config: StackConfig) -> dict[str, str]:
    return {
        "CHATWOOT_URL": _url(config, "chatwoot"),
        "CHATWOOT_PUBLIC_URL": _url(config, "chatwoot"),
        "CHATWOOT_API_TOKEN": chatwoot.TOKEN,
        "CHATWOOT_WEBHOOK_SECRET": chatwoot.SECRET,
    }


def _transcription(config: StackConfig, secrets: Secrets) -> dict[str, str]:
    return {
        "TRANSCRIPTION_URL": _url(config, "transcription"),
        "TRANSCRIPTION_API_KEY": secrets.transcription_api_key,
        "TRANSCRIPTION_MODEL": "whisper-1",
    }


def _url(config: StackConfig, name: str) -> str:
    return f"http://127.0.0.1:{config.ports[name]}"
