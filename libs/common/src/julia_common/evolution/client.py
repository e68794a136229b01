"""One attempt per call, never retried here: the callers know what a repetition costs.

(Only a refused key is replaced and shown again while it is being rotated.)
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any, cast, get_args
from urllib.parse import quote

import httpx
from prometheus_client import Histogram
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.evolution.answers import media, outcome_of_send, says_no_media, stored_message
from julia_common.evolution.model import (
    ConnectionState,
    File,
    Media,
    NotSent,
    Presence,
    SendOutcome,
    StoredMessage,
    Uncertain,
)
from julia_common.resilience.breaker import CircuitBreaker
from julia_common.secrets import SecretHeader
from julia_common.telemetry import tracing

PAGE_SIZE = 50
CONNECT_TIMEOUT_SECONDS = 2.0
KEEPALIVE_SECONDS = 2.0
"""Shorter than the 5 s of Evolution's Node server: a request on a connection that the server is
just closing would be an uncertain send."""

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""No connection was there, so no byte of the request was written."""

_FIRST_ERROR = 400

_WRONG_CALL = {
    401: "Evolution refuses EVOLUTION_API_KEY",
    404: "Evolution does not know the instance",
}

_ENVELOPE_BYTES = 64 * 1024
"""Of the JSON around a file: its caption and names."""

_STATUS = "http.response.status_code"

_log = logging.getLogger(__name__)

