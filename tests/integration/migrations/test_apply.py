"""`supabase/apply.sh`, which the chart runs before each install and upgrade."""

import asyncio
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from julia_dev import paths

pytestmark = pytest.mark.integration

SUPABASE = paths.ROOT / "supabase"


@pytest.fixture
def empty(postgres_server: dict[str, str]) -> Iterator[str]:
    """DSN of a database of a new project, which has roles and nothing else."""
    name = f"vazio_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    _execute(admin, f'create database "{name}"')
    yield postgres_server["dsn"] + name
    _execute(admin, f'drop database "{name}" with (force)')


@pytest.fixture
def two_migrations(tmp_path: Path) -> Path:
    """A folder like `supabase/` with two small migrations."""
    shutil.copy(SUPABASE / "apply.sh", tmp_path)
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "20260101000000_first.sql").write_text("create table first (id int);\n")
    (folder / "20260102000000_second.sql").write_text(
        "select pg_sleep(0.2);\ncreate table second (id int);\n"
    )
    return tmp_path


async def test_two_that_start_at_once_apply_each_migration_once(
    empty: str, two_migrations: Path
) -> None:
    both = [asyncio.to_thread(_apply, two_migrations, empty) for _ in range(2)]
    done = await asyncio.gather(*both)

    assert [one.stderr for one in done] == ["", ""]
    assert sorted(one.stdout.count("applying") for one in done) == [0, 2]
    assert await _known(empty) == ["20260101000000", "20260102000000"]


async def test_a_migration_that_fails_leaves_those_before_it_and_is_tried_again(
    empty: str, two_migrations: Path
) -> None:
    second = two_migrations / "migrations" / "20260102000000_second.sql"
    good = second.read_text()
    second.write_text("create table second (id int);\nselect nothing_of_the_kind();\n")

    failed = _apply(two_migrations, empty)

    assert failed.returncode != 0
    assert "20260102000000_second.sql:2" in failed.stderr
    assert await _known(empty) == ["20260101000000"]
    second.write_text(good)
    assert _apply(two_migrations, empty).returncode == 0
    assert await _known(empty) == ["20260101000000", "20260102000000"]


async def test_a_migration_that_was_changed_after_it_was_applied_is_named(
    empty: str, two_migrations: Path
) -> None:
    assert _apply(two_migrations, empty).returncode == 0
    first = two_migrations / "migrations" / "20260101000000_first.sql"
    first.write_text("create table first (id int, more text);\n")
    third = two_migrations / "migrations" / "20260103000000_third.sql"
    third.write_text("alter table first add column other text;\n")

    failed = _apply(two_migrations, empty)

    assert failed.returncode != 0
    assert "20260101000000_first.sql was changed after it had been applied" in failed.stderr
    assert await _known(empty) == ["20260101000000", "20260102000000"]


def test_one_that_another_tool_applied_statement_by_statement_is_taken_as_it_is(
    empty: str, two_migrations: Path
) -> None:
    assert _apply(two_migrations, empty).returncode == 0
    _execute(
        empty,
        "update supabase_migrations.schema_migrations "
        "set statements = array['select 1', 'select 2']",
    )

    assert _apply(two_migrations, empty).returncode == 0


def test_a_database_that_is_about_to_be_restored_is_paused_and_one_that_was_is_not(
    empty: str,
) -> None:
    _execute(empty, paths.ROLES.read_text())
    assert _apply(SUPABASE, empty, RESTORE_REQUEST="latest").returncode == 0
    assert _paused(empty)

    _execute(
        empty,
        """insert into julia_status (status, motivo, alterado_via, detalhes)
           values ('ativo', 'Conferido', 'manual', '{"restauracao": "latest"}')""",
    )
    assert _apply(SUPABASE, empty, RESTORE_REQUEST="latest").returncode == 0
    assert not _paused(empty)


async def test_it_gives_up_when_another_holds_the_lock_for_too_long(
    empty: str, two_migrations: Path
) -> None:
    connection = await asyncpg.connect(empty)
    try:
        await connection.execute("select pg_advisory_lock(hashtext('supabase_migrations'))")
        failed = await asyncio.to_thread(_apply, two_migrations, empty, LOCK_SECONDS="1")
    finally:
        await connection.close()

    assert failed.returncode != 0
    assert "lock timeout" in failed.stderr


async def test_a_database_that_the_local_stack_migrated_has_nothing_left_to_do(pg_dsn: str) -> None:
    before = await _known(pg_dsn)

    done = _apply(SUPABASE, pg_dsn)

    assert (done.returncode, done.stdout) == (0, "all migrations are applied\n")
    assert await _known(pg_dsn) == before


def test_a_password_that_its_secret_has_not_is_named(two_migrations: Path) -> None:
    nobody = "postgresql://julia@127.0.0.1:1/nada"

    ended = _apply(two_migrations, nobody, PASSWORD_SECRET="given-database")

    assert ended.returncode == 1
    assert "given-database" in ended.stderr
    assert "PGPASSWORD" in ended.stderr


def _apply(folder: Path, dsn: str, **env: str) -> "subprocess.CompletedProcess[str]":
    url = urlsplit(dsn)
    query = dict(pair.split("=", 1) for pair in url.query.split("&") if pair)
    where = {
        "PGHOST": url.hostname or query.get("host", ""),
        "PGPORT": str(url.port or query.get("port", 5432)),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.path.removeprefix("/"),
    }
    return subprocess.run(
        ["/bin/sh", str(folder / "apply.sh")],
        env={"PATH": os.environ["PATH"], **where, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _paused(dsn: str) -> bool:
    async def ask() -> bool:
        connection = await asyncpg.connect(dsn)
        try:
            return bool(await connection.fetchval("select private.paused()"))
        finally:
            await connection.close()

    return asyncio.run(ask())


async def _known(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select version from supabase_migrations.schema_migrations order by version"
        )
    finally:
        await connection.close()
    return [row["version"] for row in rows]


def _execute(dsn: str, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        runner.run(execute())
