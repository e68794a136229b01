"""A broker of our own that is killed, restarted, and made to raise its memory alarm."""

import asyncio
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aio_pika
import pytest
import pytest_asyncio
from pydantic import SecretStr

from julia_common.contracts.messages import Message, MessageReceived
from julia_common.errors import Retryable
from julia_common.messaging import Messaging, Publisher, open_messaging
from julia_common.messaging.topology import Queue
from julia_dev.stack import ports
from julia_dev.stack.program import Child
from julia_dev.stack.rabbitmq import RabbitMQ

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

Received = Callable[[str], MessageReceived]


class Node:
    """A RabbitMQ that the test may treat badly."""

    def __init__(self, folder: Path) -> None:
        port, management_port, dist_port, epmd_port = ports.free(4)
        self.server = RabbitMQ(
            folder,
            port=port,
            management_port=management_port,
            dist_port=dist_port,
            epmd_port=epmd_port,
            password="for-one-test",
        )
        self.server.prepare()
        self._children: list[Child] = []

    async def start(self) -> None:
        for program in (self.server.epmd(), self.server.program()):
            child = await Child.start(program, lambda _: None)
            self._children.append(child)
            await child.wait_ready()

    async def kill(self) -> None:
        for child in reversed(self._children):
            child.signal(signal.SIGKILL)
            await child.wait()
        self._children.clear()

    async def evaluate(self, erlang: str) -> None:
        """Run an expression inside the node."""
        program = self.server.program()
        process = await asyncio.create_subprocess_exec(
            "setpriv",
            "--reuid=rabbitmq",
            "--regid=rabbitmq",
            "--clear-groups",
            "/usr/lib/rabbitmq/bin/rabbitmqctl",
            "eval",
            erlang,
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", **program.env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not tmp_path: the server runs as its own user, and pytest keeps others out of its folders.
    with tempfile.TemporaryDirectory(prefix="julia-broker-") as path:
        Path(path).chmod(0o755)
        yield Path(path) / "server"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(folder: Path) -> AsyncIterator[Node]:
    node = Node(folder)
    await node.start()
    yield node
    await node.kill()


@pytest_asyncio.fixture(loop_scope="module")
async def messaging(node: Node) -> AsyncIterator[Messaging]:
    async with open_messaging(SecretStr(node.server.url()), "julia-test") as opened:
        yield opened


async def test_confirmed_messages_survive_a_kill_and_both_sides_recover(
    node: Node, messaging: Messaging, received: Received, running, eventually
) -> None:
    seen: Counter[str] = Counter()

    async def handle(message: Message) -> None:
        assert isinstance(message, MessageReceived)
        seen[message.key_id] += 1

    consumer = messaging.consumer(Queue.BRAIN_INBOUND, handle)
    confirmed: list[str] = []

    async def publish_all() -> None:
        for number in range(300):
            while True:
                try:
                    await messaging.publisher.publish(received(f"K{number}"))
                except Retryable:
                    await asyncio.sleep(0.2)
                else:
                    confirmed.append(f"K{number}")
                    break

    # Nobody consumes before the kill: what is confirmed has only the broker's disk to live on.
    publishing = asyncio.create_task(publish_all())
    await eventually(lambda: len(confirmed) > 100)
    await node.kill()
    before = len(confirmed)
    await node.start()
    await publishing
    assert before < len(confirmed) == 300

    async with running(consumer):
        await eventually(lambda: len(seen) == 300)

        await node.kill()
        await node.start()

        async def published() -> bool:
            try:
                await messaging.publisher.publish(received("last"))
            except Retryable:
                return False
            return True

        await eventually(published)
        await eventually(lambda: seen["last"] >= 1)


async def test_a_memory_alarm_makes_publishing_raise_in_time_and_consuming_go_on(
    node: Node, messaging: Messaging, received: Received, running, eventually
) -> None:
    seen: Counter[str] = Counter()

    async def handle(message: Message) -> None:
        assert isinstance(message, MessageReceived)
        seen[message.key_id] += 1

    await messaging.publisher.publish(received("before"))
    publisher = Publisher(messaging.publisher._broker, source="/julia-test", timeout_seconds=1)
    await node.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.0).")
    try:
        for _ in range(3):
            with pytest.raises(Retryable, match="did not confirm"):
                async with asyncio.timeout(10):
                    await publisher.publish(received("during"))
        async with running(messaging.consumer(Queue.BRAIN_INBOUND, handle)):
            await eventually(lambda: seen["before"] == 1)
    finally:
        await node.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.4).")

    async def published() -> bool:
        try:
            await publisher.publish(received("after"))
        except Retryable:
            return False
        return True

    await eventually(published)
    async with await aio_pika.connect(node.server.url()) as connection:
        queue = await (await connection.channel()).get_queue(Queue.BRAIN_INBOUND)
        left = [await queue.get(no_ack=True) for _ in range(queue.declaration_result.message_count)]
    # Of the three refused publishes at most the first was written to the socket: while blocked,
    # nothing piles up that would flood the broker when the alarm ends.
    assert sum(b'"during"' in message.body for message in left) <= 1
