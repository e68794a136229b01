"""A whole process, as a kubelet sees it: signals in, exit codes and logs out."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

PROGRAM = """
import asyncio, logging, os
from contextlib import asynccontextmanager
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from julia_common.errors import Retryable
from julia_common.lifecycle import Loop
from julia_common.serve import Service, run
from julia_common.settings import CommonSettings, Secret

log = logging.getLogger("julia_test")
mode = os.environ["MODE"]

class Settings(CommonSettings):
    test_secret: Secret

class Worker:
    name = "worker"

    async def run(self, stop):
        log.info("worker started")
        await stop.wait()
        if mode == "stubborn":
            await asyncio.Event().wait()
        await asyncio.sleep(0.3)
        log.info("worker finished its work in flight")

async def dying():
    if mode == "dying":
        await asyncio.sleep(0.2)
        raise KeyError("5511999998888")

async def slow(request):
    log.info("asked")
    await asyncio.sleep(1)
    return PlainTextResponse(request.state["greeting"])

async def ready():
    if mode == "unready":
        raise Retryable("not yet")

@asynccontextmanager
async def resource():
    try:
        yield
    finally:
        log.info("resource closed")

async def build(settings, stack):
    if mode == "unbuildable":
        raise Retryable("the broker is away")
    await stack.enter_async_context(resource())
    return Service(
        routes=[Route("/slow", slow)],
        state={"greeting": "oi"},
        readiness={"thing": ready},
        background=[Worker(), Loop("loop", 0.1, dying)],
        drain_seconds=1 if mode == "stubborn" else 10,
    )

run("julia-test", Settings, build)
"""


@dataclass
class Process:
    child: asyncio.subprocess.Process
    http: httpx.AsyncClient
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def log(self, message: str) -> None:
        """Wait until the process has logged a message."""
        assert self.child.stdout is not None
        async with asyncio.timeout(30):
            while message not in self.messages:
                line = await self.child.stdout.readline()
                assert line, f"ended without saying {message!r}: {self.messages}"
                self.lines.append(json.loads(line))

    async def end(self) -> int:
        """Wait for the end, reading the rest of the log; returns the exit code."""
        assert self.child.stdout is not None
        async with asyncio.timeout(30):
            while line := await self.child.stdout.readline():
                self.lines.append(json.loads(line))
            return await self.child.wait()

    @property
    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines]


@asynccontextmanager
async def started(mode: str, **environment: str) -> AsyncIterator[Process]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    variables = {
        "PATH": os.environ["PATH"],
        "MODE": mode,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "TEST_SECRET": "s3cret-value",
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        env=variables | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10
        ) as http:
            yield Process(child, http)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        child._transport.close()


async def serving(process: Process) -> None:
    await process.log("worker started")
    async with asyncio.timeout(30):
        while True:
            try:
                await process.http.get("/livez")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_sigterm_finishes_work_and_requests_closes_resources_and_exits_with_0() -> None:
    async with started("good") as process:
        await serving(process)
        assert (await process.http.get("/readyz")).status_code == 200
        asked = asyncio.create_task(process.http.get("/slow"))
        await process.log("asked")

        process.child.send_signal(signal.SIGTERM)

        assert (await asked).text == "oi"
        assert await process.end() == 0
        order = [
            process.messages.index(message)
            for message in (
                "SIGTERM received: stopping",
                "worker finished its work in flight",
                "resource closed",
                "stopped",
            )
        ]
        assert order == sorted(order)


async def test_a_draining_process_says_that_it_is_not_ready() -> None:
    async with started("stubborn") as process:
        await serving(process)
        process.child.send_signal(signal.SIGTERM)
        await process.log("SIGTERM received: stopping")

        answer = await process.http.get("/readyz")

        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})


async def test_work_that_does_not_end_in_time_is_cut_off() -> None:
    async with started("stubborn") as process:
        await serving(process)
        process.child.send_signal(signal.SIGTERM)

        assert await process.end() == 0
        assert any("cut off" in message for message in process.messages)
        assert process.messages[-1] == "stopped"


async def test_a_second_signal_stops_at_once() -> None:
    async with started("good") as process:
        await serving(process)
        asked = asyncio.create_task(process.http.get("/slow"))
        await process.log("asked")
        process.child.send_signal(signal.SIGTERM)
        await process.log("SIGTERM received: stopping")
        process.child.send_signal(signal.SIGTERM)

        assert await process.end() == 1
        assert "stopped at once by a second signal" in process.messages
        await asyncio.wait([asked])
        asked.exception()


async def test_a_part_that_dies_ends_the_process_with_its_reason_after_a_drain() -> None:
    async with started("dying") as process:
        assert await process.end() == 1

        assert "worker finished its work in flight" in process.messages
        assert "resource closed" in process.messages
        last = process.lines[-1]
        assert last["level"] == "CRITICAL"
        assert last["context"]["erro"]["errors"][0]["type"] == "KeyError"
        assert "5511999998888" not in json.dumps(process.lines)


async def test_a_process_that_cannot_be_built_says_why() -> None:
    async with started("unbuildable") as process:
        assert await process.end() == 1

        assert process.lines[-1]["context"]["erro"]["message"] == "the broker is away"


async def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        async with started("good", PORT=port) as process:
            assert await process.end() == 1

            said = process.lines[-1]["context"]["erro"]["message"]
            assert f"127.0.0.1:{port}" in said
            assert "PORT" in said


async def test_a_bad_environment_ends_with_2_and_names_the_variable() -> None:
    async with started("good", LOG_LEVEL="chatty", TEST_SECRET="") as process:
        assert process.child.stderr is not None
        said = (await process.child.stderr.read()).decode()

        assert await process.end() == 2
        assert "LOG_LEVEL" in said
        assert "TEST_SECRET" in said


async def test_an_unready_process_is_alive() -> None:
    async with started("unready") as process:
        await serving(process)

        assert (await process.http.get("/readyz")).status_code == 503
        assert (await process.http.get("/livez")).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz"])
async def test_nothing_is_logged_for_probes(path: str) -> None:
    async with started("good") as process:
        await serving(process)
        assert (await process.http.get(path)).status_code == 200
        process.child.send_signal(signal.SIGTERM)
        await process.end()

        assert not any(path in message for message in process.messages)
