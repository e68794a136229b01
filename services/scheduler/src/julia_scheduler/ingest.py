"""API Julia, as Evolution sees it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpx
from pydantic import JsonValue, SecretStr

from julia_common.errors import Retryable
from julia_common.secrets import SecretHeader

_TIMEOUT_SECONDS: Final = 15


class Ingest:
    """Delivers webhooks as Evolution does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Use `open_ingest`."""
        self._http = http

    async def deliver(self, body: Mapping[str, JsonValue]) -> None:
        """Return when the webhook was accepted.

        Raises `Retryable` when it was not, or when it is not known: another may be, and what
        doubles by that is recognised.
        """
        try:
            response = await self._http.post("/webhook/evolution", json=body)
        except httpx.HTTPError as error:
            message = (
                f"API Julia could not be reached ({type(error).__name__}); check JULIA_API_URL and "
                "whether ingest is up"
            )
            raise Retryable(message) from error
        if not response.is_success:
            message = (
                f"API Julia answered HTTP {response.status_code} to a webhook; with 401 check "
                "EVOLUTION_WEBHOOK_SECRET, with 503 the broker"
            )
            raise Retryable(message)


@asynccontextmanager
async def open_ingest(base_url: str, secret: SecretStr) -> AsyncIterator[Ingest]:
    """A client on a connection of its own, closed at the end of the block.

    The secret reaches ingest and this process at different times when it is rotated: refused with
    one value, a webhook is delivered with the other.
    """
    async with httpx.AsyncClient(
        base_url=base_url,
        auth=SecretHeader(secret, "x-webhook-secret"),
        headers={"x-julia-probe": "1"},  # refused, no webhook of Evolution's is lost
        timeout=_TIMEOUT_SECONDS,
        trust_env=False,  # a neighbour: never through a proxy
    ) as http:
        yield Ingest(http)
