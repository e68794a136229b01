"""One attempt per message, never retried here: whoever keeps the message knows when to try again.

Slack gives no id and knows no idempotency: a message whose answer was lost may be posted twice.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, Protocol

import httpx
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.resilience.clock import Clock, SystemClock
from julia_common.secrets import with_secret
from julia_common.telemetry import tracing

TIMEOUT_SECONDS: Final = 10.0
SECONDS_BETWEEN_MESSAGES: Final = 1.0
"""Slack's limit for one channel."""

_OK: Final = "ok"
_SPAN: Final[dict[str, tracing.Attribute | None]] = {
    "http.request.method": "POST",
    # Never the address: it is a secret.
    "url.template": "/services/{webhook}",
    "peer.service": "slack",
}
_REASON: Final = re.compile(r"[a-z_]{1,60}")
_MESSAGE_IS_WRONG: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_DEFAULT_RETRY_AFTER: Final = 1.0


class WebhookRefused(Permanent):
    """Slack refuses the webhook itself: no message will pass until somebody sets another one."""


class Postable(Protocol):
    """See `SlackMessage`."""

    def payload(self) -> dict[str, Any]:
        """The body of the request."""
        ...


class SlackWebhook:
    """The channel of one incoming webhook."""

    def __init__(self, http: httpx.AsyncClient, url: SecretStr, clock: Clock) -> None:
        """Post to `url`, which is a secret; see `open_slack`."""
        self._http = http
        self._url = url
        self._clock = clock
        self._turn = asyncio.Lock()
        self._free_at = clock.monotonic()

    async def post(self, message: Postable) -> None:
        """Post once, a second after the message before it at the earliest.

        Raises `Retryable` when Slack is away, slow or asks us to wait (`retry_after`; the message
        may have been posted unless Slack said 429), `Permanent` when it refuses this message, and
        `WebhookRefused` when it refuses whatever is sent by this webhook (while that is being
        rotated: by both).
        """
        async with self._turn:
            wait = self._free_at - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
            try:
                await with_secret(
                    self._url,
                    lambda url: self._post(url, message),
                    is_refusal=lambda error: isinstance(error, WebhookRefused),
                )
            finally:
                self._free_at = self._clock.monotonic() + SECONDS_BETWEEN_MESSAGES

    async def _post(self, url: str, message: Postable) -> None:
        _judge(await self._send(url, message))

    async def _send(self, url: str, message: Postable) -> httpx.Response:
        with tracing.call("POST /services/{webhook}", _SPAN) as span:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    response = await self._http.post(url, json=message.payload())
            except (TimeoutError, httpx.HTTPError) as error:
                # `from None`: the request in the error has the secret address.
                kind = type(error).__name__
                raise Retryable(f"Slack did not answer the webhook ({kind})") from None
            span.tell({"http.response.status_code": response.status_code})
            return response


@asynccontextmanager
async def open_slack(url: SecretStr, *, clock: Clock | None = None) -> AsyncIterator[SlackWebhook]:
    """The webhook on a connection pool, closed at the end of the block.

    Raises `WebhookRefused`, `Permanent` or `Retryable` only when something is posted.
    """
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as http:
        yield SlackWebhook(http, url, clock or SystemClock())


def _judge(response: httpx.Response) -> None:
    if response.status_code == HTTPStatus.OK and response.text.strip() == _OK:
        return
    what = judge_passing(response)
    if response.status_code in _MESSAGE_IS_WRONG:
        raise Permanent(f"Slack refused a message of ours ({what})")
    raise WebhookRefused(
        f"Slack refuses the webhook ({what}): make an incoming webhook for the managers' channel "
        "and set SLACK_WEBHOOK_URL to it"
    )


def judge_passing(response: httpx.Response) -> str:
    """Raise `Retryable` for an answer that may be another one later; else say what it was."""
    status = response.status_code
    said = response.text.strip()
    reason = said if _REASON.fullmatch(said) else "no reason that Slack is known to give"
    what = f"HTTP {status}, {reason}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Retryable(f"Slack asks for patience ({what})", retry_after=_retry_after(response))
    if status == HTTPStatus.OK or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Retryable(f"Slack did not take the message ({what})")
    return what


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return _DEFAULT_RETRY_AFTER
