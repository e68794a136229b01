"""The simulator inside a test's own process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from julia_simulators.anthropic.app import build_app
from julia_simulators.anthropic.state import World


@contextmanager
def running(world: World) -> Iterator[str]:
    """Serve `world` from a thread on a free port; yields its base URL."""
    server = uvicorn.Server(
        uvicorn.Config(build_app(world), log_level="critical", timeout_graceful_shutdown=1)
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
