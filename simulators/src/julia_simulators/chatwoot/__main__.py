"""Run the simulator: `python -m julia_simulators.chatwoot`.

Environment: HOST (127.0.0.1), PORT (18013), LOG_LEVEL (WARNING), WEBHOOK_URL (told of what happens;
empty: nobody is), CHATWOOT_API_TOKEN and CHATWOOT_WEBHOOK_SECRET (else the simulator's own).
"""

import uvicorn
from pydantic_settings import BaseSettings, SettingsConfigDict

from julia_simulators.chatwoot.app import build_app
from julia_simulators.chatwoot.state import SECRET, TOKEN, World


class Settings(BaseSettings):
    """The simulator's environment."""

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    port: int = 18013
    log_level: str = "WARNING"
    webhook_url: str = ""
    chatwoot_api_token: str = TOKEN
    chatwoot_webhook_secret: str = SECRET


def main() -> None:
    """Serve until a signal ends the process."""
    settings = Settings()
    app = build_app(
        World(),
        webhook_url=settings.webhook_url,
        token=settings.chatwoot_api_token,
        secret=settings.chatwoot_webhook_secret,
    )
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        # Longer than clients keep idle connections: they must not write into one that is closing.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
