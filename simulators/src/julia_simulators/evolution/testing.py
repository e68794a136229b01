"""What tests need around the simulator: servers in threads, and an ear for its webhooks."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from julia_simulators.evolution.server import Server

_START_TIMEOUT_S = 15.0
_POLL_S = 0.02


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve the application on a free port of this machine, and give its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), "the server starts")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def eventually[T](ask: Callable[[], T], what: str, timeout_s: float = _START_TIMEOUT_S) -> T:
    """Ask again until the answer is true; `what` names it in the failure."""
    deadline = time.monotonic() + timeout_s
    while not (answer := ask()):
        if time.monotonic() > deadline:
            message = f"not within {timeout_s} s: {what}"
            raise AssertionError(message)
        time.sleep(_POLL_S)
    return answer


@dataclass(frozen=True)
class Heard:
    """One webhook request."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Listener:
    """An ear for webhooks: keeps what it hears, answers as told."""

    heard: list[Heard] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """The next statuses; 200 when there is none left."""
    hold: threading.Event = field(default_factory=threading.Event)
    """While cleared, no request is answered."""

    def __post_init__(self) -> None:
        """Answer at once."""
        self.hold.set()

    def of(self, event: str) -> list[Heard]:
        """Return what was heard of one event."""
        return [heard for heard in list(self.heard) if heard.body["event"] == event]

    def wait_for(self, event: str, count: int = 1) -> list[Heard]:
        """Wait until the event was heard that often."""

        def enough() -> list[Heard]:
            found = self.of(event)
            return found if len(found) >= count else []

        return eventually(enough, f"{count} of {event}")

    async def hear(self, request: Request) -> Response:
        """Keep the request and answer it as told."""
        path = f"/{request.path_params['path']}"
        body = await request.json()
        self.heard.append(Heard(path, dict(request.headers), body))
        status = self.answers.pop(0) if self.answers else 200
        while not self.hold.is_set():
            await asyncio.sleep(_POLL_S)
        return Response(status_code=status)


@dataclass
class Switchboard:
    """One server for the listeners of many tests; each has a path of its own."""

    listeners: dict[str, Listener] = field(default_factory=dict)

    def app(self) -> Starlette:
        """Return the application to serve."""
        return Starlette(routes=[Route("/{name}/{path:path}", self._connect, methods=["POST"])])

    async def _connect(self, request: Request) -> Response:
        listener = self.listeners.get(request.path_params["name"])
        return await listener.hear(request) if listener else Response(status_code=410)
