"""Bringing a database up to date with `supabase/migrations`.

What was applied is kept where the Supabase CLI keeps it, in
`supabase_migrations.schema_migrations`, so that both agree about a database.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from julia_dev.stack.errors import StackError
from julia_dev.stack.postgres import find_binaries

_FILE_NAME = re.compile(r"(?P<version>\d{14})_(?P<name>\w+)\.sql")
_HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text primary key,
  statements text[],
  name text
);
"""


@dataclass(frozen=True)
class Migration:
    """One file of `supabase/migrations`."""

    version: str
    name: str
    path: Path
    text: str


def read(folder: Path) -> list[Migration]:
    """Return the migrations of `folder` in the order of their versions.

    Raises:
        StackError: a file is not called as the Supabase CLI wants it, or two share a version.
    """
    found: dict[str, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise StackError(f"{path}: must be called <14 digits>_<name>.sql")
        version = match["version"]
        if version in found:
            raise StackError(f"{path}: has the version of {found[version].path.name}; rename one")
        found[version] = Migration(version, match["name"], path, path.read_text().rstrip("\n"))
    return list(found.values())


async def apply(dsn: str, migrations: list[Migration]) -> list[str]:
    """Apply what the database lacks, each file in a transaction; return the applied file names.

    Raises:
        StackError: a file failed (names the file and the line), or one was changed or put before
            others after it had been applied.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_HISTORY)
        rows = await connection.fetch(
            "select version, statements from supabase_migrations.schema_migrations"
        )
    finally:
        await connection.close()
    known = {row["version"]: row["statements"] for row in rows}
    newest = max(known, default="")
    applied = []
    for migration in migrations:
        if migration.version in known:
            if known[migration.version] != [migration.text]:
                raise StackError(
                    f"{migration.path} was changed after it had been applied to this database. "
                    "Put the change into a new migration, or throw the local data away: make reset"
                )
            continue
        if migration.version < newest:
            raise StackError(
                f"{migration.path} comes before {newest}, which is applied already. "
                "Give it a later version, or throw the local data away: make reset"
            )
        await _run(dsn, migration)
        applied.append(migration.path.name)
    return applied


async def run_file(dsn: str, path: Path, *, afterwards: str = "") -> None:
    """Run an SQL file, then `afterwards`, in one transaction.

    Raises:
        StackError: it failed; psql's words name the file and the line.
    """
    psql = await asyncio.create_subprocess_exec(
        *(str(find_binaries() / "psql"), "--no-psqlrc", "--quiet", "--dbname", dsn),
        *("--set", "ON_ERROR_STOP=1", "--single-transaction"),
        *("--file", str(path), "--file", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"PGOPTIONS": "-c client_min_messages=warning"},
    )
    _, errors = await psql.communicate(afterwards.encode())
    if psql.returncode != 0:
        words = errors.decode(errors="replace").strip().removeprefix("psql:")
        raise StackError(f"SQL failed, nothing of this file was kept: {words}")


async def _run(dsn: str, migration: Migration) -> None:
    # psql takes no parameters here; the values are our own files, quoted.
    record = (
        "insert into supabase_migrations.schema_migrations (version, name, statements) "  # noqa: S608
        "values "
        f"({_quote(migration.version)}, {_quote(migration.name)}, "
        f"array[{_quote(migration.text)}]);"
    )
    await run_file(dsn, migration.path, afterwards=record)


def _quote(text: str) -> str:
    """Return an SQL literal that nothing in `text` can end (nor psql find a variable in)."""
    return "'" + text.replace("'", "''") + "'"
