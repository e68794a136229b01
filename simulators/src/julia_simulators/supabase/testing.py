"""The simulator inside a test's own process."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from julia_simulators.supabase.http import KEEP_ALIVE_S, create_app
from julia_simulators.supabase.settings import Settings

_POLL_S = 0.01


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve from a thread on a free port of this machine; yields the base URL.

    Raises:
        RuntimeError: it did not start; its log says why.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            access_log=False,
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_run, args=(server, listener), daemon=True)
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise RuntimeError("the Supabase simulator ended before it was ready")
                time.sleep(_POLL_S)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    asyncio.run(_serve(server, listener))


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    await server.serve(sockets=[listener])
    # Who still waits for an answer would be cut off by the end of a process; here by us.
    for connection in tuple(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()
    await asyncio.sleep(0)
