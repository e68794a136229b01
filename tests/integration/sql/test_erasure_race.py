"""A doctor is erased while turns commit, sends are claimed and recorded, and she writes."""

import asyncio
import random
import uuid
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia, lid, phone
from tests.integration.sql.courting import MONDAY, Courting
from tests.integration.sql.test_erasure import erase

from julia_common.database import Received, SendRecorded, UncertainSends

pytestmark = pytest.mark.integration

AT_ONCE = 6
ROUNDS = 15
WORD = "cafubira"
USAGE = {"model": "x", "input_tokens": 1, "output_tokens": 1, "custo_usd": "0.01", "llm_ms": 1}

HELD = """
select 'conversations' from conversations c where c::text ~ $1 union all
select 'interacoes' from interacoes i where i::text ~ $1 union all
select 'fila_mensagens' from fila_mensagens f where f::text ~ $1 union all
select 'medicos' from medicos m where m::text ~ $1 union all
select 'contact_identities' from contact_identities x where x::text ~ $1 union all
select 'chatwoot_efeitos' from chatwoot_efeitos e where e::text ~ $1 union all
select 'notificacoes_gestor' from notificacoes_gestor n where n::text ~ $1 union all
select 'doctor_context' from doctor_context d where d::text ~ $1
"""
CLAIMED_AFTER = """
select e.claim_id from envios e join medicos m on m.id = e.medico_id
 where e.claimed_at > m.eliminado_em
"""
COMMITTED_AFTER = """
select t.id from turnos t join conversations c on c.id = t.conversa_id
 where t.committed_at > c.eliminada_em and t.outcome = 'resposta'
"""
OPEN_OF_NOBODY = """
select c.id from conversations c join medicos m on m.id = c.medico_id
 where m.eliminado_em is not null and (c.eliminada_em is null or c.status <> 'completed')
"""


class Round:
    """One doctor, who is erased at a random moment of whatever happens to her."""

    def __init__(self, julia: Julia, chat: int, n: int, rng: random.Random) -> None:
        self.julia = julia
        self.rng = rng
        self.number = f"55319{chat:04}{n:04}"
        self.lid = f"88{chat:04}{n:04}"
        self.conversa = ""
        self.before: list[dict[str, Any]] = []

    async def play(self) -> None:
        self.conversa = (await self.writes("um"))["conversa_id"]
        await self.julia.answer(self.conversa, f"Oi {WORD}", f"Tudo {WORD}")
        await self.writes("dois")
        await asyncio.gather(
            self.at_some_time(self.erase),
            self.at_some_time(self.answers),
            self.at_some_time(self.sends),
            self.at_some_time(self.writes_on),
            self.at_some_time(self.learns),
        )
        for message in self.before:
            again = await self.julia.receive(self.number, **message)
            assert again["status"] == "duplicada"
        await self.sends()

    async def at_some_time(self, act: Any) -> None:
        await asyncio.sleep(self.rng.uniform(0, 0.06))
        await act()

    async def erase(self) -> None:
        assert (await erase(self.julia, telefone=self.number))["status"] == "eliminado"

    async def writes(self, text: str) -> Any:
        """What she writes bears a time long before the erasure."""
        message = {
            "text": f"{text} {WORD}", "key_id": uuid.uuid4().hex, "push_name": WORD,
            "provider_at": self.julia.ago(seconds=20),
        }  # fmt: skip
        self.before.append(message)
        return await self.julia.receive(self.number, **message)

    async def writes_on(self) -> None:
        await self.writes("três")
        await self.writes("quatro")

    async def learns(self) -> None:
        """WhatsApp names her other address in a message; two contacts may have to become one."""
        message = {
            "text": WORD, "key_id": uuid.uuid4().hex, "provider_at": self.julia.ago(seconds=20),
            "identities": [phone(self.number), lid(self.lid)],
        }  # fmt: skip
        self.before.append(message)
        await self.julia.receive(self.number, **message)

    async def answers(self) -> None:
        await self.julia.make_due(self.conversa)
        turn = await self.julia.begin(self.conversa)
        if turn["status"] == "iniciado":
            memory = {"tipo": "preferencia", "conteudo": f"gosta de {WORD}"}
            await self.julia.commit(turn, f"Olá {WORD}", effects={"memorias": [memory]})

    async def sends(self) -> None:
        for _ in range(4):
            claim = await self.julia.claim(self.conversa)
            if claim["status"] == "enviar":
                await asyncio.sleep(self.rng.uniform(0, 0.02))
                outcome = self.rng.choice(["enviada", "nao_enviada", "incerta"])
                await self.julia.record(
                    claim, outcome, remote_jid=f"{self.number}@s.whatsapp.net", motivo=WORD
                )


