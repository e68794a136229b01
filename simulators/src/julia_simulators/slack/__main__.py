"""Run the simulator: `python -m julia_simulators.slack`.

Environment: HOST (127.0.0.1), PORT (18012), LOG_LEVEL (WARNING), SIM_SLACK_WEBHOOK_PATH (the only
webhook that exists, `/services/T…/B…/…`), SIM_SLACK_CHANNEL (what the page calls it),
SIM_SLACK_REQUEST_URL (where what people ask for is delivered; without it asking fails),
SIM_SLACK_SIGNING_SECRET (what it is signed with), SIM_SLACK_URL (this simulator, as the app under
test reaches it; http://HOST:PORT).
"""

import uvicorn
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from julia_simulators.slack.app import build_app
from julia_simulators.slack.state import SIGNING_SECRET, WEBHOOK_PATH, World


class Settings(BaseSettings):
    """The simulator's environment."""

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    port: int = 18012
    log_level: str = "WARNING"
    sim_slack_webhook_path: str = Field(default=WEBHOOK_PATH, pattern=r"^/services/\w+/\w+/\w+$")
    sim_slack_channel: str = "gestao-julia"
    sim_slack_request_url: str | None = None
    sim_slack_signing_secret: str = SIGNING_SECRET
    sim_slack_url: str | None = None


def main() -> None:
    """Serve until a signal ends the process."""
    settings = Settings()
    uvicorn.run(
        build_app(
            World(
                settings.sim_slack_webhook_path,
                settings.sim_slack_channel,
                settings.sim_slack_signing_secret,
                settings.sim_slack_request_url or None,
                settings.sim_slack_url or f"http://{settings.host}:{settings.port}",
            )
        ),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        # Longer than clients keep idle connections: they must not write into one that is closing.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
