"""One attempt per call, never retried here: the callers know what a repetition costs."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.evolution.model import (
    ConnectionState,
    NotSent,
    Presence,
    SendOutcome,
    Sent,
    StoredMessage,
    Uncertain,
)

PAGE_SIZE = 50
MAX_PAGES = 400


class EvolutionClient:
    """Evolution API 2.3.7 over HTTP."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """`http` has the base URL, the `apikey` header and the timeout; see `open_evolution`."""
        self._http = http

    async def send_text(self, instance: str, number: str, text: str) -> SendOutcome:
        """Send a text, once. Never raises for what Evolution or the network does.

        `number` is digits with country code or a JID. `delay` is never used: it holds the call
        open, and an answer that is late is an answer that is uncertain.
        """
        raise NotImplementedError

    async def send_presence(
        self, instance: str, number: str, presence: Presence, *, hold_seconds: float
    ) -> None:
        """Show a presence ("composing") for `hold_seconds`; Evolution answers when it is over.

        Best effort: run it beside the real work. Raises `Retryable` or `Permanent`.
        """
        raise NotImplementedError

    async def mark_read(self, instance: str, remote_jid: str, key_ids: Sequence[str]) -> None:
        """Mark a doctor's messages as read; best effort, errors as in `send_presence`.

        Chats that are LIDs are skipped silently by Evolution.
        """
        raise NotImplementedError

    async def find_messages(
        self, instance: str, gte: datetime, lte: datetime, *, from_me: bool | None = None
    ) -> list[StoredMessage]:
        """All stored messages between the two times, oldest first; `from_me` keeps one side.

        Raises `Retryable` when Evolution is away or answers nonsense, `Permanent` for an unknown
        instance or key.
        """
        raise NotImplementedError

    async def connection_state(self, instance: str) -> ConnectionState:
        """The state of the instance's connection to WhatsApp; errors as in `find_messages`."""
        raise NotImplementedError


@asynccontextmanager
async def open_evolution(
    base_url: str, api_key: SecretStr, *, timeout_seconds: float = 10
) -> AsyncIterator[EvolutionClient]:
    """A client on a connection pool, closed at the end of the block."""
    async with httpx.AsyncClient(
        base_url=base_url,
        headers={"apikey": api_key.get_secret_value()},
        timeout=timeout_seconds,
        follow_redirects=False,
        trust_env=False,
    ) as http:
        yield EvolutionClient(http)
