"""What a consumer promises, on a real broker."""

import asyncio
from collections import Counter
from collections.abc import Callable

import aio_pika
import pytest
from pydantic import SecretStr

from julia_common.contracts.messages import Message, MessageReceived
from julia_common.errors import Permanent, Refused, Retryable
from julia_common.messaging import Consumer, Messaging, RetryPolicy, open_messaging
from julia_common.messaging.topology import Queue, dead_queue, retry_queue

Received = Callable[[str], MessageReceived]

IMPATIENT = RetryPolicy(in_place_seconds=(0.01,))


class Seen:
    """A handler that remembers, and fails as told."""

    def __init__(self, failures: dict[str, list[Exception]] | None = None) -> None:
        self.keys: Counter[str] = Counter()
        self._failures = failures or {}

    async def __call__(self, message: Message) -> None:
        assert isinstance(message, MessageReceived)
        self.keys[message.key_id] += 1
        if self._failures.get(message.key_id):
            raise self._failures[message.key_id].pop(0)


async def empty(broker, queue: str) -> bool:
    return await broker.depth(queue) == 0


async def test_a_handled_message_is_gone(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen()
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen)):
        await messaging.publisher.publish(received("A1"))
        await eventually(lambda: seen.keys["A1"] == 1)

    assert await empty(broker, Queue.BRAIN_INBOUND)


async def test_a_consumer_is_ready_only_while_subscribed(
    messaging: Messaging, broker, running, eventually
) -> None:
    consumer = messaging.consumer(Queue.BRAIN_INBOUND, Seen())
    with pytest.raises(Retryable, match="not subscribed"):
        await consumer.check()

    async with running(consumer):
        await eventually(lambda: consumer._subscribed)
        await consumer.check()

    with pytest.raises(Retryable):
        await consumer.check()


async def test_a_retryable_failure_is_tried_again_in_place(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen({"A1": [Retryable("away"), TimeoutError()]})
    policy = RetryPolicy(in_place_seconds=(0.01, 0.01))
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, policy=policy)):
        await messaging.publisher.publish(received("A1"))
        await eventually(lambda: seen.keys["A1"] == 3)

    assert await empty(broker, Queue.BRAIN_INBOUND)
    assert await empty(broker, retry_queue(Queue.BRAIN_INBOUND, 2))


async def test_a_delayed_retry_comes_back_once_after_its_delay(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen({"A1": [Retryable("away"), Retryable("away")]})
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, policy=IMPATIENT)):
        await messaging.publisher.publish(received("A1"))

        async def waiting() -> bool:
            return await broker.depth(retry_queue(Queue.BRAIN_INBOUND, 2)) == 1

        await eventually(waiting)
        assert seen.keys["A1"] == 2
        await eventually(lambda: seen.keys["A1"] == 3)

    assert seen.keys["A1"] == 3
    assert await empty(broker, Queue.BRAIN_INBOUND)
    assert await empty(broker, retry_queue(Queue.BRAIN_INBOUND, 2))


async def test_a_message_can_visit_the_same_wait_queue_more_than_once(
    messaging: Messaging, broker, received: Received, running, eventually, monkeypatch
) -> None:
    monkeypatch.setattr("julia_common.messaging.topology.RETRY_DELAYS_SECONDS", (2,))
    seen = Seen({"A1": [Retryable("away")] * 3})
    policy = RetryPolicy(in_place_seconds=())
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, policy=policy)):
        await messaging.publisher.publish(received("A1"))
        await eventually(lambda: seen.keys["A1"] == 4)

    assert await empty(broker, dead_queue(Queue.BRAIN_INBOUND))


async def test_retries_end_in_the_dead_queue(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen({"A1": [Retryable("Supabase is away")] * 9})
    policy = RetryPolicy(in_place_seconds=(), delayed=1)
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, policy=policy)):
        await messaging.publisher.publish(received("A1"))
        await eventually(lambda: seen.keys["A1"] == 2)

    dead = await broker.take(dead_queue(Queue.BRAIN_INBOUND))
    assert dead.headers["julia-reason"] == "retries exhausted"
    assert dead.headers["julia-detail"] == "Supabase is away"


