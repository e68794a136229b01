"""A doctor is erased while a brain thinks of her, and the brain dies: nothing goes or stays."""

import asyncio
import json
import signal

import pytest

from julia_dev.brain_scene import until

pytestmark = [pytest.mark.faults, pytest.mark.fault(61)]

NUMBER = "5519999900001"
HERS = r"99999\D?0{0,3}00001|cafubira"
"""Her number, and a word that only she says."""

TABLES = """
select format('%I.%I', n.nspname, c.relname) from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname in ('public', 'private')
"""


async def erase(doctors) -> None:
    asked = {"telefone": NUMBER, "por": "ana", "protocolo": "LGPD-61"}
    answer = await doctors.db.fetchval("select api.erase_doctor($1)", json.dumps(asked))
    assert json.loads(answer)["status"] == "eliminado"


async def held(doctors) -> set[str]:
    """The tables with something of her."""
    tables = [row[0] for row in await doctors.db.fetch(TABLES)]
    return {
        table
        for table in tables
        if await doctors.db.fetchval(
            f"select exists (select from {table} t where t::text ~ $1)",  # noqa: S608 - the catalogue's
            HERS,
        )
    }


async def key_is_known(doctors, key_id: str) -> bool:
    return bool(
        await doctors.db.fetchval("select count(*) from inbox_keys where key_id = $1", key_id)
    )


async def nothing_went_and_ids_remain(doctors, *keys: str) -> None:
    await asyncio.sleep(3)
    assert await held(doctors) == set()
    assert await doctors.db.fetchval("select count(*) from envios") == 0
    assert await doctors.db.fetchval("select count(*) from interacoes") == 0
    assert await doctors.outbox() == []
    kept = await doctors.db.fetch("select key_id from inbox_keys")
    assert {row["key_id"] for row in kept} == set(keys)
    assert await doctors.db.fetchval("select protocolo from eliminacoes") == "LGPD-61"


@pytest.mark.parametrize("dies", [True, False], ids=["and the brain is killed", "and it commits"])
async def test_erased_while_claude_thinks_nothing_is_answered(
    start, doctors, claude, dies: bool
) -> None:
    brain = await start()
    await claude.fault("slow", seconds=4)
    key = await doctors.write("tem plantão? cafubira")
    await until(claude.requests)
    assert "public.interacoes" in await held(doctors)

    await erase(doctors)
    if dies:
        brain.signal(signal.SIGKILL)
        await start()
    else:
        await asyncio.sleep(4)

    await nothing_went_and_ids_remain(doctors, key)


async def test_what_she_wrote_before_and_brain_takes_afterwards_is_an_id(
    start, doctors, claude
) -> None:
    brain = await start()
    first = await doctors.write("tem plantão? cafubira")
    await until(lambda: key_is_known(doctors, first))
    brain.signal(signal.SIGKILL)
    await brain.process.wait()
    late = await doctors.write("e no sábado? cafubira")
    await asyncio.sleep(0.1)

    await erase(doctors)
    await start()

    await until(lambda: key_is_known(doctors, late))
    await nothing_went_and_ids_remain(doctors, first, late)
    assert await doctors.db.fetchval("select count(*) from medicos where telefone is not null") == 0
