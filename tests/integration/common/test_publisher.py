"""What a publisher promises, on a real broker."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from julia_common.contracts.messages import MessageReceived
from julia_common.errors import Retryable
from julia_common.messaging import Messaging, open_messaging
from julia_common.messaging.topology import Queue

Received = Callable[[str], MessageReceived]


async def test_a_published_message_waits_in_its_queue(
    messaging: Messaging, broker, received: Received
) -> None:
    await messaging.publisher.publish(received("A1"), key="c-1")

    stored = await broker.take(Queue.BRAIN_INBOUND)
    assert MessageReceived.model_validate_json(stored.body) == received("A1")
    assert stored.delivery_mode == 2
    assert stored.content_type == "application/json"
    assert stored.headers["cloudEvents_specversion"] == "1.0"
    assert stored.headers["cloudEvents_type"] == MessageReceived.TYPE
    assert stored.headers["cloudEvents_source"] == "/julia-test"
    assert stored.headers["cloudEvents_partitionkey"] == "c-1"
    assert stored.headers["traceparent"].startswith("00-")


async def test_the_same_event_published_at_once_twice_is_confirmed_twice(
    messaging: Messaging, broker, received: Received
) -> None:
    await asyncio.gather(*(messaging.publisher.publish(received("A1")) for _ in range(20)))

    ids = [(await broker.take(Queue.BRAIN_INBOUND)).headers["cloudEvents_id"] for _ in range(20)]
    assert len(set(ids)) == 1


async def test_an_unroutable_publish_raises_and_the_next_one_finds_the_queue_again(
    messaging: Messaging, broker, received: Received
) -> None:
    await broker.channel.queue_delete(Queue.BRAIN_INBOUND)

    with pytest.raises(Retryable, match="no queue takes"):
        await messaging.publisher.publish(received("A1"))

    await messaging.publisher.publish(received("A1"))
    assert await broker.take(Queue.BRAIN_INBOUND) is not None


async def test_a_full_queue_refuses_and_publishing_raises(
    messaging: Messaging, broker, received: Received, rabbitmq_url: str, rabbitmq_server
) -> None:
    vhost = rabbitmq_url.rpartition("/")[2]
    async with httpx.AsyncClient(
        base_url=rabbitmq_server["management_url"], trust_env=False
    ) as management:
        policy = {"pattern": r"^brain\.inbound$", "definition": {"max-length": 1}}
        answer = await management.put(f"/api/policies/{vhost}/full", json=policy)
        answer.raise_for_status()

        async def publish_until_refused() -> None:
            while True:
                await messaging.publisher.publish(received("A1"))

        with pytest.raises(Retryable, match="full"):
            await asyncio.wait_for(publish_until_refused(), 30)


async def test_publishing_recovers_from_a_cut_connection(
    proxied: Messaging, proxy, broker, received: Received, eventually
) -> None:
    await proxied.publisher.publish(received("before"))
    proxy.cut()

    async def published() -> bool:
        try:
            await proxied.publisher.publish(received("after"))
        except Retryable:
            return False
        return True

    await eventually(published)
    first, second = await broker.take(Queue.BRAIN_INBOUND), await broker.take(Queue.BRAIN_INBOUND)
    assert (b"before" in first.body, b"after" in second.body) == (True, True)


async def test_publishing_gives_a_half_open_connection_up_after_one_timeout(
    proxied: Messaging, proxy, broker, received: Received
) -> None:
    await proxied.publisher.publish(received("before"))
    proxy.stall()

    with pytest.raises(Retryable, match="did not confirm"):
        await proxied.publisher.publish(received("swallowed"))

    await proxied.publisher.publish(received("after"))


async def test_a_broker_that_is_away_is_retryable_and_not_ready(
    proxied: Messaging, proxy, received: Received
) -> None:
    proxy.refusing = True

    with pytest.raises(Retryable, match="cannot be reached"):
        await proxied.publisher.publish(received("A1"))
    with pytest.raises(Retryable):
        await proxied.check()

    proxy.refusing = False
    await proxied.publisher.publish(received("A1"))


async def test_a_wrong_password_is_retryable_and_never_shown(
    rabbitmq_url: str, received: Received
) -> None:
    password = rabbitmq_url.split(":")[2].split("@", maxsplit=1)[0]
    url = rabbitmq_url.replace(password, "wrong-password-x")
    async with open_messaging(SecretStr(url), "julia-test") as messaging:
        with pytest.raises(Retryable) as caught:
            await messaging.publisher.publish(received("A1"))
    assert "wrong-password-x" not in str(caught.value)