async def test_poison_is_buried_with_its_reason_and_its_neighbours_are_handled(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    for number in range(5):
        await messaging.publisher.publish(received(f"before-{number}"))
    known = {"cloudEvents_type": MessageReceived.TYPE}
    await broker.put(Queue.BRAIN_INBOUND, b"{", known)
    await broker.put(Queue.BRAIN_INBOUND, b'{"instance": "call 5511999999999"}', known)
    await broker.put(Queue.BRAIN_INBOUND, b"{}", {"cloudEvents_type": "unheard.of.v9"})
    for number in range(5):
        await messaging.publisher.publish(received(f"after-{number}"))

    seen = Seen()
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, prefetch=3)):
        await eventually(lambda: seen.keys.total() == 10)

        async def buried() -> bool:
            return await broker.depth(dead_queue(Queue.BRAIN_INBOUND)) == 3

        await eventually(buried)

    assert set(seen.keys.values()) == {1}
    details = []
    while dead := await broker.take(dead_queue(Queue.BRAIN_INBOUND)):
        assert dead.headers["julia-reason"] == "undecodable"
        details.append(str(dead.headers["julia-detail"]))
    assert any("key_id: missing" in detail for detail in details)
    assert "5511999999999" not in "".join(details)


async def test_permanent_is_buried_refused_is_done_and_a_bug_is_tried_again(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen(
        {
            "permanent": [Permanent("no such doctor")],
            "refused": [Refused("paused")],
            "bug": [KeyError("+55 11 99999-9999")] * 9,
        }
    )
    policy = RetryPolicy(in_place_seconds=(), delayed_after_bug=1)
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, policy=policy)):
        for key in ("permanent", "refused", "bug"):
            await messaging.publisher.publish(received(key))
        await eventually(lambda: seen.keys["bug"] == 2)

        async def buried() -> bool:
            return await broker.depth(dead_queue(Queue.BRAIN_INBOUND)) == 2

        await eventually(buried)

    first, second = [await broker.take(dead_queue(Queue.BRAIN_INBOUND)) for _ in range(2)]
    assert (first.headers["julia-reason"], first.headers["julia-detail"]) == (
        "permanent",
        "no such doctor",
    )
    assert (second.headers["julia-reason"], second.headers["julia-detail"]) == (
        "handler failed",
        "KeyError",
    )
    assert seen.keys["refused"] == 1


async def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    started, finished, go = [], [], asyncio.Event()

    async def slow(message: Message) -> None:
        started.append(message)
        await go.wait()
        finished.append(message)

    for number in range(4):
        await messaging.publisher.publish(received(f"A{number}"))
    consumer = messaging.consumer(Queue.BRAIN_INBOUND, slow, prefetch=4, concurrency=2)
    async with running(consumer) as work:
        await eventually(lambda: len(started) == 2)
        work.stop.set()
        asyncio.get_running_loop().call_later(0.3, go.set)

    assert len(finished) == 2

    async def two_are_left() -> bool:
        return await broker.depth(Queue.BRAIN_INBOUND) == 2

    await eventually(two_are_left)


async def test_what_is_not_finished_in_time_comes_back(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    started = asyncio.Event()

    async def endless(_: Message) -> None:
        started.set()
        await asyncio.Event().wait()

    await messaging.publisher.publish(received("A1"))
    consumer = Consumer(
        messaging._consuming, messaging.publisher, Queue.BRAIN_INBOUND, endless, drain_seconds=0.2
    )
    async with running(consumer):
        await started.wait()

    seen = Seen()
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen)):
        await eventually(lambda: seen.keys["A1"] == 1)


async def test_a_stop_interrupts_a_wait_between_retries(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen({"A1": [Retryable("away")] * 9})
    await messaging.publisher.publish(received("A1"))
    policy = RetryPolicy(in_place_seconds=(3600,))
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen, policy=policy)):
        await eventually(lambda: seen.keys["A1"] == 1)

    async def is_back() -> bool:
        return await broker.depth(Queue.BRAIN_INBOUND) == 1

    await eventually(is_back)


