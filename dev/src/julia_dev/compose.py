"""The variables that `compose.local.yaml` asks for: `python -m julia_dev.compose <file>`.

Secrets are those of the local stack. With ANTHROPIC_API_KEY set in the environment, Claude
answers.
"""

import os
import sys
from pathlib import Path

from julia_dev import paths
from julia_dev.stack.config import DEVELOPMENT_CEILINGS
from julia_dev.stack.environment import page_note
from julia_dev.stack.secrets import Secrets


def variables(secrets: Secrets, anthropic_api_key: str | None) -> dict[str, str]:
    """Return what has no default in `compose.local.yaml`, where Claude is, and the day's budget."""
    claude = (
        {
            "ANTHROPIC_API_KEY": anthropic_api_key,
            "ANTHROPIC_BASE_URL": "https://api.anthropic.com",
        }
        if anthropic_api_key
        # The simulator's dollars are none.
        else {"ANTHROPIC_API_KEY": secrets.anthropic_api_key, "BUDGET_DAY_USD": "0"}
    )
    return {
        "JULIA_PAGE_NOTE": page_note(DEVELOPMENT_CEILINGS, by_claude=anthropic_api_key is not None),
        "SUPABASE_SERVICE_KEY": secrets.service_key,
        "JWT_SECRET": secrets.jwt_secret,
        "EVOLUTION_API_KEY": secrets.evolution_api_key,
        "EVOLUTION_WEBHOOK_SECRET": secrets.webhook_secret,
        "QUARANTINE_KEY": secrets.quarantine_key,
        "DOCUMENTS_KEY": secrets.documents_key,
        "TRANSCRIPTION_API_KEY": secrets.transcription_api_key,
        "SLACK_SIGNING_SECRET": secrets.slack_signing_secret,
        "RABBITMQ_PASSWORD": secrets.rabbitmq_password,
        "POSTGRES_PASSWORD": secrets.postgres_password,
        "AUTHENTICATOR_PASSWORD": secrets.authenticator_password,
        **claude,
    }


def main() -> None:
    """Write the variables into the file named on the command line."""
    target = Path(sys.argv[1])
    paths.RUN.mkdir(exist_ok=True)
    found = variables(
        Secrets.load(paths.RUN / "secrets.json"), os.environ.get("ANTHROPIC_API_KEY") or None
    )
    target.touch(mode=0o600)
    target.write_text("".join(f"{name}='{value}'\n" for name, value in found.items()))


if __name__ == "__main__":
    main()
