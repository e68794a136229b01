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
STEPS = 7
"""A turn begun, committed, and two parts claimed and recorded."""

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


class Work:
    """Answers and sends, step by step, as brain and dispatcher do."""

    def __init__(self, julia: Julia, conversa: str) -> None:
        self.julia = julia
        self.conversa = conversa
        self.steps = 0
        self.over = False

    async def run(self) -> None:
        await self.julia.make_due(self.conversa)
        begun = await self.julia.begin(self.conversa)
        self.steps += 1
        if begun["status"] == "iniciado":
            await self.julia.commit(begun, "um", "dois")
            self.steps += 1
        await self.send()
        self.over = True

    async def send(self) -> None:
        """Send whatever may go."""
        while (claim := await self.julia.claim(self.conversa))["status"] in {"enviar", "recusado"}:
            self.steps += 1
            if claim["status"] == "enviar":
                await self.julia.record(claim)
                self.steps += 1

    async def reaches(self, step: int) -> None:
        """Return in the midst of what follows the step, or when all is over."""
        while self.steps < step and not self.over:
            await asyncio.sleep(0.001)


async def take_over(work: Work, chat: int, n: int, rng: random.Random) -> None:
    julia, conversa = work.julia, work.conversa
    await work.reaches(rng.randrange(STEPS))
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
        work = Work(julia, conversa)
        await asyncio.gather(work.run(), take_over(work, chat, n, rng))
        row = await julia.conversation(conversa)
        assert row["controlled_by"] == "human"
        work = Work(julia, conversa)
        await asyncio.gather(work.run(), _back(work, rng))
        await work.send()


async def _back(work: Work, rng: random.Random) -> None:
    await work.reaches(rng.randrange(STEPS))
    answer: Any = await work.julia.call("give_back", conversa_id=work.conversa, por="Bia")
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
    assert await julia.value(PERSONS_UNSENT) == 0
