"""Exchanges and queues as the broker has them."""

import re

import aio_pika
import pytest
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.messaging import open_messaging, topology
from julia_common.secrets import RotatingSecret


async def test_declaring_twice_changes_nothing(rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await topology.declare(channel)
        await channel.default_exchange.publish(aio_pika.Message(b"x"), topology.Queue.BRAIN_INBOUND)

        await topology.declare(channel)

        queue = await channel.declare_queue(topology.Queue.BRAIN_INBOUND, passive=True)
        assert queue.declaration_result.message_count == 1


@pytest.mark.parametrize("spec", [s for s in topology.QUEUES if s.consumed], ids=str)
async def test_a_rejected_message_lands_in_the_dead_queue(
    rabbitmq_url: str, spec: topology.QueueSpec
) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await topology.declare(channel)
        exchange = await channel.get_exchange(topology.EXCHANGE)
        await exchange.publish(aio_pika.Message(b"x"), spec.binds[0])
        delivery = await (await channel.get_queue(spec.name)).get()
        await delivery.reject(requeue=False)

        grave = await channel.get_queue(topology.dead_queue(spec.name))
        async with grave.iterator(timeout=20) as graves:
            dead = await anext(graves)
            assert dead.body == b"x"
            await dead.ack()


async def test_a_contradicting_queue_is_named_with_the_way_out(rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(topology.Queue.BRAIN_INBOUND, durable=True)

        with pytest.raises(Permanent, match=r"brain\.inbound.*drain and delete"):
            await topology.declare(channel)


async def test_a_publisher_before_a_contradicting_queue_says_try_later(rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(topology.Queue.BRAIN_INBOUND, durable=True)
        async with open_messaging(SecretStr(rabbitmq_url), "julia-test") as messaging:
            with pytest.raises(Retryable, match=r"brain\.inbound"):
                await messaging.check()


async def test_while_the_url_is_rotated_the_other_password_is_tried(rabbitmq_url: str) -> None:
    url = RotatingSecret(rabbitmq_url)
    url.take(re.sub(r":[^:@/]+@", ":another-password@", rabbitmq_url))
    async with open_messaging(url, "julia-test") as messaging:
        await messaging.check()

    assert url.is_refused
