"""Unreadable bodies wait in the broker, sealed, until a person delivers them again."""

import asyncio
import os
import socket
import sys

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from julia_common.errors import Permanent, Retryable
from julia_common.messaging import Messaging
from julia_common.messaging.quarantine import Quarantine, replay, tally
from julia_common.messaging.topology import Queue, dead_queue
from julia_common.serve import Service, serve

WEBHOOK = "http://ingest/webhook/evolution"
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
        assert str(request.url) == WEBHOOK
        taken.append(request.content)
        return httpx.Response(status)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


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


async def test_the_command_line_lists_and_replays(
    filled: Messaging, broker, rabbitmq_url: str, eventually
) -> None:
    taken: list[tuple[bytes, str | None]] = []

    async def accept(request: Request) -> Response:
        taken.append((await request.body(), request.headers.get("x-webhook-secret")))
        return Response(status_code=202)

    stop = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    service = Service(routes=[Route("/webhook/evolution", accept, methods=["POST"])])
    ingest = asyncio.create_task(serve(service, host="127.0.0.1", port=port, stop=stop))
    environment = {
        "PATH": os.environ["PATH"],
        "RABBITMQ_URL": rabbitmq_url,
        "QUARANTINE_KEY": KEY.get_secret_value(),
        "EVOLUTION_WEBHOOK_SECRET": "s3cret-value",
    }

    async def run(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "julia_common.messaging.quarantine",
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode()

    listed = await run("list")
    assert "ingest.quarantine: 4\n       3 sem_chave\n       1 json\n" in listed

    async def back() -> bool:
        return await broker.depth(Queue.INGEST_QUARANTINE) == 4

    await eventually(back)
    said = await run("replay", "--to", f"http://127.0.0.1:{port}/webhook/evolution")
    assert said == "4 delivered again\n"
    assert taken == [(body, "s3cret-value") for body in [*BODIES, b"{"]]
    stop.set()
    await ingest


async def test_a_replay_delivers_every_body_once_and_forgets_it(filled: Messaging, broker) -> None:
    taken: list[bytes] = []
    async with webhook(202, taken) as http:
        assert await replay(await filled._consuming.channel(), KEY, http, to=WEBHOOK) == 4
        assert await replay(await filled._consuming.channel(), KEY, http, to=WEBHOOK) == 0

    assert taken == [*BODIES, b"{"]


async def test_a_webhook_that_refuses_leaves_everything_where_it_was(
    filled: Messaging, broker, eventually
) -> None:
    async with webhook(503, []) as http:
        channel = await filled._consuming.channel()
        with pytest.raises(Retryable, match="503"):
            await replay(channel, KEY, http, to=WEBHOOK)
        await channel.close()

    async def back() -> bool:
        return await broker.depth(Queue.INGEST_QUARANTINE) == 4

    await eventually(back)


async def test_another_key_stops_the_replay(filled: Messaging, broker) -> None:
    other = SecretStr(Fernet.generate_key().decode())
    async with webhook(202, []) as http:
        with pytest.raises(Permanent, match="QUARANTINE_KEY"):
            await replay(await filled._consuming.channel(), other, http, to=WEBHOOK)
