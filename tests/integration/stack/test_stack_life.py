"""An instance of the stack: started, killed, restarted, refused, gone with its supervisor."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as redis

from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.running import Claim, find
from julia_dev.stack.stack import Stack

SERVERS = frozenset({"redis", "postgres"})


def _config(folder: Path, **settings: object) -> StackConfig:
    return StackConfig.apart(folder, durable=False, **settings)


async def test_a_killed_server_is_started_again_and_has_kept_its_data(tmp_path: Path) -> None:
    async with Stack(_config(tmp_path, parts=frozenset({"redis"}))) as stack:
        first = stack.pid("redis")
        async with redis.Redis.from_url(stack.redis.url()) as client:
            await client.set("kept", "yes")
            await asyncio.sleep(1.1)  # appendfsync everysec

        assert stack.kill("redis")
        await stack.wait_ready("redis")

        assert stack.pid("redis") not in {first, None}
        # On a busy machine its port is not free at once, and it is started once more.
        assert stack.starts("redis") >= 2
        async with redis.Redis.from_url(stack.redis.url()) as client:
            assert await client.get("kept") == b"yes"


async def test_a_frozen_process_goes_on_where_it_was(tmp_path: Path) -> None:
    async with Stack(_config(tmp_path, parts=frozenset({"anthropic"}))) as stack:
        first = stack.pid("anthropic")

        stack.kill("anthropic", signal.SIGSTOP)
        stack.kill("anthropic", signal.SIGCONT)
        await stack.wait_ready("anthropic")

        assert stack.pid("anthropic") == first


async def test_an_instance_finds_its_data_again(tmp_path: Path) -> None:
    config = _config(tmp_path, parts=frozenset({"postgres"}), seed=True)
    async with Stack(config) as stack:
        await stack.restart("postgres")
        shifts = await _shifts(stack)
    async with Stack(config) as stack:
        assert stack.processes() == ["postgres"]
        assert await _shifts(stack) == shifts > 0


async def _shifts(stack: Stack) -> int:
    connection = await asyncpg.connect(stack.pg_dsn())
    try:
        return await connection.fetchval("select count(*) from vagas")
    finally:
        await connection.close()


async def test_a_port_that_is_taken_stops_nothing_but_the_start(tmp_path: Path) -> None:
    config = _config(tmp_path, parts=SERVERS)
    with (
        socket.create_server(("127.0.0.1", config.ports["redis"])),
        pytest.raises(StackError, match="JULIA_PORT_REDIS"),
    ):
        await Stack(config).start()


async def test_a_part_that_dies_at_start_tells_its_last_words(tmp_path: Path) -> None:
    config = _config(
        tmp_path, parts=frozenset({"evolution"}), part_env={"evolution": {"PORT": "no port"}}
    )

    with pytest.raises(StackError, match=r"(?s)evolution did not start.*PORT"):
        await Stack(config).start()


def test_nothing_survives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

async def main():
    config = StackConfig.apart(
        Path({str(tmp_path)!r}),
        parts=frozenset({{"redis", "postgres", "anthropic"}}),
        durable=False,
    )
    async with Stack(config) as stack:
        print(*(stack.pid(name) for name in stack.processes()), flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(text) for text in supervisor.stdout.readline().split()]
        supervisor.send_signal(signal.SIGKILL)

    assert len(pids) == 3
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.1)


def test_one_stack_per_folder_and_the_claim_ends_with_its_holder(tmp_path: Path) -> None:
    with Claim(tmp_path) as first:
        assert first.ours
        with Claim(tmp_path) as second:
            assert not second.ours
        with pytest.raises(StackError, match=f"process {os.getpid()}"):
            find(tmp_path)

    assert find(tmp_path) is None


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
