"""A broker to talk to, a way to it that can be cut, and messages to send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from pydantic import SecretStr

from julia_common.contracts.messages import (
    Content,
    ContentKind,
    Identity,
    IdentityKind,
    MessageReceived,
)
from julia_common.messaging import Consumer, Messaging, open_messaging


@pytest.fixture
def received() -> Callable[[str], MessageReceived]:
    """Make a doctor's message of a key id."""

    def make(key_id: str) -> MessageReceived:
        return MessageReceived(
            instance="julia-test",
            key_id=key_id,
            identities=(Identity(kind=IdentityKind.LID, jid="doctor-a@lid"),),
            provider_at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
            received_at=datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC),
            content=Content(kind=ContentKind.TEXT, text="Oi"),
        )

    return make


@pytest.fixture
async def messaging(rabbitmq_url: str) -> AsyncIterator[Messaging]:
    """Messaging on the test's own vhost."""
    async with open_messaging(SecretStr(rabbitmq_url), "julia-test") as opened:
        yield opened


@dataclass
class BrokerView:
    """The broker as an outsider sees it."""

    channel: aio_pika.abc.AbstractChannel

    async def take(self, queue: str) -> AbstractIncomingMessage | None:
        """Take one message for good, or None when there is none."""
        return await (await self.channel.get_queue(queue, ensure=False)).get(
            no_ack=True, fail=False
        )

    async def depth(self, queue: str) -> int:
        """Messages that are ready."""
        declared = await self.channel.declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0

    async def put(self, queue: str, body: bytes, headers: dict[str, str]) -> None:
        """Put a message straight into a queue, past our publisher."""
        await self.channel.default_exchange.publish(
            aio_pika.Message(body, headers=dict(headers), delivery_mode=2), queue
        )


@pytest.fixture
async def broker(rabbitmq_url: str, messaging: Messaging) -> AsyncIterator[BrokerView]:
    """The test's vhost through a connection of its own, topology declared."""
    await messaging.check()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        yield BrokerView(await connection.channel())


@dataclass
class Running:
    """A consumer at work; leaving the block stops and drains it."""

    consumer: Consumer
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.consumer.run(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> None:
        """Ask it to stop and wait until it has."""
        self.stop.set()
        assert self.task is not None
        async with asyncio.timeout(30):
            await self.task


@pytest.fixture
def running() -> type[Running]:
    """Run a consumer inside an `async with`."""
    return Running


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]:
    """Wait until something is true, generously."""

    async def wait(condition: Callable[[], Awaitable[bool] | bool]) -> None:
        async with asyncio.timeout(45):
            while True:
                result = condition()
                if (await result) if isinstance(result, Awaitable) else result:
                    return
                await asyncio.sleep(0.05)

    return wait


class TcpProxy:
    """A way to a server that can be cut, refused, or made half-open."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._gate = asyncio.Event()
        self._gate.set()
        self.refusing = False
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def stall(self) -> None:
        """Let nothing more through on the connections that exist; new ones work."""
        self._gate.clear()
        self._gate = asyncio.Event()
        self._gate.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, upstream_writer), (upstream_reader, writer)):
            self._writers.add(sink)
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gate = self._gate
        with suppress(OSError):
            while data := await reader.read(65536):
                await gate.wait()
                writer.write(data)
                await writer.drain()
        self._writers.discard(writer)
        writer.transport.abort()


@pytest.fixture
async def proxy(rabbitmq_url: str) -> AsyncIterator[TcpProxy]:
    """A proxy in front of the broker."""
    parts = urlsplit(rabbitmq_url)
    assert parts.hostname
    assert parts.port
    async with TcpProxy(parts.hostname, parts.port) as opened:
        yield opened


@pytest.fixture
async def proxied(rabbitmq_url: str, proxy: TcpProxy) -> AsyncIterator[Messaging]:
    """Messaging through the proxy."""
    parts = urlsplit(rabbitmq_url)
    url = rabbitmq_url.replace(f":{parts.port}/", f":{proxy.port}/")
    async with open_messaging(SecretStr(url), "julia-test") as opened:
        yield opened
