"""Applying migrations to a real database."""

from pathlib import Path

import asyncpg
import pytest

from julia_dev import paths
from julia_dev.stack import migrations
from julia_dev.stack.errors import StackError

FIRST = "20990101000000_first.sql"


async def _value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_is_applied_is_not_applied_again(pg_dsn: str) -> None:
    assert await migrations.apply(pg_dsn, migrations.read(paths.MIGRATIONS)) == []


async def test_a_failing_migration_names_file_and_line_and_leaves_nothing(
    pg_dsn: str, tmp_path: Path
) -> None:
    (tmp_path / FIRST).write_text("create table public.half (n int);\n\nselect nonsense;\n")

    with pytest.raises(StackError, match=rf"{FIRST}:3: ERROR: .*nonsense"):
        await migrations.apply(pg_dsn, migrations.read(tmp_path))

    assert await _value(pg_dsn, "select to_regclass('public.half')") is None


async def test_a_migration_changed_after_it_was_applied_is_refused(
    pg_dsn: str, tmp_path: Path
) -> None:
    (tmp_path / FIRST).write_text("select 1;\n")
    assert await migrations.apply(pg_dsn, migrations.read(tmp_path)) == [FIRST]
    (tmp_path / FIRST).write_text("select 2;\n")

    with pytest.raises(StackError, match="make reset"):
        await migrations.apply(pg_dsn, migrations.read(tmp_path))


async def test_a_migration_slipped_in_before_applied_ones_is_refused(
    pg_dsn: str, tmp_path: Path
) -> None:
    (tmp_path / "20000101000000_late.sql").write_text("select 1;\n")

    with pytest.raises(StackError, match="later version"):
        await migrations.apply(pg_dsn, migrations.read(tmp_path))


async def test_quotes_and_psql_variables_in_a_migration_are_kept_as_they_are(
    pg_dsn: str, tmp_path: Path
) -> None:
    text = "select 'it''s :name', $q$ 'x' :'y' \\ $q$;"
    (tmp_path / FIRST).write_text(text)

    await migrations.apply(pg_dsn, migrations.read(tmp_path))

    kept = "select statements from supabase_migrations.schema_migrations order by version desc"
    assert await _value(pg_dsn, kept) == [text]
