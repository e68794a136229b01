"""Ingest as a process of its own, on real RabbitMQ and Redis."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractIncomingMessage
from cryptography.fernet import Fernet

from julia_common.whatsapp.testing import INSTANCE, record
from julia_dev.stack import ports

SECRET = "the-webhook-secret-of-the-tests"
PREVIOUS_SECRET = "the-webhook-secret-before-rotation"
JWT_KEY = "the-key-of-evolution-tokens-in-the-tests"
QUARANTINE_KEY = Fernet.generate_key().decode()
START_SECONDS = 30


class Ingest:
    """A running ingest process; `restart` replaces a dead one on the same port."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        self.port = int(environment["PORT"])
        self._environment = environment
        self._log = log
        self._process = self._start()

    @property
    def log(self) -> str:
        """Everything that it wrote, both streams."""
        return self._log.read_text()

    def wait_until_ready(self) -> None:
        """Wait until it answers; fails with its log when it ends instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log
            try:
                httpx.get(f"{self.url}/livez", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"ingest does not answer:\n{self.log}")

    async def restart(self) -> None:
        """Start another process after the end of this one."""
        await self.ended()
        self._process = self._start()
        await asyncio.to_thread(self.wait_until_ready)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end; returns its exit code (negative: the signal that killed it)."""
        return await asyncio.wait_for(asyncio.to_thread(self._process.wait), 60)

    def stop(self) -> None:
        """End it, whatever state it is in."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "julia_ingest"],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )


@dataclass(frozen=True)
class Broker:
    """Looks into the queues of a vhost."""

    url: str

    async def drain(self, queue: str) -> list[AbstractIncomingMessage]:
        """Take every message of the queue."""
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            taken = []
            opened = await channel.get_queue(queue)
            while (message := await opened.get(no_ack=True, fail=False)) is not None:
                taken.append(message)
            return taken

    async def wait_for(self, queue: str, count: int) -> None:
        """Wait until the queue holds `count` messages."""
        async with asyncio.timeout(30), await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            while True:
                declared = await channel.declare_queue(queue, passive=True)
                if (declared.declaration_result.message_count or 0) >= count:
                    return
                await asyncio.sleep(0.02)


class Link:
    """A TCP proxy that can hold back what one side says, or be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._answers_pass = asyncio.Event()
        self._answers_pass.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = ports.free(1)[0]

    async def open(self) -> None:
        """Accept connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Refuse new connections and reset the open ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    def hold_answers(self) -> None:
        """Let nothing pass from the target back any more."""
        self._answers_pass.clear()

    def pass_answers(self) -> None:
        """Let answers pass again."""
        self._answers_pass.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target_reader, target_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, target_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, target_writer))
                group.create_task(self._pump(target_reader, writer, self._answers_pass))
        except* OSError:
            pass
        finally:
            self._writers -= {writer, target_writer}

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        gate: asyncio.Event | None = None,
    ) -> None:
        try:
            while data := await reader.read(65536):
                if gate is not None:
                    await gate.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


type LinkTo = Callable[[str, int], AbstractAsyncContextManager[Link]]
type StartIngest = Callable[..., Ingest]


@pytest.fixture(scope="module")
def module_vhost(rabbitmq_server: dict[str, str]) -> Iterator[str]:
    """AMQP URL of an empty vhost for the tests of one module."""
    vhost = f"test-{uuid.uuid4().hex}"
    with httpx.Client(
        base_url=rabbitmq_server["management_url"], trust_env=False, timeout=30
    ) as management:
        management.put(f"/api/vhosts/{vhost}").raise_for_status()
        yield rabbitmq_server["url"] + vhost
        management.delete(f"/api/vhosts/{vhost}").raise_for_status()


@pytest.fixture(scope="module")
def ingest(module_vhost: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    """One ingest for the tests of a module; what they count on is what changed."""
    folder = tmp_path_factory.mktemp("ingest")
    # Redis is away here: nothing on the way of a message needs it.
    environment = environment_of(module_vhost, redis_url="redis://127.0.0.1:1/0")
    running = Ingest(environment, folder / "ingest.log")
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture
async def broker(module_vhost: str, ingest: Ingest) -> Broker:
    """The queues of the module's ingest, empty."""
    async with sender(ingest.url) as client:
        (await client.get("/readyz")).raise_for_status()
    looking = Broker(module_vhost)
    for queue in ("brain.inbound", "brain.control", "ingest.quarantine"):
        await looking.drain(queue)
    return looking


