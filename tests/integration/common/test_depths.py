"""How long the queues are, as a real broker tells it."""

import asyncio
from collections.abc import Callable

import aio_pika
import pytest
from pydantic import SecretStr

from julia_common.contracts.messages import Message, MessageReceived
from julia_common.errors import Retryable
from julia_common.messaging import Messaging, open_messaging, topology


async def test_every_queue_tells_what_waits_and_who_takes_it(
    messaging: Messaging, rabbitmq_url: str, received: Callable[[str], MessageReceived]
) -> None:
    for n in range(3):
        await messaging.publisher.publish(received(f"K{n}"))
    before = {queue.name: queue for queue in await messaging.depths()}

    async def take(_: Message) -> None:
        """Handled."""

    stop = asyncio.Event()
    consumer = messaging.consumer(topology.Queue.BRAIN_INBOUND, take)
    consuming = asyncio.create_task(consumer.run(stop))
    async with asyncio.timeout(30):
        while (after := {q.name: q for q in await messaging.depths()})["brain.inbound"].ready:
            await asyncio.sleep(0.1)
    stop.set()
    await consuming

    assert (before["brain.inbound"].ready, before["brain.inbound"].consumers) == (3, 0)
    assert after["brain.inbound"].consumers == 1
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        for name in before:
            await channel.declare_queue(name, passive=True)
    consumed = {spec.name.value for spec in topology.QUEUES if spec.consumed}
    assert len(before) == len(consumed) * (2 + len(topology.RETRY_DELAYS_SECONDS)) + 1
    assert {name for name, queue in before.items() if queue.is_consumed} == consumed


async def test_a_broker_that_is_away_is_a_passing_trouble() -> None:
    async with open_messaging(SecretStr("amqp://guest:guest@127.0.0.1:1/"), "julia-test") as away:
        with pytest.raises(Retryable, match="cannot be reached"):
            await away.depths()