_SECONDS = Histogram(
    "julia_evolution_request_seconds",
    "Seconds per request to Evolution",
    ["operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class EvolutionClient:
    """Evolution API 2.3.7 over HTTP."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        timeout_seconds: float,
        circuit: CircuitBreaker | None = None,
    ) -> None:
        """`http` has the base URL and sends the key; see `open_evolution`."""
        self._http = http
        self._timeout = timeout_seconds
        self._circuit = circuit

    async def send_text(
        self,
        instance: str,
        number: str,
        text: str,
        *,
        start_within_seconds: float = CONNECT_TIMEOUT_SECONDS,
    ) -> SendOutcome:
        """Send a text, once. Never raises for what Evolution or the network does.

        `number` is digits with country code or a JID. The whole call takes `timeout_seconds` at
        most. The request is written within `start_within_seconds` or never: that is checked once
        the connection stands, before the first byte. Evolution's `delay` is never used: it holds
        the call open, and an answer that comes late is a send that is uncertain.
        """
        body = {"number": number, "text": text}
        return await self._send("sendText", instance, body, start_within_seconds)

    async def send_media(
        self,
        instance: str,
        number: str,
        file: File,
        caption: str,
        *,
        start_within_seconds: float = CONNECT_TIMEOUT_SECONDS,
    ) -> SendOutcome:
        """Send a file with a caption (empty: none), once; as `send_text` in all else.

        Uploading it is part of the `timeout_seconds`.
        """
        body = {
            "number": number,
            "mediatype": file.kind,
            "mimetype": file.mimetype,
            "fileName": file.name,
            "media": file.base64,
        }
        if caption:
            body["caption"] = caption
        return await self._send("sendMedia", instance, body, start_within_seconds)

    async def _send(
        self,
        operation: str,
        instance: str,
        body: Mapping[str, str],
        start_within_seconds: float,
    ) -> SendOutcome:
        start = max(0.001, min(start_within_seconds, CONNECT_TIMEOUT_SECONDS))
        try:
            with _measured(f"message/{operation}") as span:
                async with asyncio.timeout(self._timeout):
                    response = await self._http.post(
                        _path(f"message/{operation}", instance),
                        json=body,
                        timeout=httpx.Timeout(self._timeout, connect=start, pool=start),
                        extensions={"trace": _only_until(time.monotonic() + start_within_seconds)},
                    )
                span.tell({_STATUS: response.status_code})
        except _TooLate:
            return NotSent(permanent=False, reason="no connection in time", unreachable=True)
        except _NEVER_LEFT as error:
            reason = f"no connection: {type(error).__name__}"
            return NotSent(permanent=False, reason=reason, unreachable=True)
        except (TimeoutError, httpx.TimeoutException):
            return Uncertain(f"no answer within {self._timeout:g} s", unreachable=True)
        except httpx.HTTPError as error:
            reason = f"the answer was lost: {type(error).__name__}"
            return Uncertain(reason, unreachable=True)
        return outcome_of_send(response.status_code, _json(response))

    async def send_presence(
        self, instance: str, number: str, presence: Presence, *, hold_seconds: float
    ) -> None:
        """Show a presence ("composing") for `hold_seconds`; Evolution answers when it is over.

        Best effort: run it beside the real work. Raises `Retryable` or `Permanent`.
        """
        await self._call(
            "POST",
            "chat/sendPresence",
            instance,
            {"number": number, "presence": presence, "delay": round(hold_seconds * 1000)},
            timeout_seconds=self._timeout + hold_seconds,
        )

    async def mark_read(self, instance: str, remote_jid: str, key_ids: Sequence[str]) -> None:
        """Mark a doctor's messages as read; best effort, errors as in `send_presence`.

        Chats that are LIDs are skipped silently by Evolution.
        """
        read = [{"id": key_id, "fromMe": False, "remoteJid": remote_jid} for key_id in key_ids]
        await self._call("POST", "chat/markMessageAsRead", instance, {"readMessages": read})

    async def find_messages(
        self, instance: str, gte: datetime, lte: datetime, *, from_me: bool | None = None
    ) -> list[StoredMessage]:
        """All stored messages between the two times, oldest first; `from_me` keeps one side.

        The times are compared in whole seconds. Raises `Retryable` when Evolution is away or
        answers nonsense, `Permanent` for an unknown instance or a refused key.
        """
        # Without both bounds Evolution ignores the filter; `fromMe: false` it ignores always.
        where: dict[str, Any] = {"messageTimestamp": {"gte": _iso(gte), "lte": _iso(lte)}}
        if from_me:
            where["key"] = {"fromMe": True}
        found: dict[tuple[str, str, bool], StoredMessage] = {}
        page, pages = 1, 1
        while page <= pages:
            body = {"where": where, "page": page, "offset": PAGE_SIZE}
            answer = await self._call("POST", "chat/findMessages", instance, body)
            records, pages = _page(answer)
            for message in map(stored_message, records):
                if message is None:
                    _log.warning("a stored message without key or time was left out")
                elif from_me is None or message.from_me is from_me:
                    # Newest first: what arrives meanwhile shifts records to the next page.
                    found[message.key_id, message.remote_jid, message.from_me] = message
            page += 1
        return sorted(found.values(), key=lambda message: message.at)

    async def find_message(self, instance: str, key_id: str) -> StoredMessage | None:
        """The stored message with this id, or None; errors as in `find_messages`."""
        body = {"where": {"key": {"id": key_id}}, "page": 1, "offset": PAGE_SIZE}
        answer = await self._call("POST", "chat/findMessages", instance, body)
        found = filter(None, map(stored_message, _page(answer)[0]))
        return next((message for message in found if message.key_id == key_id), None)

    async def media(self, instance: str, key_id: str, *, max_bytes: int, within_s: float) -> Media:
        """Fetch the bytes of a message's attachment, which Evolution gets from WhatsApp first.

        Never reads more than `max_bytes` of it, whatever was announced. Raises `Retryable` when
        Evolution or WhatsApp is away, `Permanent` when there is nothing to fetch, it is larger, or
        the instance or the key is wrong.
        """
        operation = "chat/getBase64FromMediaMessage"
        body = {"message": {"key": {"id": key_id}}}
        limit = max_bytes * 4 // 3 + _ENVELOPE_BYTES  # base64 is a third longer
        raw = bytearray()
        try:
            with _measured(operation) as span:
                async with (
                    asyncio.timeout(within_s),
                    self._http.stream(
                        "POST",
                        _path(operation, instance),
                        json=body,
                        timeout=httpx.Timeout(within_s, connect=CONNECT_TIMEOUT_SECONDS),
                    ) as response,
                ):
                    span.tell({_STATUS: response.status_code})
                    async for chunk in response.aiter_bytes():
                        raw += chunk
                        if len(raw) > limit:
                            message = f"{operation}: the file is larger than {max_bytes} bytes"
                            raise Permanent(message)
        except (TimeoutError, httpx.HTTPError) as error:
            message = f"Evolution did not answer {operation}: {type(error).__name__}"
            raise Retryable(message) from error
        return _media(operation, response.status_code, bytes(raw), max_bytes)

    async def connection_state(self, instance: str) -> ConnectionState:
        """The state of the instance's connection to WhatsApp; errors as in `find_messages`."""
        answer = await self._call("GET", "instance/connectionState", instance)
        inner = answer.get("instance")
        state = inner.get("state") if isinstance(inner, Mapping) else None
        if state not in get_args(ConnectionState.__value__):
            message = "Evolution names no known connection state"
            raise Retryable(message)
        return cast("ConnectionState", state)

    async def _call(
        self,
        method: str,
        operation: str,
        instance: str,
        body: Mapping[str, Any] | None = None,
        *,
        timeout_seconds: float | None = None,
    ) -> Mapping[str, Any]:
        if self._circuit is not None:
            self._circuit.refuse_while_open()
        seconds = timeout_seconds or self._timeout
        try:
            with _measured(operation, method) as span:
                async with asyncio.timeout(seconds):
                    response = await self._http.request(
                        method,
                        _path(operation, instance),
                        json=body,
                        timeout=httpx.Timeout(seconds, connect=CONNECT_TIMEOUT_SECONDS),
                    )
                span.tell({_STATUS: response.status_code})
        except (TimeoutError, httpx.HTTPError) as error:
            message = f"Evolution did not answer {operation}: {type(error).__name__}"
            raise Retryable(message) from error
        status = response.status_code
        if status in _WRONG_CALL:
            message = f"{operation}: {_WRONG_CALL[status]} (HTTP {status})"
            raise Permanent(message)
        answer = _json(response)
        if not response.is_success or not isinstance(answer, Mapping):
            message = f"Evolution answered {operation} with HTTP {status}, which is of no use"
            raise Retryable(message)
        return answer


@asynccontextmanager
async def open_evolution(
    base_url: str,
    api_key: SecretStr,
    *,
    timeout_seconds: float = 10,
    circuit: CircuitBreaker | None = None,
) -> AsyncIterator[EvolutionClient]:
    """A client on a connection pool, closed at the end of the block.

    Each request brings the key's value at that time. Refused with it, it is made once more with the
    other value of a rotation, if there is one: what is refused was not done.

    While `circuit` is open questions are not asked (`CircuitOpen`, a `Retryable`). Sends and files
    are guarded by their callers, who know which of their outcomes say something about Evolution.
    """
    async with httpx.AsyncClient(
        base_url=base_url,
        auth=SecretHeader(api_key, "apikey"),
        timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
        # No limit: a call that is given up while it waits for a connection can keep one for ever
        # (https://github.com/encode/httpcore/issues/1093), and callers limit themselves.
        limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_SECONDS),
        follow_redirects=False,
        trust_env=False,  # Evolution is a neighbour: never through a proxy
    ) as http:
        yield EvolutionClient(http, timeout_seconds=timeout_seconds, circuit=circuit)


class _TooLate(Exception):
    """The moment for starting the request has passed."""


@contextmanager
def _measured(operation: str, method: str = "POST") -> Iterator[tracing.Span]:
    attributes: dict[str, tracing.Attribute | None] = {
        "http.request.method": method,
        "url.template": f"/{operation}/{{instance}}",
        "peer.service": "evolution",
    }
    with (
        _SECONDS.labels(operation.rpartition("/")[2]).time(),
        tracing.call(f"{method} /{operation}/{{instance}}", attributes) as span,
    ):
        yield span


def _media(operation: str, status: int, raw: bytes, max_bytes: int) -> Media:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if status in _WRONG_CALL:
        message = f"{operation}: {_WRONG_CALL[status]} (HTTP {status})"
        raise Permanent(message)
    if says_no_media(status, answer):
        message = f"{operation}: Evolution has no file for this message (HTTP {status})"
        raise Permanent(message)
    found = media(answer) if status < _FIRST_ERROR else None
    if found is None:
        message = f"Evolution answered {operation} with HTTP {status}, which is of no use"
        raise Retryable(message)
    if len(found.data) > max_bytes:
        message = f"{operation}: the file is larger than {max_bytes} bytes"
        raise Permanent(message)
    return found


def _only_until(deadline: float) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Make a trace (httpcore's hook) that stops a request which did not start by `deadline`."""

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started") and time.monotonic() >= deadline:
            raise _TooLate

    return trace


def _path(operation: str, instance: str) -> str:
    return f"/{operation}/{quote(instance, safe='')}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _page(answer: Mapping[str, Any]) -> tuple[list[Any], int]:
    messages = answer.get("messages")
    if isinstance(messages, Mapping):
        records, pages = messages.get("records"), messages.get("pages")
        if isinstance(records, list) and isinstance(pages, int):
            return records, pages
    message = "Evolution answered findMessages in an unknown shape"
    raise Retryable(message)