@pytest.fixture
def own_broker(rabbitmq_url: str) -> Broker:
    """The queues of an ingest that belongs to one test."""
    return Broker(rabbitmq_url)


@pytest.fixture
def start_ingest(rabbitmq_url: str, redis_url: str, tmp_path: Path) -> Iterator[StartIngest]:
    """Start an ingest for one test; keyword arguments change its environment."""
    started: list[Ingest] = []

    def start(**changes: str) -> Ingest:
        environment = environment_of(rabbitmq_url, redis_url=redis_url) | changes
        ingest = Ingest(environment, tmp_path / f"ingest-{len(started)}.log")
        started.append(ingest)
        ingest.wait_until_ready()
        return ingest

    yield start
    for ingest in started:
        ingest.stop()


@pytest.fixture
async def client(ingest: Ingest) -> AsyncIterator[httpx.AsyncClient]:
    """A sender with the right secret, as Evolution is one."""
    async with sender(ingest.url) as ready:
        yield ready


@pytest.fixture
def link_to() -> LinkTo:
    @asynccontextmanager
    async def link(host: str, port: int) -> AsyncIterator[Link]:
        proxy = Link(host, port)
        await proxy.open()
        try:
            yield proxy
        finally:
            await proxy.cut()

    return link


@pytest.fixture
def sender_to() -> Callable[[str], httpx.AsyncClient]:
    return sender


@pytest.fixture
def upsert() -> Callable[[str], bytes]:
    return upsert_of


def environment_of(rabbitmq_url: str, *, redis_url: str) -> dict[str, str]:
    """Write the environment of an ingest on a port of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOST": "127.0.0.1",
        "PORT": str(ports.free(1)[0]),
        "LOG_LEVEL": "DEBUG",
        "RABBITMQ_URL": rabbitmq_url,
        "REDIS_URL": redis_url,
        "EVOLUTION_INSTANCE": INSTANCE,
        "EVOLUTION_WEBHOOK_SECRET": SECRET,
        "EVOLUTION_WEBHOOK_SECRET_PREVIOUS": PREVIOUS_SECRET,
        "EVOLUTION_JWT_KEY": JWT_KEY,
        "QUARANTINE_KEY": QUARANTINE_KEY,
    }


def sender(url: str) -> httpx.AsyncClient:
    """Make a client that signs as Evolution does."""
    return httpx.AsyncClient(
        base_url=url, headers={"x-webhook-secret": SECRET}, timeout=30, trust_env=False
    )


def upsert_of(key_id: str, text: str = "oi") -> bytes:
    """Write the body of a doctor's message as Evolution does."""
    return json.dumps(
        {
            "event": "messages.upsert",
            "instance": INSTANCE,
            "data": record({"conversation": text}, key={"id": key_id}),
            "destination": "http://julia-api:8000/webhook/evolution",
            "date_time": "2026-03-02T09:00:30.000Z",
            "sender": "5511977776666@s.whatsapp.net",
            "server_url": "http://evolution:8080",
            "apikey": "the-instance-token",
        }
    ).encode()


@pytest.fixture
def quarantine_key() -> str:
    return QUARANTINE_KEY


@pytest.fixture
def secrets() -> dict[str, str]:
    return {"current": SECRET, "previous": PREVIOUS_SECRET, "jwt": JWT_KEY}


@pytest.fixture
def broker_at() -> Callable[[str], Broker]:
    return Broker
