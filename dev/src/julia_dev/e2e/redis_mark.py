"""A word in Redis, by which is seen whether it was restored."""

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import redis.asyncio

from julia_dev.e2e.cluster import Cluster
from julia_dev.e2e.install import NAME

_REDIS, _PORT = f"{NAME}-redis", 6379
_KEY: Final = "e2e:marca"


async def leave(cluster: Cluster, word: str) -> None:
    """Put the word in the place of the one before."""
    async with _redis(cluster) as client:
        await client.set(_KEY, word)


async def found(cluster: Cluster) -> str | None:
    """Return the word that is there."""
    async with _redis(cluster) as client:
        word = await client.get(_KEY)
        return None if word is None else str(word)


@asynccontextmanager
async def _redis(cluster: Cluster) -> AsyncIterator["redis.asyncio.Redis"]:
    host, _, port = (await cluster.address(_REDIS, _PORT)).partition(":")
    secret = await cluster.kubectl.get("secret", _REDIS)
    async with redis.asyncio.Redis(
        host=host,
        port=int(port),
        password=b64decode(secret["data"]["password"]).decode(),
        decode_responses=True,
    ) as client:
        yield client
