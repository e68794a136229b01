"""Redis answers at once or not at all."""

import asyncio
import uuid

import pytest
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from julia_common.resilience.redis import open_redis
from julia_common.secrets import RotatingSecret


async def test_answers_are_text(redis_url: str) -> None:
    async with open_redis(SecretStr(redis_url), client_name="julia-test") as redis:
        await redis.set("rate:global:hour", 3)

        assert await redis.get("rate:global:hour") == "3"
        assert await redis.client_getname() == "julia-test"


async def test_a_redis_that_is_away_fails() -> None:
    async with open_redis(SecretStr("redis://127.0.0.1:1/0"), client_name="julia-test") as redis:
        with pytest.raises(RedisConnectionError):
            await redis.get("x")


async def test_a_redis_that_hangs_fails() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        open_redis(SecretStr(f"redis://127.0.0.1:{port}/0"), client_name="t") as redis,
    ):
        with pytest.raises(RedisTimeoutError):
            async with asyncio.timeout(20):
                await redis.get("x")


async def test_a_connection_that_died_while_idle_is_replaced(redis_url: str) -> None:
    async with (
        open_redis(SecretStr(redis_url), client_name="victim") as victim,
        open_redis(SecretStr(redis_url), client_name="killer") as killer,
    ):
        await victim.set("x", "1")
        await killer.client_kill_filter(_id=str(await victim.client_id()))

        assert await victim.get("x") == "1"


async def test_a_new_connection_brings_the_password_that_the_url_has_by_then(
    redis_url: str,
) -> None:
    user = f"u{uuid.uuid4().hex}"
    place = redis_url.removeprefix("redis://")
    url = RotatingSecret(f"redis://{user}:before%2F@{place}")
    async with (
        open_redis(SecretStr(redis_url), client_name="admin") as admin,
        open_redis(url, client_name="julia-test") as redis,
    ):
        await admin.acl_setuser(
            user, enabled=True, passwords=["+before/"], commands=["+@all"], keys=["*"]
        )
        assert await redis.ping()

        url.take(f"redis://{user}:after@{place}")
        await admin.acl_setuser(user, enabled=True, passwords=["+after", "-before/"])
        await admin.client_kill_filter(user=user)
        assert await redis.ping()
        await admin.acl_deluser(user)
