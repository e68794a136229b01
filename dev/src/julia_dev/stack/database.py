"""Making a database as Supabase would: roles, the database, its migrations."""

import asyncpg

from julia_dev import paths
from julia_dev.stack import migrations
from julia_dev.stack.postgres import Postgres


async def prepare(server: Postgres, name: str) -> list[str]:
    """Create roles and database where missing and apply the migrations; return the applied files.

    Raises:
        StackError: a migration failed; names the file and the line.
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
    return await migrations.apply(server.dsn(name), migrations.read(paths.MIGRATIONS))
