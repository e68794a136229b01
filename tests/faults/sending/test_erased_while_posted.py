"""Fault 61: a doctor is erased while an answer to her is being posted."""

import json
import uuid

import pytest

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.fault(61),
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]

HELD = """
select 'interacoes' from interacoes i where conversa_id = $1 union all
select 'fila_mensagens' from fila_mensagens where conversa_id = $1 and conteudo <> '[eliminado]'
union all select 'envios' from envios where conversa_id = $1 and text_hash <> '' union all
select 'medicos' from medicos m where m::text ~ $2 union all
select 'contact_identities' from contact_identities c where c::text ~ $2
"""


async def column(world: World, statement: str, conversa: uuid.UUID) -> list[str]:
    return [row[0] for row in await world.pool.fetch(statement, conversa)]


@pytest.mark.parametrize(
    ("preset", "arrives", "ends"),
    [("timeout_after_delivery", 2, "enviada"), ("timeout_before_delivery", 1, "cancelada")],
)
async def test_what_is_being_posted_is_settled_and_never_sent_again(
    world: World, answered: str, preset: str, arrives: int, ends: str
):
    conversa = await world.conversation(answered)
    assert conversa is not None
    silent = {"echo": "never", "acks": "never"}
    await world.fault(preset, match={"doctor": answered}, change=silent)
    written = await world.write(answered, "E no domingo?")
    states = "select status from fila_mensagens where conversa_id = $1 order by turn_seq, part"
    await eventually(
        lambda: column(world, states, conversa), lambda seen: "processando" in seen, within_s=30
    )

    asked = {"telefone": answered, "por": "ana", "protocolo": "LGPD-61", "cancelar_reservas": True}
    erased = await world.pool.fetchval("select api.erase_doctor($1)", json.dumps(asked))

    assert json.loads(erased)["status"] == "eliminado"
    # Evolution's records, by the hash of the words; what is not among them twice is given up.
    await eventually(
        lambda: column(world, states, conversa), lambda seen: seen == ["enviada", ends]
    )
    assert len(await world.arrived(answered)) == arrives
    attempts = "select status from envios where conversa_id = $1 order by claimed_at"
    assert len(await column(world, attempts, conversa)) == 2
    subscriber = answered[-8:]
    assert await world.pool.fetch(HELD, conversa, subscriber) == []
    keys = await world.pool.fetchval("select count(*) from inbox_keys where key_id = $1", written)
    assert keys == 1
    if arrives == 1:
        # Erased before she was answered: neither lost nor anybody's.
        del world.written[written]
