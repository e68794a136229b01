"""`python -m julia_simulators.evolution`."""

import sys

from pydantic import ValidationError

from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.server import Server
from julia_simulators.evolution.settings import Settings

_BAD_SETTING = 78
"""EX_CONFIG of sysexits.h."""
_COULD_NOT_START = 3
"""As uvicorn's own command says it: the port is taken, for example."""


def main() -> int:
    """Serve until stopped; a bad setting ends the process with its name."""
    try:
        settings = Settings()
    except ValidationError as error:
        for item in error.errors():
            name = "_".join(map(str, item["loc"])).upper()
            sys.stderr.write(f"Evolution simulator: set {name}: {item['msg']}\n")
        return _BAD_SETTING
    server = Server(create_app(settings), host=settings.host, port=settings.port)
    server.run()
    return 0 if server.started else _COULD_NOT_START


if __name__ == "__main__":
    sys.exit(main())