async def test_consuming_recovers_from_a_cut_connection_and_what_was_in_flight_comes_again(
    proxied: Messaging, proxy, messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    started, go = asyncio.Event(), asyncio.Event()
    finished: Counter[str] = Counter()

    async def slow(message: Message) -> None:
        started.set()
        await go.wait()
        assert isinstance(message, MessageReceived)
        finished[message.key_id] += 1

    async with running(proxied.consumer(Queue.BRAIN_INBOUND, slow, concurrency=4)):
        await messaging.publisher.publish(received("in flight"))
        await started.wait()
        proxy.cut()
        go.set()
        await messaging.publisher.publish(received("after"))
        await eventually(lambda: finished["after"] >= 1 and finished["in flight"] >= 2)

    assert await empty(broker, Queue.BRAIN_INBOUND)


@pytest.mark.faults
async def test_consuming_recovers_from_a_half_open_connection(
    proxied: Messaging, proxy, messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen()
    async with running(proxied.consumer(Queue.BRAIN_INBOUND, seen)):
        await messaging.publisher.publish(received("before"))
        await eventually(lambda: seen.keys["before"] == 1)
        proxy.stall()
        await messaging.publisher.publish(received("after"))
        await eventually(lambda: seen.keys["after"] >= 1)


async def test_a_consumer_whose_queue_is_deleted_declares_it_and_goes_on(
    messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen()
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen)):
        await messaging.publisher.publish(received("before"))
        await eventually(lambda: seen.keys["before"] == 1)
        await broker.channel.queue_delete(Queue.BRAIN_INBOUND)

        async def published() -> bool:
            try:
                await messaging.publisher.publish(received("after"))
            except Retryable:
                return False
            return True

        await eventually(published)
        await eventually(lambda: seen.keys["after"] == 1)


async def test_a_consumer_whose_channel_the_broker_closes_subscribes_again(
    messaging: Messaging, broker, received: Received, running, eventually, monkeypatch
) -> None:
    channels = []
    open_channel = messaging._consuming.channel

    async def remembering(**options: bool) -> aio_pika.abc.AbstractChannel:
        channels.append(await open_channel(**options))
        return channels[-1]

    monkeypatch.setattr(messaging._consuming, "channel", remembering)
    seen = Seen()
    consumer = messaging.consumer(Queue.BRAIN_INBOUND, seen)
    async with running(consumer):
        await eventually(lambda: consumer._subscribed)
        # A protocol error is how a broker closes a channel: acknowledge what was never delivered.
        underlay = await channels[0].get_underlay_channel()
        await underlay.basic_ack(4711)
        await eventually(lambda: not consumer._subscribed)
        await messaging.publisher.publish(received("after"))
        await eventually(lambda: seen.keys["after"] == 1)


async def test_nothing_is_lost_or_left_when_connections_are_cut_again_and_again(
    proxied: Messaging, proxy, messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    seen = Seen()
    async with running(proxied.consumer(Queue.BRAIN_INBOUND, seen, prefetch=50)):
        for number in range(200):
            await messaging.publisher.publish(received(f"A{number}"))
            if number % 50 == 25:
                proxy.cut()
        await eventually(lambda: len(seen.keys) == 200)

        async def drained() -> bool:
            return await broker.depth(Queue.BRAIN_INBOUND) == 0

        await eventually(drained)


async def test_a_message_that_kills_its_consumers_dies_alone(
    rabbitmq_url: str, messaging: Messaging, broker, received: Received, running, eventually
) -> None:
    handled: Counter[str] = Counter()
    for number in range(30):
        await messaging.publisher.publish(received("killer" if number == 7 else f"A{number}"))

    async def one_life() -> None:
        """A process that lives until the killer kills it, or all is done."""
        killed = asyncio.Event()

        async def handle(message: Message) -> None:
            assert isinstance(message, MessageReceived)
            if message.key_id == "killer":
                killed.set()
            if killed.is_set():
                await asyncio.Event().wait()
            handled[message.key_id] += 1

        async with open_messaging(SecretStr(rabbitmq_url), "julia-test") as life:
            consumer = life.consumer(Queue.BRAIN_INBOUND, handle, prefetch=20, concurrency=20)
            running_consumer = asyncio.create_task(consumer.run(asyncio.Event()))
            dead = dead_queue(Queue.BRAIN_INBOUND)

            async def over() -> bool:
                return killed.is_set() or await broker.depth(dead) > 0

            await eventually(over)
            running_consumer.cancel()
            await asyncio.wait([running_consumer])
        for task in consumer._tasks:
            task.cancel()

    lives = 0
    while await broker.depth(dead_queue(Queue.BRAIN_INBOUND)) == 0:
        await one_life()
        lives += 1
        assert lives < 40

    seen = Seen()
    async with running(messaging.consumer(Queue.BRAIN_INBOUND, seen)):

        async def drained() -> bool:
            return await broker.depth(Queue.BRAIN_INBOUND) == 0

        await eventually(drained)
    assert set(handled) | set(seen.keys) == {f"A{n}" for n in range(30) if n != 7}
    assert await broker.depth(dead_queue(Queue.BRAIN_INBOUND)) == 1
    dead = await broker.take(dead_queue(Queue.BRAIN_INBOUND))
    assert b"killer" in dead.body
