"""Making a database as Supabase would: roles, the database, its migrations."""

import asyncpg

from julia_dev import paths
from julia_dev.stack import migrations
from julia_dev.stack.postgres import Postgres

_SHIFTS_TO_COME = "select exists (select from public.vagas where inicio > now())"


async def prepare(server: Postgres, name: str, *, seed: bool = False) -> list[str]:
    """Create roles and database where missing and apply the migrations; return the applied files.

    With `seed`, a database without shifts to come gets made-up ones.

    Raises:
        StackError: a migration or the seed failed; names the file and the line.
    """
    admin = server.dsn("postgres")
    await migrations.run_file(
        admin,
        paths.ROLES,
        afterwards=f"alter role authenticator password '{server.passwords['authenticator']}';",
    )
    connection = await asyncpg.connect(admin)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
    applied = await migrations.apply(server.dsn(name), migrations.read(paths.MIGRATIONS))
    if seed and not await _has_shifts_to_come(server.dsn(name)):
        await migrations.run_file(server.dsn(name), paths.SEED)
    return applied


async def _has_shifts_to_come(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval(_SHIFTS_TO_COME))
    finally:
        await connection.close()
