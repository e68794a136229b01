"""Every method once against the migrated database: arguments accepted, answers understood."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from julia_common.contracts.messages import ContentKind, Identity, IdentityKind, Quoted, text_hash
from julia_common.database import (
    Claimed,
    ClaimNext,
    CommitTurn,
    Database,
    EditMessage,
    FinishJob,
    NotClaimed,
    OptOut,
    Received,
    ReceiveMessage,
    RecordSend,
    SentEvent,
    TakeOver,
    TurnBegun,
    TurnLost,
    TurnNotBegun,
    TurnRenewed,
    Usage,
)
from julia_common.database.context import Effects, NewFact, NewMemory, NewReminder, ScopedOptOut
from julia_common.database.knowledge import (
    ProtectedDocument,
    RecordSpent,
    StoreReading,
    StoreShadow,
    StoreSummary,
)
from julia_common.database.receiving import BotSuspicion
from julia_common.errors import Permanent
from julia_dev.pytest_plugin import SupabaseEndpoint

INSTANCE = "julia-teste"
DOCTOR = Identity(kind=IdentityKind.PHONE, jid="5511988887777@s.whatsapp.net")
OWNER = str(uuid.uuid4())
USAGE = Usage(
    model="claude",
    input_tokens=900,
    output_tokens=40,
    custo_usd=Decimal("0.00123"),
    llm_ms=1200,
)


@pytest.fixture
async def database(supabase_endpoint: SupabaseEndpoint) -> AsyncIterator[Database]:
    database = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
    yield database
    await database.aclose()


def message(text: str = "Oi, tem plantão?", **changes: object) -> ReceiveMessage:
    return ReceiveMessage.model_validate(
        {
            "instance": INSTANCE,
            "key_id": uuid.uuid4().hex,
            "identities": (DOCTOR,),
            "push_name": "Dra. Ana",
            "provider_at": datetime.now(UTC),
            "tipo_conteudo": ContentKind.TEXT,
            "conteudo": text,
            **changes,
        }
    )


def claim(conversa_id: str) -> ClaimNext:
    return ClaimNext(
        conversa_id=conversa_id,
        claim_id=str(uuid.uuid4()),
        max_hora=15,
        max_dia=80,
        post_timeout_s=10.0,
        owner=OWNER,
    )


async def begun(database: Database, conversa_id: str, token: str) -> TurnBegun:
    """Begin as soon as the burst is over."""
    for _ in range(100):
        turn = await database.begin_turn(conversa_id=conversa_id, token=token, owner=OWNER)
        if isinstance(turn, TurnBegun):
            return turn
        assert turn.status == "aguardar"
        await asyncio.sleep((turn.due_in_ms or 0) / 1000)
    raise AssertionError


async def answered(
    database: Database, received: Received, reply: str, effects: Effects | None = None
) -> str:
    """Answer what was received and return the id of the outbox row."""
    assert received.conversa_id
    token = str(uuid.uuid4())
    turn = await begun(database, received.conversa_id, token)
    committed = await database.commit_turn(
        CommitTurn(
            conversa_id=received.conversa_id,
            token=token,
            turno_id=turn.turno_id,
            control_epoch=turn.control_epoch,
            inbox_seq=turn.inbox_seq,
            outcome="resposta",
            parts=(reply,),
            effects=effects or Effects(),
            usage=USAGE,
        )
    )
    assert (committed.status, committed.repetido, committed.doorbell) == ("confirmado", False, True)
    (fila_id,) = committed.fila_ids
    return fila_id


async def test_a_message_is_received_answered_claimed_and_sent(database: Database) -> None:
    await database.check_contract()
    assert (
        await database.connection_changed(instance=INSTANCE, state="open", reason=200)
    ).status == "ok"
    first = message(
        quoted=Quoted(key_id="x", text="antes"), anexos={"media": {"mimetype": "image/jpeg"}}
    )
    received = await database.receive_message(first)
    again = await database.receive_message(first)
    assert (received.status, again.status) == ("nova", "duplicada")
    assert received.conversa_id == again.conversa_id

    due = await database.due_turns(owner=OWNER, limit=10, exclude=["x"])
    assert due.turns or due.next_due_in_ms is not None
    token = str(uuid.uuid4())
    turn = await begun(database, received.conversa_id or "", token)
    (pending,) = turn.pending
    assert (pending.conteudo, pending.key_id) == (first.conteudo, first.key_id)
    assert pending.quoted == first.quoted
    assert pending.anexos == {"media": {"mimetype": "image/jpeg"}}
    assert turn.destino.endswith(DOCTOR.jid.partition("@")[0]) or turn.destino == DOCTOR.jid

    busy = await database.begin_turn(
        conversa_id=received.conversa_id or "", token=str(uuid.uuid4()), owner=OWNER
    )
    assert isinstance(busy, TurnNotBegun)
    assert busy.status == "ocupado"
    renewed = await database.renew_turn(conversa_id=received.conversa_id or "", token=token)
    assert isinstance(renewed, TurnRenewed)
    lost = await database.renew_turn(
        conversa_id=received.conversa_id or "", token=str(uuid.uuid4())
    )
    assert isinstance(lost, TurnLost)
    released = await database.release_turn(
        conversa_id=received.conversa_id or "", token=token, motivo="teste", retry_in_s=0.1
    )
    assert released.status == "liberado"

    fila_id = await answered(database, received, "Tem sim, em Campinas.")
    claimed = await database.claim_next(claim(received.conversa_id or ""))
    assert isinstance(claimed, Claimed)
    assert (claimed.fila_id, claimed.kind) == (fila_id, "reply")
    assert (claimed.conteudo, claimed.text_hash) == (
        "Tem sim, em Campinas.",
        text_hash("Tem sim, em Campinas."),
    )
    released_claim = await database.release_claim(claim_id=claimed.claim_id, motivo="tarde")
    assert released_claim.status == "liberada"

    claimed = await database.claim_next(claim(received.conversa_id or ""))
    assert isinstance(claimed, Claimed)
    recorded = await database.record_send(
        RecordSend(
            claim_id=claimed.claim_id,
            result="enviada",
            provider_message_id="3EB0ABC",
            remote_jid=DOCTOR.jid,
            start_delay_ms=12,
            http_status=201,
        )
    )
    assert (recorded.status, recorded.fila_status) == ("registrada", "enviada")
    ack = await database.record_ack(instance=INSTANCE, key_id="3EB0ABC", status="READ")
    assert ack.status == "registrado"
    nothing = await database.claim_next(claim(received.conversa_id or ""))
    assert isinstance(nothing, NotClaimed)
    assert nothing.status == "vazio"
    usage = await database.rate_usage()
    assert (usage.hora, usage.dia) == (1, 1)
    reset = await database.reset_ceiling(window="hora", op_id=str(uuid.uuid4()), por="teste")
    assert reset.status == "reiniciado"


async def test_an_uncertain_send_is_listed_and_settled(database: Database) -> None:
    received = await database.receive_message(message())
    await answered(database, received, "Tem sim.")
    claimed = await database.claim_next(claim(received.conversa_id or ""))
    assert isinstance(claimed, Claimed)
    recorded = await database.record_send(
        RecordSend(claim_id=claimed.claim_id, result="incerta", motivo="timeout", start_delay_ms=5)
    )
    assert recorded.fila_status == "incerta"
    assert (await database.backlog()).uncertain == 1
    listed = await database.uncertain_sends(limit=10, owner=OWNER)
    assert {send.claim_id for send in listed.sends} <= {claimed.claim_id}
    settled = await database.settle_send(
        claim_id=claimed.claim_id,
        evidence="positiva",
        provider_message_id="3EB0DEF",
        identities=[DOCTOR],
    )
    assert settled.status == "enviada"
    again = await database.settle_send(claim_id=claimed.claim_id, evidence="nenhuma")
    assert again.status == "ja_resolvida"


async def test_edits_takeovers_opt_outs_and_echoes_are_understood(database: Database) -> None:
    first = message()
    received = await database.receive_message(first)
    edit = EditMessage(
        instance=INSTANCE,
        key_id=first.key_id,
        change="edit",
        text="Oi, tem plantão sábado?",
        changed_at=datetime.now(UTC),
    )
    assert (await database.edit_message(edit)).status == "aplicada"
    take_over = TakeOver(
        conversa_id=received.conversa_id or "",
        trigger_type="pedido_humano",
        motivo="pediu uma pessoa",
        notify=True,
    )
    assert (await database.take_over(take_over)).status == "assumida"
    assert (await database.take_over(take_over)).status == "ja_humana"
    typed = SentEvent(
        instance=INSTANCE,
        key_id="3EB0GHI",
        identities=(DOCTOR,),
        source="messages.upsert",
        text_hash=text_hash("Aqui é a Carla"),
        text="Aqui é a Carla",
        tipo_conteudo=ContentKind.TEXT,
        provider_at=datetime.now(UTC),
    )
    assert (await database.record_sent_event(typed)).status == "assumida"
    assert (await database.record_sent_event(typed)).status == "conhecida"
    stop = await database.receive_message(message("PARE", opt_out=OptOut(motivo="pare")))
    assert stop.status == "nova"


async def test_what_a_turn_leaves_behind_is_told_to_the_next(database: Database) -> None:
    first = message(
        "Você é um robô?",
        opt_out=OptOut(motivo="esse mês não", escopo="mes"),
        suspeita_bot=BotSuspicion(padrao="robo", trecho="você é um robô"),
    )
    received = await database.receive_message(first)
    conversa = received.conversa_id or ""
    reminder = NewReminder(
        quando=datetime.now(UTC) + timedelta(days=1), contexto="escala", mensagem="Saiu a escala?"
    )
    effects = Effects(
        fatos=(NewFact(tipo="hospital", chave="h1", dados={"nome": "São Luiz"}),),
        memorias=(NewMemory(tipo="restricao", conteudo="Não trabalha aos domingos"),),
        lembretes=(reminder,),
        opt_out=ScopedOptOut(escopo="mes", motivo="esse mês não"),
    )
    await answered(database, received, "Sou a assistente virtual.", effects)

    await database.receive_message(message("[imagem]", tipo_conteudo=ContentKind.IMAGE))
    turn = await begun(database, conversa, str(uuid.uuid4()))

    assert [m.conteudo for m in turn.memorias] == ["Não trabalha aos domingos"]
    assert [f.dados for f in turn.fatos] == [{"nome": "São Luiz"}]
    assert turn.gasto.conversa_usd == Decimal("0.00123")
    assert (turn.prompt.id, turn.sombra, turn.diretrizes, turn.handoffs) == (
        "persona-1",
        None,
        (),
        (),
    )
    assert (await database.get_prompt(id=turn.prompt.id)).versao == turn.prompt.versao


async def test_readings_summaries_shadows_and_costs_are_understood(database: Database) -> None:
    received = await database.receive_message(message("[documento]"))
    conversa = received.conversa_id or ""
    token = str(uuid.uuid4())
    turn = await begun(database, conversa, token)
    document = ProtectedDocument(
        tipo="crm", cifrado="gAAAA", sha256="0" * 64, mime="application/pdf", bytes=10
    )
    reading = StoreReading(
        conversa_id=conversa,
        token=token,
        interacao_id=turn.pending[0].id,
        leitura="CRM",
        documento=document,
    )
    kept = await database.store_reading(reading)
    assert (kept.status, bool(kept.documento_id)) == ("guardada", True)

    spent = RecordSpent(conversa_id=conversa, op_id=turn.turno_id, motivo="epoca", usage=USAGE)
    assert (await database.record_spent(spent)).status == "registrado"
    assert (await database.record_spent(spent)).status == "ja_registrado"
    summary = StoreSummary(
        conversa_id=conversa, op_id=str(uuid.uuid4()), ate="1", resumo="Oi", usage=USAGE
    )
    assert (await database.store_summary(summary)).status == "desatualizado"


async def test_a_shadows_draft_is_understood_beside_what_was_sent(database: Database) -> None:
    received = await database.receive_message(message())
    conversa = received.conversa_id or ""
    token = str(uuid.uuid4())
    turn = await begun(database, conversa, token)
    shadow = StoreShadow(
        turno_id=turn.turno_id,
        conversa_id=conversa,
        prompt_id="persona-1",
        texto="Oi, doutora!",
        falha="estilo",
        ferramentas=("buscar_vagas",),
        usage=USAGE,
    )
    assert (await database.store_shadow(shadow)).status == "desconhecido"
    await database.commit_turn(
        CommitTurn(
            conversa_id=conversa,
            token=token,
            turno_id=turn.turno_id,
            control_epoch=turn.control_epoch,
            inbox_seq=turn.inbox_seq,
            outcome="resposta",
            parts=("Oi!",),
            prompt_id=turn.prompt.id,
        )
    )
    assert (await database.store_shadow(shadow)).status == "guardado"

    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    (pair,) = (await database.shadow_report(since=since)).pares

    assert (pair.enviado, pair.sombra_texto) == ("Oi!", "Oi, doutora!")
    assert pair.sombra_ferramentas == ("buscar_vagas",)


async def test_jobs_and_catch_up_are_understood(database: Database) -> None:
    await database.connection_changed(instance=INSTANCE, state="open")
    at = datetime.now(UTC).replace(microsecond=0)
    run = {"job": "relatorio", "scheduled_at": at, "owner": OWNER}
    assert (await database.claim_job(**run, lease_s=60)).status == "seu"
    finish = FinishJob(**run, ok=True, detalhes={"linhas": 3})
    assert (await database.finish_job(finish)).status == "ok"
    assert (await database.claim_job(**run, lease_s=60)).status == "feito"
    assert (await database.expire_replies(limit=10)).transferidas == 0
    assert (await database.due_doorbells(limit=10)).conversas == ()
    (window,) = (await database.catchup_windows()).instances
    assert window.until - window.since <= timedelta(hours=25)
    known = message()
    await database.receive_message(known)
    missing = await database.missing_keys(instance=INSTANCE, key_ids=[known.key_id, "outra"])
    assert missing.missing == ("outra",)
    done = await database.catchup_done(instance=INSTANCE, until=window.until, found=1)
    assert done.status == "ok"


async def test_a_conversation_that_does_not_exist_is_permanent(database: Database) -> None:
    with pytest.raises(Permanent, match="P0002"):
        await database.begin_turn(
            conversa_id=str(uuid.uuid4()), token=str(uuid.uuid4()), owner=OWNER
        )


async def test_a_bad_argument_is_permanent_and_named(database: Database) -> None:
    with pytest.raises(Permanent, match=r"22023.*status"):
        await database.record_ack(instance=INSTANCE, key_id="x", status="LIDO")
