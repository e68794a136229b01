"""Reading request bodies from senders that may be slow, endless or out to fill the memory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from starlette.requests import Request

MAX_BYTES = 16 * 1024 * 1024
"""WhatsApp's media come inside the JSON where `base64` is switched on; this is also the largest
message that RabbitMQ 4 takes."""

MAX_BUFFERED_BYTES = 96 * 1024 * 1024
"""Of all requests together; a body costs several times its size while it is read."""

READ_SECONDS = 10
"""Evolution gives up after 30; what follows takes at most `http.PUBLISH_SECONDS`."""


class BodyError(Exception):
    """The body is not taken; the text is what to tell the sender, `status` the HTTP status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Buffers:
    """Counts the bytes that all requests hold, and refuses more than the limit."""

    def __init__(self, limit: int = MAX_BUFFERED_BYTES) -> None:
        self._free = limit

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Lend a request its share, and take it back at the end of the block."""
        share = Share(self)
        try:
            yield share
        finally:
            self._free += share.held

    def take(self, size: int) -> None:
        """Count `size` bytes; raises `BodyError` 503 when there is no room for them."""
        if size > self._free:
            raise BodyError(
                HTTPStatus.SERVICE_UNAVAILABLE, "too many large bodies at once: deliver again later"
            )
        self._free -= size


class Share:
    """What one request holds of the buffers."""

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        self.held = 0

    def take(self, size: int) -> None:
        """Hold `size` bytes more; errors as in `Buffers.take`."""
        self._buffers.take(size)
        self.held += size


async def read_body(request: Request[Any], share: Share, *, limit: int = MAX_BYTES) -> bytes:
    """Read the whole body. Raises `BodyError` when it is compressed, too large or too slow."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise BodyError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not taken: send it plain"
        )
    if _declared_length(request) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                share.take(len(chunk))
                if share.held > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
    except TimeoutError:
        message = f"the body did not arrive within {READ_SECONDS} s"
        raise BodyError(HTTPStatus.REQUEST_TIMEOUT, message) from None
    return b"".join(chunks)


def _declared_length(request: Request[Any]) -> int:
    # h11 has already refused what is not a number.
    return int(request.headers.get("content-length", "0"))


def _too_large(limit: int) -> BodyError:
    message = f"the body is larger than {limit} bytes: switch the webhook's base64 off"
    return BodyError(HTTPStatus.CONTENT_TOO_LARGE, message)
