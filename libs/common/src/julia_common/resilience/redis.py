"""A Redis client that fails fast: Redis makes things faster, never later."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider

TIMEOUT_SECONDS = 0.5


class _Credentials(CredentialProvider):
    """Those that the URL has now, for every connection that is opened."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        parts = urlsplit(self._url.get_secret_value())
        password = unquote(parts.password or "")
        return (unquote(parts.username), password) if parts.username else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@asynccontextmanager
async def open_redis(url: SecretStr, *, client_name: str) -> AsyncIterator[Redis]:
    """A pooled client, closed at the end of the block; connects on first use.

    A new connection brings the user and password that the URL has by then; the rest of the URL
    counts once, here.

    Answers are `str`. A connect or a command that takes longer than half a second raises
    `redis.exceptions.TimeoutError`; nothing is retried, except once over a fresh connection when
    the pooled one turns out to be dead.
    """
    protected = urlsplit(url.get_secret_value()).password is not None
    client = Redis.from_url(
        _without_credentials(url.get_secret_value()),
        credential_provider=_Credentials(url) if protected else None,
        client_name=client_name,
        decode_responses=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 1),
    )
    try:
        yield client
    finally:
        await client.aclose()
