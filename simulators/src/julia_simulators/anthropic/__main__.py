"""Run the simulator: `python -m julia_simulators.anthropic`.

Environment: HOST (127.0.0.1), PORT (18010), LOG_LEVEL (WARNING), SIM_ANTHROPIC_API_KEY (any key is
accepted when unset), SIM_ANTHROPIC_SEED (1), SIM_ANTHROPIC_FIRST_TOKEN_MEDIAN_S (0.6).
"""

import uvicorn
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from julia_simulators.anthropic.app import build_app
from julia_simulators.anthropic.state import Behaviour, World


class Settings(BaseSettings):
    """The simulator's environment."""

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    port: int = 18010
    log_level: str = "WARNING"
    sim_anthropic_api_key: str | None = None
    sim_anthropic_seed: int = 1
    sim_anthropic_first_token_median_s: float = Field(default=0.6, ge=0.0)


def main() -> None:
    """Serve until a signal ends the process."""
    settings = Settings()
    behaviour = Behaviour(
        seed=settings.sim_anthropic_seed,
        first_token_median_s=settings.sim_anthropic_first_token_median_s,
    )
    key = settings.sim_anthropic_api_key
    app = build_app(World(behaviour, None if key is None else frozenset({key})))
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
