"""Answers to what somebody asked for in Slack, by the `response_url` that came with it.

It takes five answers within half an hour. One attempt per call: whoever keeps the answer knows when
to try again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from julia_common.errors import Permanent, Retryable
from julia_common.slack.blocks import Context, SlackMessage
from julia_common.slack.client import TIMEOUT_SECONDS, judge_passing
from julia_common.slack.mrkdwn import escape
from julia_common.telemetry import tracing

SLACK_ORIGIN: Final = "https://hooks.slack.com"

_SPAN: Final[dict[str, tracing.Attribute | None]] = {
    "http.request.method": "POST",
    # Never the address: who has it may answer.
    "url.template": "{response_url}",
    "peer.service": "slack",
}
_OF_ANSWERS: Final = ("response_type", "replace_original")
_TAKEN: Final = ("ok", '{"ok":true}')


@dataclass(frozen=True, slots=True)
class SlackAnswer:
    """A message as an answer.

    `everybody`: the channel sees it, not only who asked. `replace`: it takes the place of the
    message whose button was pressed.
    """

    message: SlackMessage
    everybody: bool = False
    replace: bool = False

    def payload(self) -> dict[str, Any]:
        """The body of the request."""
        return {
            **self.message.payload(),
            "response_type": "in_channel" if self.everybody else "ephemeral",
            "replace_original": self.replace,
        }


@dataclass(frozen=True, slots=True)
class Drawn:
    """A payload that was made before, to be posted as it is."""

    body: dict[str, Any]

    @classmethod
    def to_channel(cls, answer: Mapping[str, Any], *, mention: str) -> Self:
        """An answer for the channel's webhook, which has no one whom to answer: it names them."""
        kept = {name: value for name, value in answer.items() if name not in _OF_ANSWERS}
        named = Context((f"<@{escape(mention)}>",)).as_json()
        text = f"<@{escape(mention)}> {kept.get('text', '')}"
        return cls({**kept, "text": text, "blocks": [named, *kept.get("blocks", ())]})

    def payload(self) -> dict[str, Any]:
        """The body of the request."""
        return self.body


class SlackResponses:
    """Posts to addresses of one origin only: whatever else a request names is none of Slack's."""

    def __init__(self, http: httpx.AsyncClient, origin: str) -> None:
        """Post to addresses of `origin` (`https://hooks.slack.com`)."""
        self._http = http
        self._origin = _origin(origin)

    async def answer(self, url: str, payload: dict[str, Any]) -> None:
        """Post an answer's payload once.

        Raises `Retryable` when Slack is away, slow or asks us to wait (the answer may be there all
        the same), `Permanent` when this address takes no answer any more.
        """
        if _origin(url) != self._origin:
            message = f"an answer is asked for at an address that is not of {self._origin}"
            raise Permanent(message)
        with tracing.call("POST {response_url}", _SPAN) as span:
            await self._answer(url, payload, span)

    async def _answer(self, url: str, payload: dict[str, Any], span: tracing.Span) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                response = await self._http.post(url, json=payload)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            # `from None`: the request in the error has the address, which is a capability.
            kind = type(error).__name__
            raise Retryable(f"Slack did not take the answer ({kind})") from None
        span.tell({"http.response.status_code": response.status_code})
        if response.status_code == HTTPStatus.OK:
            if "".join(response.text.split()) in _TAKEN:
                return
            raise Retryable("Slack did not take the answer (HTTP 200, no `ok`)")
        raise Permanent(f"Slack refuses the answer ({judge_passing(response)})")


@asynccontextmanager
async def open_responses(origin: str = SLACK_ORIGIN) -> AsyncIterator[SlackResponses]:
    """On a connection pool, closed at the end of the block."""
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as http:
        yield SlackResponses(http, origin)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
