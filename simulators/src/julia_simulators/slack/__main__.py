"""Run the simulator: `python -m julia_simulators.slack`.

Environment: HOST (127.0.0.1), PORT (18012), LOG_LEVEL (WARNING), SIM_SLACK_WEBHOOK_PATH (the only
webhook that exists, `/services/T…/B…/…`), SIM_SLACK_CHANNEL (what the page calls it).
"""

import uvicorn
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from julia_simulators.slack.app import build_app
from julia_simulators.slack.state import WEBHOOK_PATH, World


class Settings(BaseSettings):
    """The simulator's environment."""

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    port: int = 18012
    log_level: str = "WARNING"
    sim_slack_webhook_path: str = Field(default=WEBHOOK_PATH, pattern=r"^/services/\w+/\w+/\w+$")
    sim_slack_channel: str = "gestao-julia"


def main() -> None:
    """Serve until a signal ends the process."""
    settings = Settings()
    uvicorn.run(
        build_app(World(settings.sim_slack_webhook_path, settings.sim_slack_channel)),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        # Longer than clients keep idle connections: they must not write into one that is closing.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
