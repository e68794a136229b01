"""Schedulers side by side, some of them killed: each run is done, and by one at a time."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from julia_dev.brain_scene import until
from julia_dev.paths import ROOT
from julia_dev.pytest_plugin import SupabaseEndpoint

pytestmark = pytest.mark.faults

type Start = Callable[[str], Awaitable[Process]]


@pytest.fixture
async def start(supabase_endpoint: SupabaseEndpoint) -> AsyncIterator[Start]:
    """Start a worker of a kind; what still lives is killed in the end."""
    started: list[Process] = []

    async def start(kind: str) -> Process:
        worker = str(Path(__file__).with_name("worker.py"))
        arguments = (worker, supabase_endpoint.url, supabase_endpoint.service_key, kind)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=PIPE, cwd=ROOT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def db(pg_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(pg_dsn)
    yield connection
    await connection.close()


async def line_of(process: Process) -> list[str]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    assert line, "the worker ended by itself"
    return line.decode().split()


async def lines_of(process: Process) -> list[list[str]]:
    """Kill it and return all that it has said."""
    process.kill()
    out, _ = await process.communicate()
    return [line.split() for line in out.decode().splitlines()]


async def test_a_run_whose_scheduler_was_killed_is_done_by_another(
    start: Start, db: asyncpg.Connection
) -> None:
    victim = await start("endless")
    word, at = await line_of(victim)
    assert word == "begun"
    victim.kill()
    await victim.wait()

    heir = await start("quick")

    assert await line_of(heir) == ["begun", at]
    await until(lambda: db.fetchval("select finished_at is not null from execucoes"))
    [run] = await db.fetch("select ok, tentativas, detalhes from execucoes")
    assert (run["ok"], run["tentativas"]) == (True, 2)
    assert "quem viveu" in run["detalhes"]


async def test_two_schedulers_make_up_for_each_missed_run_once_and_one_at_a_time(
    start: Start, db: asyncpg.Connection
) -> None:
    workers = await asyncio.gather(*(start("each") for _ in range(2)))

    await until(lambda: db.fetchval("select count(*) >= 8 and bool_and(ok is true) from execucoes"))

    said = [line for worker in workers for line in await lines_of(worker)]
    begun = [at for word, at in said if word == "begun"]
    assert len(begun) == len(set(begun)) == await db.fetchval("select count(*) from execucoes")
    assert await db.fetchval("select max(tentativas) from execucoes") == 1
    assert not await db.fetchval(
        "select bool_or(a.started_at < b.finished_at) from execucoes a, execucoes b"
        " where a.scheduled_at > b.scheduled_at"
    )
