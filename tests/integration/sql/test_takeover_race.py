"""People take over and give back at random moments of turns and sends."""

import asyncio
import random
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia

pytestmark = pytest.mark.integration

TAKEOVERS = 200
AT_ONCE = 10
ROUNDS = TAKEOVERS // AT_ONCE

SENT_AFTER = """
select count(*) from envios e
  join regras_envio r on r.kind = e.kind and r.controle = 'ai'
  join handoffs h on h.conversa_id = e.conversa_id
 where e.claimed_at > h.created_at and e.claimed_at < coalesce(h.resolvido_em, 'infinity')
"""
COMMITTED_AFTER = """
select count(*) from turnos t join handoffs h on h.conversa_id = t.conversa_id
 where t.committed_at > h.created_at and t.committed_at < coalesce(h.resolvido_em, 'infinity')
"""
PERSONS_UNSENT = """
select count(*) from fila_mensagens where kind = 'human_agent' and status <> 'enviada'
"""
UNSHOWN = """
select count(*) from interacoes i left join chatwoot_efeitos e on e.interacao_id = i.id
  left join fila_mensagens f on f.id = i.fila_id
 where (e.id is null) is distinct from coalesce(f.metadata ? 'chatwoot_mensagem_id', false)
"""


async def turn(julia: Julia, conversa: str, rng: random.Random) -> None:
    """Answer, as a brain does; refused whenever a person has the conversation."""
    await julia.make_due(conversa)
    begun = await julia.begin(conversa)
    if begun["status"] != "iniciado":
        return
    await asyncio.sleep(rng.uniform(0, 0.02))
    await julia.commit(begun, "um", "dois")


async def send(julia: Julia, conversa: str, rng: random.Random) -> None:
    """Send whatever may go, as a dispatcher does."""
    for _ in range(6):
        claim = await julia.claim(conversa)
        if claim["status"] == "enviar":
            await asyncio.sleep(rng.uniform(0, 0.01))
            await julia.record(claim)
        await asyncio.sleep(rng.uniform(0, 0.01))


async def take_over(julia: Julia, conversa: str, chat: int, n: int, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0, 0.06))
    if rng.random() < 0.5:
        await julia.take_over_by_sql(conversa)
    else:
        await julia.call(
            "person_wrote",
            entrega=f"e{chat}-{n}",
            conversation_id=chat,
            mensagem_id=chat * 1000 + n,
            conteudo="Oi, aqui é a Bia",
            anexos=0,
            por="Bia",
        )


async def played(julia: Julia, chat: int, rng: random.Random) -> None:
    number = f"55119{chat:08}"
    conversa = (await julia.receive(number))["conversa_id"]
    await julia.call("chatwoot_linked", conversa_id=conversa, contact_id=1, conversation_id=chat)
    for n in range(ROUNDS):
        await julia.receive(number, f"pergunta {n}")
        await asyncio.gather(
            turn(julia, conversa, rng),
            send(julia, conversa, rng),
            take_over(julia, conversa, chat, n, rng),
        )
        row = await julia.conversation(conversa)
        assert row["controlled_by"] == "human"
        await asyncio.gather(
            send(julia, conversa, rng),
            _back(julia, conversa, rng),
            turn(julia, conversa, rng),
        )
        await send(julia, conversa, rng)


async def _back(julia: Julia, conversa: str, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0, 0.03))
    answer: Any = await julia.call("give_back", conversa_id=conversa, por="Bia")
    assert answer["status"] == "devolvida"


@pytest.mark.timeout(300)
async def test_after_a_takeover_nothing_of_julias_goes_and_nothing_is_lost(julia: Julia) -> None:
    rng = random.Random(9)

    await asyncio.gather(*(played(julia, chat, rng) for chat in range(1, AT_ONCE + 1)))

    assert await julia.value("select count(*) from handoffs") == TAKEOVERS
    assert await julia.value("select count(*) from envios where kind = 'reply'") > 0
    assert await julia.value(SENT_AFTER) == 0
    assert await julia.value(COMMITTED_AFTER) == 0
    assert await julia.value(UNSHOWN) == 0
    for chat in await julia.sql("select id from conversations"):
        await send(julia, str(chat["id"]), rng)
    assert await julia.value(PERSONS_UNSENT) == 0
