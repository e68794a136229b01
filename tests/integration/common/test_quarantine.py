"""Unreadable bodies wait in the broker, sealed, until a person delivers them again."""

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.messaging import Messaging
from julia_common.messaging.quarantine import Quarantine, replay, tally
from julia_common.messaging.topology import Queue, dead_queue

KEY = SecretStr(Fernet.generate_key().decode())
BODIES = [b'{"event": "messages.upsert", "n": %d}' % number for number in range(3)]


@pytest.fixture
async def filled(messaging: Messaging, broker) -> Messaging:
    quarantine = Quarantine(messaging.publisher, KEY)
    for body in BODIES:
        await quarantine.put(body, reason="sem_chave", path="/webhook/evolution")
    await quarantine.put(b"{", reason="json", path="/webhook/evolution")
    return messaging


def webhook(status: int, taken: list[bytes]) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        taken.append(request.content)
        return httpx.Response(status)

    transport = httpx.MockTransport(answer)
    return httpx.AsyncClient(transport=transport, base_url="http://ingest/webhook/evolution")


async def test_what_is_kept_is_sealed_and_carries_its_reason(filled: Messaging, broker) -> None:
    kept = await broker.take(Queue.INGEST_QUARANTINE)

    assert kept.headers["julia-reason"] == "sem_chave"
    assert kept.headers["julia-path"] == "/webhook/evolution"
    assert b"messages.upsert" not in kept.body


async def test_counting_takes_nothing_away(filled: Messaging, broker, eventually) -> None:
    await broker.put(dead_queue(Queue.BRAIN_INBOUND), b"x", {"julia-reason": "undecodable"})

    for _ in range(2):
        channel = await filled._consuming.channel()
        counted = await tally(channel)
        await channel.close()
        assert counted[Queue.INGEST_QUARANTINE] == {"sem_chave": 3, "json": 1}
        assert counted[dead_queue(Queue.BRAIN_INBOUND)] == {"undecodable": 1}
        assert counted[dead_queue(Queue.BRAIN_CONTROL)] == {}

        async def back() -> bool:
            return await broker.depth(Queue.INGEST_QUARANTINE) == 4

        await eventually(back)


async def test_a_replay_delivers_every_body_once_and_forgets_it(filled: Messaging, broker) -> None:
    taken: list[bytes] = []
    async with webhook(202, taken) as http:
        assert await replay(await filled._consuming.channel(), KEY, http) == 4
        assert await replay(await filled._consuming.channel(), KEY, http) == 0

    assert taken == [*BODIES, b"{"]


async def test_a_webhook_that_refuses_leaves_everything_where_it_was(
    filled: Messaging, broker, eventually
) -> None:
    async with webhook(503, []) as http:
        channel = await filled._consuming.channel()
        with pytest.raises(Retryable, match="503"):
            await replay(channel, KEY, http)
        await channel.close()

    async def back() -> bool:
        return await broker.depth(Queue.INGEST_QUARANTINE) == 4

    await eventually(back)


async def test_another_key_stops_the_replay(filled: Messaging, broker) -> None:
    other = SecretStr(Fernet.generate_key().decode())
    async with webhook(202, []) as http:
        with pytest.raises(Permanent, match="QUARANTINE_KEY"):
            await replay(await filled._consuming.channel(), other, http)
