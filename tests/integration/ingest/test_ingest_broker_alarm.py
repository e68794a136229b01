"""A broker that takes nothing because it is short of memory."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from julia_dev.stack import ports
from julia_dev.stack.privileges import launcher
from julia_dev.stack.program import Child
from julia_dev.stack.rabbitmq import RabbitMQ

pytestmark = pytest.mark.faults

PATH = "/webhook/evolution"


class Node:
    """A RabbitMQ of this test's own, whose memory limit can be moved."""

    def __init__(self, server: RabbitMQ) -> None:
        self._server = server
        self.url = server.url()

    async def limit_memory(self, fraction: float) -> None:
        """Set the share of the machine's memory from which on publishers are blocked."""
        program = self._server.program()
        control = await asyncio.create_subprocess_exec(
            *launcher(user=program.user, death_signal="KILL", within=program.folder),
            "/usr/lib/rabbitmq/bin/rabbitmqctl",
            "set_vm_memory_high_watermark",
            str(fraction),
            cwd=program.folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **program.env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await control.communicate()
        assert control.returncode == 0, said.decode()


def _unheard(_: bytes) -> None:
    """Let the broker talk to itself: what went wrong shows in the test."""


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    port, management_port, dist_port, epmd_port = ports.free(4)
    server = RabbitMQ(
        tmp_path / "rabbitmq",
        port=port,
        management_port=management_port,
        dist_port=dist_port,
        epmd_port=epmd_port,
        password="a-password-of-this-test",
    )
    server.prepare()
    async with contextlib.AsyncExitStack() as stack:
        for program in (server.epmd(), server.program()):
            child = await Child.start(program, _unheard)
            stack.push_async_callback(child.stop, at_once=True)
            await child.wait_ready()
        yield Node(server)


@pytest.mark.timeout(300)
async def test_memory_alarm_is_answered_503_and_loses_nothing(
    node: Node,
    start_ingest: Callable[..., Any],
    sender_to: Callable[[str], httpx.AsyncClient],
    upsert: Callable[[str], bytes],
    broker_at: Callable[[str], Any],
) -> None:
    ingest = start_ingest(RABBITMQ_URL=node.url)
    async with sender_to(ingest.url) as client:
        assert (await client.post(PATH, content=upsert("BEFORE"))).status_code == 202
        await node.limit_memory(0)
        async with asyncio.timeout(60):
            # The broker blocks a connection at the first publish after the alarm.
            while True:
                answer = await client.post(PATH, content=upsert("DURING"))
                if answer.status_code == 503:
                    break
        assert answer.headers["retry-after"] == "5"
        assert (await client.get("/livez")).status_code == 200
        await node.limit_memory(0.4)
        async with asyncio.timeout(60):
            while (await client.post(PATH, content=upsert("AFTER"))).status_code != 202:
                await asyncio.sleep(0.2)
    kept = [
        json.loads(message.body) for message in await broker_at(node.url).drain("brain.inbound")
    ]
    assert {"BEFORE", "AFTER"} <= {message["key_id"] for message in kept}
