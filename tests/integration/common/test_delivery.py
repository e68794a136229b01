"""What a delivery says of itself when the broker has it back."""

import aio_pika

from julia_common.messaging.delivery import is_gone


async def test_a_delivery_is_gone_once_its_channel_is_closed(rabbitmq_url: str) -> None:
    connection = await aio_pika.connect(rabbitmq_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("deliveries", durable=True)
        await channel.default_exchange.publish(aio_pika.Message(b"{}"), "deliveries")
        delivery = await queue.get(timeout=10)
        assert not is_gone(delivery)

        await channel.close()

        assert is_gone(delivery)
