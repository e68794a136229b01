"""Serve: `python -m julia_simulators.supabase`."""

import logging
import sys

import uvicorn

from julia_common.settings import load_settings
from julia_simulators.supabase.http import KEEP_ALIVE_S, create_app
from julia_simulators.supabase.settings import Settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load_settings(Settings)
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s %(message)s"
    )
    logging.getLogger(__name__).info(
        "Supabase simulator on http://%s:%d/rest/v1/rpc/", settings.host, settings.port
    )
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
