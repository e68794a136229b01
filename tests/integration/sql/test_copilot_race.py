"""People decide on drafts while doctors write, others take over, and dispatchers claim."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration

AT_ONCE = 8
ROUNDS = 12

NOT_APPROVED = """
select f.id from fila_mensagens f join rascunhos_copiloto d on d.turno_id = f.turno_id
 where f.kind = 'reply' and d.status not in ('aprovado', 'editado')
"""
UNDRAFTED = """
select f.id from fila_mensagens f left join rascunhos_copiloto d on d.turno_id = f.turno_id
 where f.kind = 'reply' and d.turno_id is null
"""
APPROVED_AND_UNWRITTEN = """
select d.turno_id from rascunhos_copiloto d
 where d.status in ('aprovado', 'editado')
   and cardinality(d.partes) <>
       (select count(*) from fila_mensagens f where f.turno_id = d.turno_id)
"""
BOOKED_WITHOUT_A_WORD = """
select r.id from reservas r join rascunhos_copiloto d on r.id = any (d.reservas)
 where (r.status = 'confirmada') <> (d.status in ('aprovado', 'editado'))
"""
APPROVED_UNDER_A_PERSON = """
select d.turno_id from rascunhos_copiloto d join handoffs h on h.conversa_id = d.conversa_id
 where d.status in ('aprovado', 'editado')
   and d.decidido_em > h.created_at and d.decidido_em < coalesce(h.resolvido_em, 'infinity')
"""
APPROVED_OVER_NEWER_WORDS = """
select d.turno_id from rascunhos_copiloto d
  join interacoes i on i.conversa_id = d.conversa_id and i.tipo = 'entrada'
 where d.status in ('aprovado', 'editado') and i.id <> all (d.mensagens)
   and i.received_at > d.created_at and i.received_at < d.decidido_em
"""
WITHOUT_END = """
select i.id from interacoes i
 where i.tipo = 'entrada' and (i.situacao = 'rascunho') <> exists (
   select from rascunhos_copiloto d where d.status = 'esperando' and i.id = any (d.mensagens))
"""
SENT_AFTER = """
select e.claim_id from envios e
  join regras_envio r on r.kind = e.kind and r.controle = 'ai'
  join handoffs h on h.conversa_id = e.conversa_id
 where e.claimed_at > h.created_at and e.claimed_at < coalesce(h.resolvido_em, 'infinity')
"""


class Round:
    """One draft, and all that may happen to it at once."""

    def __init__(self, julia: Julia, chat: int, n: int, rng: random.Random) -> None:
        self.julia = julia
        self.chat = chat
        self.n = n
        self.rng = rng
        self.number = f"55119{chat:08}"
        self.conversa = ""

    async def play(self) -> None:
        julia, shifts = self.julia, Shifts(self.julia)
        vaga = await shifts.offer(3 + self.n * AT_ONCE + self.chat)
        self.conversa = (await julia.receive(self.number, f"pergunta {self.n}"))["conversa_id"]
        await julia.call(
            "chatwoot_linked",
            conversa_id=self.conversa,
            contact_id=self.chat,
            conversation_id=self.chat,
        )
        await julia.give_back(self.conversa)
        await julia.make_due(self.conversa)
        turn = await julia.begin(self.conversa)
        if turn["status"] != "iniciado":
            return
        held = await shifts.hold(turn, vaga)
        holds = [held["reserva_id"]] if held["status"] == "segurada" else []
        await julia.commit(turn, "Fechado!", "Até lá!", holds=holds)
        await self.shown()
        acts: list[Callable[[], Awaitable[Any]]] = [
            self.send,
            *self.rng.sample([self.approve, self.approve, self.reject, self.edit], 2),
            *self.rng.sample([self.write, self.take_over, self.answer], 1),
        ]
        await asyncio.gather(*(self.at_some_time(act) for act in acts))
        await self.send()

    async def shown(self) -> None:
        """Only that the draft can be read: others are shown side by side."""
        await self.julia.sql(
            "update chatwoot_efeitos set feito_em = api.agora() "
            "where conversa_id = $1 and feito_em is null",
            self.conversa,
        )

    async def at_some_time(self, act: Callable[[], Awaitable[Any]]) -> None:
        await asyncio.sleep(self.rng.uniform(0, 0.02))
        await act()

    async def decide(self, decisao: str, **p: Any) -> None:
        await self.julia.call(
            "person_decided",
            entrega=uuid.uuid4().hex,
            conversation_id=self.chat,
            decisao=decisao,
            em=self.julia.now().isoformat(),
            por="Bia",
            **p,
        )

    async def approve(self) -> None:
        await self.decide("aprovar")

    async def reject(self) -> None:
        await self.decide("rejeitar", motivo="não")

    async def edit(self) -> None:
        await self.decide("editar", partes=["Outro texto", "e outro"])

    async def write(self) -> None:
        await self.julia.receive(self.number, "mudei de ideia")

    async def take_over(self) -> None:
        await self.julia.take_over_by_sql(self.conversa)

    async def answer(self) -> None:
        await self.julia.call(
            "person_wrote",
            entrega=uuid.uuid4().hex,
            conversation_id=self.chat,
            mensagem_id=uuid.uuid4().int % 10**12,
            conteudo="Oi, aqui é a Bia",
            anexos=0,
            por="Bia",
        )

    async def send(self) -> None:
        for _ in range(6):
            claim = await self.julia.claim(self.conversa)
            if claim["status"] == "enviar":
                await self.julia.record(claim)


@pytest.mark.timeout(200)
async def test_a_draft_has_one_end_whatever_happens_at_once(julia: Julia) -> None:
    rng = random.Random(9)
    await julia.sql("update configuracoes set valor = 'true' where chave = 'copiloto'")

    async def plays(chat: int) -> None:
        for n in range(ROUNDS):
            await Round(julia, chat, n, rng).play()

    try:
        await asyncio.gather(*(plays(chat) for chat in range(1, AT_ONCE + 1)))
    finally:
        await julia.sql("update configuracoes set valor = 'false' where chave = 'copiloto'")

    for proof in (
        NOT_APPROVED,
        UNDRAFTED,
        APPROVED_AND_UNWRITTEN,
        BOOKED_WITHOUT_A_WORD,
        APPROVED_UNDER_A_PERSON,
        APPROVED_OVER_NEWER_WORDS,
        WITHOUT_END,
        SENT_AFTER,
    ):
        assert await julia.sql(proof) == [], proof
    await Shifts(julia).check_the_books()
    ends = await julia.sql("select distinct status, motivo from rascunhos_copiloto")
    assert {"aprovado", "editado", "rejeitado", "vencido"} <= {row["status"] for row in ends}
    assert {"medico_escreveu", "assumida"} <= {row["motivo"] for row in ends}
    assert await julia.value("select count(*) from envios where kind = 'reply'") > 0
