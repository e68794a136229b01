"""A Redis client that fails fast: Redis makes things faster, never later."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_SECONDS = 0.5


@asynccontextmanager
async def open_redis(url: SecretStr, *, client_name: str) -> AsyncIterator[Redis]:
    """A pooled client, closed at the end of the block; connects on first use.

    Answers are `str`. A connect or a command that takes longer than half a second raises
    `redis.exceptions.TimeoutError`; nothing is retried, except once over a fresh connection when
    the pooled one turns out to be dead.
    """
    client = Redis.from_url(
        url.get_secret_value(),
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
