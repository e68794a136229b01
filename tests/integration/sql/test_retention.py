"""What is old goes, in an order that the references between tables allow; what is needed stays."""

import json
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia, phone

pytestmark = pytest.mark.integration

COUNTED = (
    "interacoes", "envios", "fila_mensagens", "turnos", "handoffs", "fatos_conversa",
    "rascunhos_sombra", "documentos", "metricas_deteccao_bot", "notificacoes_gestor",
)  # fmt: skip
FILLED_BY_TURN = """
with t as (select * from turnos where turn_seq is not null limit 1),
fato as (insert into fatos_conversa (conversa_id, tipo, chave, dados, turno_id)
         select conversa_id, 'hospital', 'x', '{}', id from t),
memoria as (insert into doctor_context (medico_id, content, tipo, turno_id)
            select c.medico_id, 'prefere noite', 'preferencia', t.id
              from t join conversations c on c.id = t.conversa_id),
custo as (insert into turnos (id, conversa_id, outcome, control_epoch, inbox_seq, tentativa, answer,
                              committed_at)
          select gen_random_uuid(), conversa_id, 'sombra', 0, 0, 1, '{}', committed_at from t
          returning id),
sombra as (insert into rascunhos_sombra (turno_id, prompt_id, custo_id, texto)
           select t.id, 'persona-1', custo.id, 'oi' from t, custo),
doc as (insert into documentos (medico_id, conversa_id, interacao_id, tipo, cifrado, sha256, mime,
                                bytes)
        select i.medico_id, i.conversa_id, i.id, 'crm', 'x', repeat('0', 64), 'image/png', 1
          from interacoes i where i.tipo = 'entrada' limit 1)
select 1
"""


async def counts(julia: Julia) -> dict[str, int]:
    return {
        table: await julia.value(f"select count(*) from {table}")  # noqa: S608 - ours
        for table in COUNTED
    }


async def purge(julia: Julia, limit: int = 3) -> dict[str, int]:
    """Do what the job does in a night."""
    gone = {}
    for table in (await julia.call("retention"))["tabelas"]:
        while True:
            done = await julia.call("purge_old", tabela=table, limit=limit)
            gone[table] = gone.get(table, 0) + done["apagadas"]
            if not done["mais"]:
                break
    return {table: n for table, n in gone.items() if n}


async def a_life(julia: Julia) -> str:
    conversa = await julia.talk("Tem sim.", "Quer ver?")
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        await julia.record(claim)
    await julia.receive(suspeita_bot={"padrao": "robo", "trecho": "é robô?"}, text="é robô?")
    await julia.sql(FILLED_BY_TURN)
    await julia.sql("update conversations set resumo = 'falou de noites', resumo_ate = 1")
    await julia.sql("insert into notificacoes_gestor (tipo) values ('teste')")
    await julia.take_over_by_sql(conversa)
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        await julia.record(claim)
    await julia.give_back(conversa)
    return conversa


async def test_what_is_not_old_stays(julia: Julia) -> None:
    await a_life(julia)
    before = await counts(julia)
    assert all(before.values())

    assert await purge(julia) == {}

    await julia.later(days=80)
    assert await purge(julia) == {}
    await julia.later(days=15)
    assert await purge(julia) == {"rascunhos_sombra": 1}


async def test_after_years_nothing_that_was_said_is_left_but_keys_and_memories_are(
    julia: Julia,
) -> None:
    conversa = await a_life(julia)
    key = await julia.value("select key_id from interacoes where tipo = 'entrada' limit 1")
    await julia.later(days=731)

    for _ in range(3):
        await purge(julia)

    assert not any((await counts(julia)).values())
    assert await julia.value("select resumo from conversations where id = $1", conversa) is None
    assert await julia.value("select turno_id is null from doctor_context")
    again = await julia.receive(key_id=key)
    assert again["status"] == "duplicada"


async def test_what_waits_or_is_uncertain_stays_however_old(julia: Julia) -> None:
    conversa = await julia.talk("Tem sim.")
    await julia.uncertain(conversa)
    await julia.receive(number="5511966665555", identities=[phone("5511966665555")])
    await julia.later(days=3000)

    await purge(julia)

    assert await julia.states(conversa) == ["incerta"]
    assert await julia.value("select count(*) from envios") == 1
    assert await julia.value("select count(*) from interacoes where situacao = 'pendente'") == 1


@pytest.mark.parametrize("kept", [{"interacoes": 30}, {"medicos": 400}, {"envios": None}])
async def test_a_retention_that_would_lose_what_is_needed_is_refused(
    julia: Julia, kept: dict[str, Any]
) -> None:
    before = await julia.value("select valor from configuracoes where chave = 'retencao_dias'")
    change = "update configuracoes set valor = $1 where chave = 'retencao_dias'"
    await julia.sql(change, json.dumps(kept))
    try:
        error = await julia.refusal("retention")
    finally:
        await julia.sql(change, before)

    assert "retencao_dias" in str(error)
