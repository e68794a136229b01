"""The database is dumped and put back: paused, and sure of nothing that it cannot know."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.integration.backup.scripts import libpq, run
from tests.integration.sql.conftest import Julia

pytestmark = pytest.mark.integration

SCHEMAS = "public api private supabase_migrations"
SENT, CLAIMED, TWO_PARTS, UNANSWERED = (f"551198888000{n}" for n in range(4))


@pytest.fixture
def empty_database(postgres_server: dict[str, str]) -> Iterator[str]:
    """DSN of a database of a new project, which has roles and nothing else."""
    name = f"restored_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    asyncio.run(_execute(admin, f'create database "{name}" template template0'))
    yield postgres_server["dsn"] + name
    asyncio.run(_execute(admin, f'drop database "{name}" with (force)'))


@pytest.fixture
async def julia(pg_dsn: str) -> AsyncIterator[Julia]:
    async with asyncpg.create_pool(pg_dsn, min_size=1, max_size=4) as pool:
        yield Julia(pool, pg_dsn)


async def test_what_is_restored_is_paused_and_sends_nothing_twice(
    julia: Julia, empty_database: str, tmp_path: Path
) -> None:
    await julia.sql(
        "update configuracoes set valor = '0' where chave = 'digitacao_ms_por_caractere'"
    )
    sent = await julia.talk("Foi.", number=SENT)
    await julia.record(await julia.claim(sent))
    claimed = await julia.talk("Indo.", number=CLAIMED)
    assert (await julia.claim(claimed))["status"] == "enviar"
    two_parts = await julia.talk("Um.", "Dois.", number=TWO_PARTS)
    unanswered = (await julia.receive(UNANSWERED))["conversa_id"]
    dumped = await asyncio.to_thread(
        run, "dump-supabase.sh", tmp_path / "work", SCHEMAS=SCHEMAS, **libpq(julia.dsn)
    )
    assert dumped.returncode == 0, dumped.stderr

    request = {"SCHEMAS": SCHEMAS, "REQUEST": "latest", **libpq(empty_database)}
    restored = await asyncio.to_thread(run, "restore-supabase.sh", tmp_path / "work", **request)

    assert restored.returncode == 0, restored.stderr
    async with asyncpg.create_pool(empty_database, min_size=1, max_size=2) as pool:
        there = Julia(pool, empty_database)
        assert await there.value("select private.paused()")
        assert await there.states(sent) == ["enviada"]
        assert await there.states(claimed) == ["incerta"]
        assert await there.states(two_parts) == ["incerta", "estacionada"]
        assert await there.situations(unanswered) == ["humano"]
        assert (await there.claim(two_parts))["status"] == "vazio"
        checked = await there.call("uncertain_sends", limit=10, owner=there.owner)
        assert {send["conversa_id"] for send in checked["sends"]} == {two_parts}

        # The same upgrade once more must not throw away what has happened since.
        await there.resume()
        again = await asyncio.to_thread(run, "restore-supabase.sh", tmp_path / "work", **request)
        assert (again.returncode, await there.value("select private.paused()")) == (0, False)


async def test_what_evolution_does_not_remember_after_a_restore_is_parked_and_not_sent_again(
    julia: Julia, empty_database: str, tmp_path: Path
) -> None:
    doubtful = await julia.talk("Foi ou não foi?", number=SENT)
    await julia.uncertain(doubtful)
    claimed = await julia.talk("Indo.", number=CLAIMED)
    assert (await julia.claim(claimed))["status"] == "enviar"
    waiting = await julia.talk("Um.", number=TWO_PARTS)
    work, request = tmp_path / "work", {"SCHEMAS": SCHEMAS, "REQUEST": "latest"}
    await asyncio.to_thread(run, "dump-supabase.sh", work, **request, **libpq(julia.dsn))
    await asyncio.to_thread(run, "restore-supabase.sh", work, **request, **libpq(empty_database))

    async with asyncpg.create_pool(empty_database, min_size=1, max_size=2) as pool:
        there = Julia(pool, empty_database)
        uncertain = await there.sql("select claim_id::text from envios where status = 'incerto'")
        # Evolution was restored as well, is open, and has none of them: asked twice.
        for minutes in (3, 6):
            await there.later(minutes=minutes)
            for row in uncertain:
                await there.call("settle_send", claim_id=row["claim_id"], evidence="negativa")

        assert len(uncertain) == 3
        for conversa in (doubtful, claimed, waiting):
            assert await there.states(conversa) == ["estacionada"]


async def test_a_damaged_dump_leaves_the_database_as_it_is(julia: Julia, tmp_path: Path) -> None:
    await julia.talk("Oi.")
    environment = {"SCHEMAS": SCHEMAS, "REQUEST": "latest", **libpq(julia.dsn)}
    await asyncio.to_thread(run, "dump-supabase.sh", tmp_path / "work", **environment)
    (dump,) = (tmp_path / "work").glob("*.dump")
    dump.write_bytes(dump.read_bytes()[:-20_000])

    restored = await asyncio.to_thread(run, "restore-supabase.sh", tmp_path / "work", **environment)

    assert restored.returncode != 0
    assert await julia.value("select count(*) from conversations") == 1
    assert not await julia.value("select private.paused()")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
