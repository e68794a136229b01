"""`python -m julia_simulators.evolution`."""

import sys

import uvicorn
from pydantic import ValidationError

from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.settings import Settings

_DRAIN_S = 2
_BAD_SETTING = 78
"""EX_CONFIG of sysexits.h."""


def main() -> int:
    """Serve until stopped; a bad setting ends the process with its name."""
    try:
        settings = Settings()
    except ValidationError as error:
        for item in error.errors():
            name = "_".join(map(str, item["loc"])).upper()
            sys.stderr.write(f"Evolution simulator: set {name}: {item['msg']}\n")
        return _BAD_SETTING
    # No access log: the paths of the control API carry phone numbers.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_DRAIN_S,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