@pytest.mark.timeout(300)
async def test_whatever_happens_at_once_nothing_is_left_of_her_and_nothing_goes(
    julia: Julia,
) -> None:
    rng = random.Random(61)

    async def plays(chat: int) -> None:
        for n in range(ROUNDS):
            await Round(julia, chat, n, rng).play()

    await asyncio.gather(*(plays(chat) for chat in range(1, AT_ONCE + 1)))

    assert await julia.sql(HELD, WORD) == []
    assert await julia.sql(HELD, "55319[0-9]{8}|@lid") == []
    assert await julia.sql(CLAIMED_AFTER) == []
    assert await julia.sql(COMMITTED_AFTER) == []
    assert await julia.sql(OPEN_OF_NOBODY) == []
    assert await julia.value("select count(*) from fila_mensagens where status = 'pendente'") == 0
    assert await julia.value("select count(*) from eliminacoes") == AT_ONCE * ROUNDS
    # It was a race: some sends were under way, some turns had been committed, some not.
    assert await julia.value("select count(*) from envios where status = 'enviado'") > 0
    outcomes = await julia.value("select count(*) from turnos where outcome = 'resposta'")
    assert AT_ONCE * ROUNDS < outcomes < 2 * AT_ONCE * ROUNDS


async def after(julia: Julia) -> list[str]:
    return [row[0] for row in await julia.sql(HELD, WORD)]


async def test_a_message_that_waits_for_the_erasure_finds_her_gone(julia: Julia) -> None:
    await julia.receive("5531987650192", WORD)
    late = {"key_id": "LATE", "provider_at": julia.ago(seconds=20)}
    async with julia.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            'select api.erase_doctor(\'{"telefone": "5531987650192", "por": "ana",'
            ' "protocolo": "1"}\')'
        )
        waiting = asyncio.create_task(julia.receive("5531987650192", WORD, **late))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await transaction.commit()

    assert (await waiting)["status"] == "duplicada"
    assert await after(julia) == []


