"""Evolution's sessions are packed with the database that they belong to, and put back together."""

import asyncio
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.integration.backup.scripts import run

from julia_dev.stack import ports

pytestmark = pytest.mark.integration


@pytest.fixture
def database(postgres_server: dict[str, str]) -> Iterator[str]:
    """DSN of a database like Evolution's."""
    name = f"evolution_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    asyncio.run(_execute(admin, f'create database "{name}" template template0'))
    dsn = postgres_server["dsn"] + name
    asyncio.run(
        _execute(dsn, 'create table "Session" (creds text); insert into "Session" values (1)')
    )
    yield dsn
    asyncio.run(_execute(admin, f'drop database "{name}" with (force)'))


def test_files_and_database_come_back_as_they_were(database: str, tmp_path: Path) -> None:
    instances = tmp_path / "instances"
    (instances / "julia-prod").mkdir(parents=True)
    (instances / "julia-prod" / "pre-key-1.json").write_text("{}")
    environment = {
        "INSTANCES": str(instances),
        "DATABASE_CONNECTION_URI": f"{database}?schema=public",
        "EVOLUTION_HOST": "127.0.0.1",
        "EVOLUTION_PORT": str(ports.free(1)[0]),
    }
    dumped = run("dump-evolution.sh", tmp_path / "work", **environment)
    assert dumped.returncode == 0, dumped.stderr
    (instances / "julia-prod" / "pre-key-1.json").write_text("changed")
    (instances / "other").mkdir()
    asyncio.run(_execute(database, 'delete from "Session"'))

    restored = run("restore-evolution.sh", tmp_path / "work", **environment)

    assert restored.returncode == 0, restored.stderr
    files = {str(file.relative_to(instances)) for file in instances.rglob("*")}
    assert files == {"julia-prod", "julia-prod/pre-key-1.json"}
    assert (instances / "julia-prod" / "pre-key-1.json").read_text() == "{}"
    assert asyncio.run(_count(database)) == 1


def test_nothing_is_touched_while_evolution_runs(database: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as evolution:
        restored = run(
            "restore-evolution.sh",
            tmp_path / "work",
            INSTANCES=str(tmp_path),
            DATABASE_CONNECTION_URI=database,
            EVOLUTION_HOST="127.0.0.1",
            EVOLUTION_PORT=str(evolution.getsockname()[1]),
            WAIT_SECONDS="1",
        )

    assert restored.returncode == 1
    assert "scale it to 0" in restored.stderr
    assert asyncio.run(_count(database)) == 1


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _count(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval('select count(*) from "Session"'))
    finally:
        await connection.close()
