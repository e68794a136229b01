"""The servers that tests get are real, usable and each test's own."""

import aio_pika
import asyncpg
import redis.asyncio as redis


async def test_rabbitmq_gives_an_empty_vhost(rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            "probe", durable=True, arguments={"x-queue-type": "quorum"}
        )
        await channel.default_exchange.publish(aio_pika.Message(b"oi"), "probe")
        message = await queue.get(timeout=10)
        assert message.body == b"oi"


async def test_redis_is_empty_for_each_test(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("probe", "1")


async def test_redis_is_empty_again(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0


async def test_the_database_has_supabase_roles_and_the_migrations(pg_dsn: str) -> None:
    connection = await asyncpg.connect(pg_dsn)
    try:
        bypasses = await connection.fetchval(
            "select rolbypassrls from pg_roles where rolname = 'service_role'"
        )
        applied = await connection.fetchval(
            "select count(*) from supabase_migrations.schema_migrations"
        )
    finally:
        await connection.close()
    assert bypasses is True
    assert applied > 0