async def test_an_erasure_that_waits_for_a_message_takes_it_along(julia: Julia) -> None:
    await julia.receive("5531987650192", WORD)
    async with julia.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await julia.call_on(
            connection, "receive_message", instance="julia-teste", key_id="FIRST",
            identities=[phone("5531987650192")], provider_at=julia.now().isoformat(),
            tipo_conteudo="texto", conteudo=WORD, origin="webhook",
        )  # fmt: skip
        waiting = asyncio.create_task(erase(julia, telefone="5531987650192"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await transaction.commit()

    assert (await waiting)["status"] == "eliminado"
    assert await after(julia) == []


async def campaign_to_her(julia: Julia) -> Courting:
    """A campaign has begun, and she is to be written to next."""
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(telefone="+5531987650192", primeiro_nome=WORD)
    await courting.start()
    return courting


async def test_an_erasure_that_waits_for_a_campaign_takes_its_message_along(julia: Julia) -> None:
    await campaign_to_her(julia)
    async with julia.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        fed = await julia.call_on(connection, "feed_campaigns", limit=50)
        assert fed["enfileiradas"] == 1
        waiting = asyncio.create_task(erase(julia, telefone="5531987650192"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await transaction.commit()

    assert (await waiting)["status"] == "eliminado"
    assert await after(julia) == []
    assert await julia.sql(OPEN_OF_NOBODY) == []


async def test_a_campaign_that_comes_during_an_erasure_writes_nothing(julia: Julia) -> None:
    courting = await campaign_to_her(julia)
    async with julia.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            'select api.erase_doctor(\'{"telefone": "5531987650192", "por": "ana",'
            ' "protocolo": "1"}\')'
        )
        feeding = asyncio.create_task(courting.feed())
        await asyncio.sleep(0.2)
        await transaction.commit()

    assert await feeding == 0
    assert await courting.feed() == 0
    assert await after(julia) == []
    assert await julia.sql(OPEN_OF_NOBODY) == []


async def test_a_shadow_that_drafts_on_is_paid_for_and_not_kept(julia: Julia) -> None:
    conversa = (await julia.receive("5531987650192", WORD))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.commit(turn, WORD)
    await erase(julia, telefone="5531987650192")

    await julia.call(
        "store_shadow", turno_id=turn["turno_id"], conversa_id=conversa, prompt_id="persona-1",
        texto=WORD, usage=USAGE,
    )  # fmt: skip
    await julia.call(
        "set_copilot", op_id=str(uuid.uuid4()), alvo="conversa", id=conversa, modo="ligado",
        motivo=WORD, por="ana",
    )  # fmt: skip

    assert await julia.value("select count(*) from rascunhos_sombra") == 0
    assert await julia.value("select count(*) from turnos where outcome = 'sombra'") == 1
    assert await julia.value("select motivo from decisoes_copiloto") == "[eliminado]"


async def test_a_part_that_was_sent_is_recorded_as_the_dispatcher_reads_it(julia: Julia) -> None:
    conversa = await julia.talk(WORD, "dois", number="5531987650192")
    claim = await julia.claim(conversa)

    await erase(julia, telefone="5531987650192")

    recorded = SendRecorded.model_validate(await julia.record(claim))
    assert (recorded.fila_status, recorded.mais, recorded.resposta) == ("enviada", False, None)
    assert await julia.states(conversa) == ["enviada"]
    late = await julia.receive("5531987650192", WORD, provider_at=julia.ago(seconds=60))
    assert Received.model_validate(late).conversa_id is None


async def test_a_part_that_was_not_sent_is_not_tried_again(julia: Julia) -> None:
    conversa = await julia.talk(WORD, number="5531987650192")
    claim = await julia.claim(conversa)

    await erase(julia, telefone="5531987650192")

    assert (await julia.claim(conversa, claim["claim_id"]))["motivo"] == "ja_resolvida"
    assert (await julia.record(claim, "nao_enviada", motivo=WORD))["fila_status"] == "cancelada"
    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await after(julia) == []


async def test_an_uncertain_part_is_looked_for_by_its_hash_and_never_sent_again(
    julia: Julia,
) -> None:
    first = await julia.talk(WORD, number="5531987650192")
    claim = await julia.uncertain(first)
    await erase(julia, telefone="5531987650192")
    await julia.later(seconds=20)

    found = await julia.call("uncertain_sends", limit=9, owner=julia.owner)

    (doubt,) = UncertainSends.model_validate(found).sends
    assert (doubt.destino, doubt.text_hash) == ("@", claim["text_hash"])
    await julia.settle(claim, "negativa")
    await julia.later(seconds=31)
    assert (await julia.settle(claim, "negativa"))["status"] == "reenviar"
    assert await julia.states(first) == ["cancelada"]
    assert await julia.value("select text_hash from envios") == ""


async def test_an_uncertain_part_that_had_arrived_is_settled(julia: Julia) -> None:
    conversa = await julia.talk(WORD, number="5531987650192")
    claim = await julia.uncertain(conversa)
    await erase(julia, telefone="5531987650192")

    told = await julia.echo(WORD, "5531987650192", key_id="ECHO")

    assert told["status"] == "vinculada"
    assert await julia.states(conversa) == ["enviada"]
    settled = await julia.settle(claim, "positiva", provider_message_id="ECHO")
    assert settled["status"] == "ja_resolvida"
    assert await after(julia) == []


async def test_what_is_thought_of_her_afterwards_is_not_kept(julia: Julia) -> None:
    conversa = (await julia.receive("5531987650192", WORD, tipo="imagem"))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await erase(julia, telefone="5531987650192")

    read = await julia.call(
        "store_reading", conversa_id=conversa, token=turn["token"],
        interacao_id=turn["pending"][0]["id"], leitura=WORD,
    )  # fmt: skip
    assert read["status"] == "perdido"
    summed = await julia.call(
        "store_summary", conversa_id=conversa, op_id=str(uuid.uuid4()),
        ate=turn["pending"][0]["id"], resumo=WORD, usage=USAGE,
    )  # fmt: skip
    assert summed["status"] == "desatualizado"
    spent = await julia.call(
        "record_spent", conversa_id=conversa, op_id=turn["turno_id"], motivo="lease", usage=USAGE
    )
    assert spent["status"] == "registrado"
    await julia.call("chatwoot_linked", conversa_id=conversa, contact_id=7, conversation_id=8)
    wrote = await julia.call(
        "person_wrote", entrega="x", conversation_id=8, conversa_id=conversa, mensagem_id=9,
        conteudo=WORD, anexos=0, por="Bia",
    )  # fmt: skip
    assert (wrote["status"], wrote["doorbell"]) == ("duplicada", False)
    assert await after(julia) == []
    # What the mirror had just made there is taken back.
    made = await julia.value(
        "select dados from chatwoot_efeitos where tipo = 'eliminacao' and dados <> '{}'"
    )
    assert made == '{"contact_id": 7}'
