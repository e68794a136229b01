"""The HTTP server, which ends the endless answers before it waits for them."""

import socket
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAIN_S = 2


class Server(uvicorn.Server):
    """Serves an application; at the end its event streams are told to finish first.

    Otherwise a stop would wait for them as long as it may, and then cut them off with a traceback.
    """

    def __init__(self, app: Starlette, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Configure; no access log, because the control API's paths carry phone numbers."""
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                access_log=False,
                log_level="warning",
                timeout_graceful_shutdown=_DRAIN_S,
            )
        )
        self._end_streams: Callable[[], None] | None = getattr(app.state, "end_streams", None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then drain and stop."""
        if self._end_streams:
            self._end_streams()
        await super().shutdown(sockets)
