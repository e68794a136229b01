"""Run the simulator: `python -m julia_simulators.transcription`.

Environment: HOST (127.0.0.1), PORT (18011), LOG_LEVEL (WARNING), SIM_TRANSCRIPTION_API_KEY (any
key is accepted when unset).
"""

import uvicorn
from pydantic_settings import BaseSettings, SettingsConfigDict

from julia_simulators.transcription.app import build_app
from julia_simulators.transcription.state import World


class Settings(BaseSettings):
    """The simulator's environment."""

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    port: int = 18011
    log_level: str = "WARNING"
    sim_transcription_api_key: str | None = None


def main() -> None:
    """Serve until a signal ends the process."""
    settings = Settings()
    uvicorn.run(
        build_app(World(settings.sim_transcription_api_key)),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        # Longer than clients keep idle connections: they must not write into one that is closing.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
