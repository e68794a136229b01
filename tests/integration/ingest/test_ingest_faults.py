"""Whatever dies, what was answered 2xx is on the broker."""

import asyncio
import contextlib
import json
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from julia_common.whatsapp.testing import KEY_ID

pytestmark = pytest.mark.faults

PATH = "/webhook/evolution"
type Start = Callable[..., Any]
type Sender = Callable[[str], httpx.AsyncClient]
type Upsert = Callable[[str], bytes]


async def keys_in(broker: Any, queue: str = "brain.inbound") -> list[str]:
    return [json.loads(message.body)["key_id"] for message in await broker.drain(queue)]


async def accepted(client: httpx.AsyncClient, body: bytes) -> int:
    """Deliver as Evolution does: again and again, until it is answered 2xx; count the tries."""
    async with asyncio.timeout(60):
        for tries in range(1, 1000):
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post(PATH, content=body)
                if answer.is_success:
                    return tries
                assert answer.status_code == 503, answer.status_code
            await asyncio.sleep(0.05)
    pytest.fail("never accepted")


async def test_broker_that_is_away_is_answered_503_until_it_is_back(
    start_ingest: Start,
    sender_to: Sender,
    upsert: Upsert,
    link_to: Callable[..., Any],
    own_broker: Any,
    rabbitmq_url: str,
) -> None:
    at = httpx.URL(rabbitmq_url)
    async with link_to(at.host, at.port) as link:
        ingest = start_ingest(RABBITMQ_URL=str(at.copy_with(port=link.port)))
        async with sender_to(ingest.url) as client:
            assert (await client.post(PATH, content=upsert("BEFORE"))).status_code == 202
            await link.cut()
            for body in (upsert("DURING"), b"unreadable"):
                answer = await client.post(PATH, content=body)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            await link.open()
            await accepted(client, upsert("AFTER"))
    kept = await keys_in(own_broker)
    assert {"BEFORE", "AFTER"} <= set(kept)


async def test_broker_that_falls_silent_is_answered_503_and_opens_the_circuit(
    start_ingest: Start,
    sender_to: Sender,
    upsert: Upsert,
    link_to: Callable[..., Any],
    rabbitmq_url: str,
) -> None:
    at = httpx.URL(rabbitmq_url)
    async with link_to(at.host, at.port) as link:
        ingest = start_ingest(RABBITMQ_URL=str(at.copy_with(port=link.port)))
        async with sender_to(ingest.url) as client:
            assert (await client.post(PATH, content=upsert("BEFORE"))).status_code == 202
            link.hold_answers()
            async with asyncio.TaskGroup() as group:
                waiting = [
                    group.create_task(client.post(PATH, content=upsert(f"K{number}")))
                    for number in range(3)
                ]
            assert {task.result().status_code for task in waiting} == {503}
            own = (await client.get("/health/circuit")).json()["own"]
            assert own["rabbitmq"]["state"] in {"open", "half_open"}
            link.pass_answers()
            await accepted(client, upsert("AFTER"))


async def test_kill_before_the_confirm_leaves_the_sender_to_deliver_again(
    start_ingest: Start,
    sender_to: Sender,
    upsert: Upsert,
    link_to: Callable[..., Any],
    own_broker: Any,
    rabbitmq_url: str,
) -> None:
    at = httpx.URL(rabbitmq_url)
    async with link_to(at.host, at.port) as link:
        ingest = start_ingest(RABBITMQ_URL=str(at.copy_with(port=link.port)))
        async with sender_to(ingest.url) as client:
            await accepted(client, upsert("BEFORE"))
            link.hold_answers()
            delivery = asyncio.create_task(client.post(PATH, content=upsert(KEY_ID)))
            await own_broker.wait_for("brain.inbound", 2)
            ingest.send_signal(signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await delivery
            link.pass_answers()
            await ingest.restart()
            await accepted(client, upsert(KEY_ID))
    assert await keys_in(own_broker) == ["BEFORE", KEY_ID, KEY_ID]


async def test_kill_between_confirm_and_answer_leaves_the_message_at_least_once(
    start_ingest: Start,
    sender_to: Sender,
    upsert: Upsert,
    link_to: Callable[..., Any],
    own_broker: Any,
) -> None:
    ingest = start_ingest()
    async with (
        link_to("127.0.0.1", ingest.port) as link,
        sender_to(f"http://127.0.0.1:{link.port}") as client,
    ):
        await accepted(client, upsert("BEFORE"))
        link.hold_answers()
        delivery = asyncio.create_task(client.post(PATH, content=upsert(KEY_ID)))
        await own_broker.wait_for("brain.inbound", 2)
        ingest.send_signal(signal.SIGKILL)
        await link.cut()
        with pytest.raises(httpx.TransportError):
            await delivery
        link.pass_answers()
        await link.open()
        await ingest.restart()
        await accepted(client, upsert(KEY_ID))
    messages = await own_broker.drain("brain.inbound")
    assert [json.loads(message.body)["key_id"] for message in messages] == [
        "BEFORE",
        KEY_ID,
        KEY_ID,
    ]
    assert messages[1].headers["cloudEvents_id"] == messages[2].headers["cloudEvents_id"]


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGKILL])
async def test_every_key_answered_2xx_survives_the_end_of_ingest_under_load(
    start_ingest: Start, sender_to: Sender, upsert: Upsert, own_broker: Any, blow: signal.Signals
) -> None:
    ingest = start_ingest()
    confirmed: set[str] = set()
    enough, struck = asyncio.Event(), asyncio.Event()

    async def doctor(name: int) -> None:
        async with sender_to(ingest.url) as client:
            for number in range(1000):
                key = f"D{name}-{number}"
                try:
                    answer = await client.post(PATH, content=upsert(key))
                except httpx.TransportError:
                    assert struck.is_set()
                    return
                assert answer.status_code == 202
                confirmed.add(key)
                if len(confirmed) >= 200:
                    enough.set()

    async with asyncio.TaskGroup() as group:
        for name in range(8):
            group.create_task(doctor(name))
        async with asyncio.timeout(30):
            await enough.wait()
        struck.set()
        ingest.send_signal(blow)
    assert await ingest.ended() == (0 if blow is signal.SIGTERM else -signal.SIGKILL)
    assert confirmed <= set(await keys_in(own_broker))
