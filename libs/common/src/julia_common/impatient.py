"""uvicorn's HTTP protocol, with a limit on how long a request's head may take.

uvicorn waits without end for the rest of a head that has begun, so that a few thousand idle
connections could use up the process's file descriptors ("slowloris"). Bodies are the business of
the routes that read them.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10


class ImpatientProtocol(H11Protocol):
    """Closes a connection on which no request was complete for `HEAD_SECONDS`.

    The time runs from the connection's start, and from the first byte that follows an answer:
    that of the next head, or of a body that nobody reads any more.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Start waiting for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Stop waiting once a request runs; start again when bytes follow its answer."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        else:
            self._wait()

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
