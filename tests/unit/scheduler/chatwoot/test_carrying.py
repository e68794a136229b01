"""What the database says is to be done is done in Chatwoot: in order, once, whatever goes wrong."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from julia_common.chatwoot import UNCERTAIN_RETRY_SECONDS, Chatwoot
from julia_common.database import (
    ChatwootHeld,
    ChatwootLinked,
    DueChatwoot,
    PersonReturnedAnswer,
    PersonReturnedArguments,
)
from julia_common.errors import Retryable
from julia_common.secrets import SecretHeader
from julia_scheduler.chatwoot import carrying
from julia_scheduler.chatwoot.carrying import Carrier
from julia_simulators.chatwoot.app import build_app
from julia_simulators.chatwoot.state import INBOX, TOKEN, Fault, FaultKind, World

pytestmark = pytest.mark.unit

CONVERSA = str(uuid.uuid4())
AT = "2026-03-02T12:00:00+00:00"


@dataclass
class Database:
    """Lends one conversation while something of it is to be done."""

    effects: list[dict[str, Any]] = field(default_factory=list)
    link: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    given_up: dict[int, str] = field(default_factory=dict)
    ids: int = 0
    handoff_id: str | None = None
    """That a person has, and Chatwoot shows."""
    returned: list[PersonReturnedArguments] = field(default_factory=list)
    deaf: bool = False
    """What was done is not heard: the process dies before it can say so."""

    def add(self, tipo: str, **fields: Any) -> None:
        self.ids += 1
        effect = {"id": self.ids, "tipo": tipo, "tentativa": 0, "em": AT, "vale": True}
        self.effects.append(effect | fields)

    def says(self, autor: str, text: str) -> None:
        said = {"autor": autor, "tipo_conteudo": "texto", "conteudo": text, "em": AT}
        self.add("mensagem", mensagem=said)

    async def due_chatwoot(self, *, owner: str, limit: int, lease_s: int) -> DueChatwoot:
        assert owner
        assert limit > 1
        assert lease_s
        for effect in self.effects:
            effect["tentativa"] += 1
        conversa = {
            "conversa_id": CONVERSA,
            "instance": "julia-prod",
            "controlled_by": "human" if self.handoff_id else "ai",
            "handoff_id": self.handoff_id,
            **self.link,
            "medico": {"id": "m1", "telefone": "+5511988887777", "nome": "Ana"},
            "efeitos": self.effects,
        }
        due = {"conversas": [conversa] if self.effects else [], "esperando": len(self.effects)}
        return DueChatwoot.model_validate(due)

    async def chatwoot_linked(
        self, *, conversa_id: str, contact_id: int, conversation_id: int
    ) -> ChatwootLinked:
        assert conversa_id == CONVERSA
        self.link = {"contact_id": contact_id, "conversation_id": conversation_id}
        return ChatwootLinked(status="ok")

    async def chatwoot_done(
        self, *, efeito_id: int, owner: str, lease_s: int, desistiu: str | None = None
    ) -> ChatwootHeld:
        assert owner
        assert lease_s
        if self.deaf:
            text = "the database is away"
            raise Retryable(text)
        if desistiu:
            self.given_up[efeito_id] = desistiu
        self.effects = [effect for effect in self.effects if effect["id"] != efeito_id]
        return ChatwootHeld(status="ok")

    async def chatwoot_released(
        self, *, conversa_id: str, owner: str, retry_in_s: float, erro: str | None = None
    ) -> ChatwootHeld:
        assert conversa_id == CONVERSA
        assert owner
        assert (erro is None) is (retry_in_s == 0)
        self.waits.append(retry_in_s)
        return ChatwootHeld(status="ok")

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        self.returned.append(returned)
        return PersonReturnedAnswer(status="devolvida", doorbell=False)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def carrier(world: World, database: Database) -> AsyncIterator[Carrier]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=build_app(world)),
        base_url="http://chatwoot.test/api/v1/accounts/1",
        auth=SecretHeader(SecretStr(TOKEN), "api_access_token"),
    ) as http:
        yield Carrier(database, Chatwoot(http, inbox_id=INBOX), owner="me")


def shown(world: World, chat: int = 1) -> list[tuple[str, bool]]:
    return [(m["content"], m["private"]) for m in world.conversations[chat].messages]


def handed_over(database: Database, tipo: str = "assumida", **fields: Any) -> None:
    handoff = {
        "trigger_type": "pedido_humano",
        "motivo": "Pediu uma pessoa",
        "resumo": "Procura noites em Campinas",
        "ultima_mensagem": "quero falar com alguém",
        "resolvido_por": "Bia",
        "duracao_s": 420,
    }
    database.add(tipo, handoff=handoff, **fields)


async def test_what_was_said_appears_in_order(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "Oi, tem plantão?")
    database.says("julia", "Tem sim!")

    await carrier.carry()

    assert shown(world) == [("Oi, tem plantão?", False), ("Tem sim!", False)]
    assert [m["message_type"] for m in world.conversations[1].messages] == [0, 1]
    assert database.link == {"contact_id": 1, "conversation_id": 1}
    assert (database.effects, database.waits, world.refused) == ([], [0.0], [])


async def test_a_handoff_is_labelled_explained_and_opened(
    carrier: Carrier, database: Database, world: World
) -> None:
    handed_over(database)

    await carrier.carry()

    chat = world.conversations[1]
    assert (chat.labels, chat.status) == (["humano"], "open")
    ((note, private),) = shown(world)
    assert private
    for part in ("o médico pediu uma pessoa", "Procura noites", "quero falar com alguém"):
        assert part in note


async def test_a_return_takes_off_our_label_alone(
    carrier: Carrier, database: Database, world: World
) -> None:
    handed_over(database)
    await carrier.carry()
    world.conversations[1].labels.append("vip")
    handed_over(database, "devolvida")

    await carrier.carry()

    chat = world.conversations[1]
    assert (chat.labels, chat.status) == (["vip"], "pending")
    assert "Devolvida por: Bia, depois de 7 minutos" in shown(world)[-1][0]


async def test_what_a_person_resolved_stays_resolved(
    carrier: Carrier, database: Database, world: World
) -> None:
    handed_over(database)
    await carrier.carry()
    world.conversations[1].status = "resolved"
    handed_over(database, "devolvida", dados={"resolvida": True})

    await carrier.carry()

    assert world.conversations[1].status == "resolved"


async def held(carrier: Carrier, database: Database, world: World) -> None:
    """A person has the conversation, and Chatwoot shows so."""
    database.says("medico", "um")
    handed_over(database)
    await carrier.carry()
    database.handoff_id = "h1"
    assert (world.conversations[1].labels, world.conversations[1].status) == (["humano"], "open")


@pytest.mark.parametrize("how", ["resolvida", "etiqueta"])
async def test_a_return_that_no_webhook_told_is_seen_before_the_doctors_words_hide_it(
    carrier: Carrier, database: Database, world: World, how: str
) -> None:
    await held(carrier, database, world)
    if how == "resolvida":
        world.conversations[1].status = "resolved"
    else:
        world.conversations[1].labels = ["vip"]
    database.says("medico", "E no domingo?")

    await carrier.carry()

    (returned,) = database.returned
    assert (returned.motivo, returned.handoff_id) == (how, "h1")
    assert shown(world)[-1] == ("E no domingo?", False)


async def test_what_a_person_has_is_not_given_back_by_looking(
    carrier: Carrier, database: Database, world: World
) -> None:
    await held(carrier, database, world)
    database.says("medico", "Alguém aí?")

    await carrier.carry()

    assert database.returned == []
    assert world.conversations[1].status == "open"


async def test_what_julia_has_is_not_opened_for_people_when_the_doctor_writes(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "um")
    await carrier.carry()
    world.conversations[1].status = "resolved"
    database.says("medico", "dois")

    await carrier.carry()

    assert shown(world)[-1] == ("dois", False)
    assert world.conversations[1].status == "pending"


async def test_what_is_done_there_is_in_the_trace_of_what_caused_it(
    carrier: Carrier, database: Database, recorded: InMemorySpanExporter
) -> None:
    trace, cause = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    handed_over(database, traceparent=f"00-{trace}-{cause}-01")

    await carrier.carry()

    spans = [
        span for span in recorded.get_finished_spans() if span.context.trace_id == int(trace, 16)
    ]
    effect = next(span for span in spans if span.name == "chatwoot")
    assert effect.parent.span_id == int(cause, 16)
    assert effect.attributes["julia.efeito"] == "assumida"
    assert [span.name for span in spans if span.parent.span_id == effect.context.span_id] == [
        "GET /conversations/{id}/labels",
        "POST /conversations/{id}/labels",
        "POST /conversations/{id}/messages",
        "POST /conversations/{id}/toggle_status",
    ]


async def test_what_has_been_overtaken_is_only_noted(
    carrier: Carrier, database: Database, world: World
) -> None:
    handed_over(database, vale=False)

    await carrier.carry()

    chat = world.conversations[1]
    assert (chat.labels, chat.status, len(chat.messages)) == ([], "pending", 1)


@pytest.mark.parametrize("kind", [FaultKind.DONE_UNHEARD, FaultKind.SERVER_ERROR])
@pytest.mark.parametrize("failing", range(1, 9))
async def test_whatever_fails_at_whatever_request_each_thing_is_there_once(
    carrier: Carrier, database: Database, world: World, kind: FaultKind, failing: int
) -> None:
    database.says("medico", "um")
    database.says("julia", "dois")
    handed_over(database)
    requests = [
        "GET search",
        "POST contacts",
        "GET conversations",
        "POST conversations",
        "POST messages",
        "GET labels",
        "POST labels",
        "POST toggle_status",
    ]
    fault = Fault(kind=kind, seconds=0, operation=requests[failing - 1])
    world.faults.append(fault)

    await carrier.carry()
    assert database.waits[-1] > 0
    await carrier.carry()

    assert [text for text, _ in shown(world)][:2] == ["um", "dois"]
    assert len(shown(world)) == 3
    assert (len(world.contacts), len(world.conversations)) == (1, 1)
    chat = world.conversations[1]
    assert (chat.labels, chat.status, database.effects) == (["humano"], "open", [])


async def test_who_dies_before_it_can_say_so_doubles_nothing(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "um")
    database.says("medico", "dois")
    database.deaf = True
    await carrier.carry()
    database.deaf = False

    await carrier.carry()

    assert shown(world) == [("um", False), ("dois", False)]


async def test_patience_that_chatwoot_asks_for_is_given(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "um")
    world.faults.append(Fault(kind=FaultKind.RATE_LIMITED, seconds=42))

    await carrier.carry()

    assert database.waits == [42.0]


async def test_who_is_too_slow_stops_before_another_has_the_loan(
    carrier: Carrier, database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "WORK_SECONDS", 0.2)
    database.says("medico", "um")
    world.faults.append(Fault(kind=FaultKind.HANG, seconds=5, operation="POST messages"))

    await carrier.carry()
    assert database.waits == [UNCERTAIN_RETRY_SECONDS]
    await carrier.carry()

    assert shown(world) == [("um", False)]


async def test_a_refused_token_loses_nothing(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "um")
    world.faults.append(Fault(kind=FaultKind.UNAUTHORIZED))

    await carrier.carry()
    assert (database.given_up, len(database.effects)) == ({}, 1)
    await carrier.carry()

    assert shown(world) == [("um", False)]


async def test_a_conversation_that_was_deleted_there_is_made_anew(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "um")
    await carrier.carry()
    database.link["conversation_id"] = 99
    database.says("medico", "dois")

    await carrier.carry()

    assert shown(world) == [("um", False), ("dois", False)]
    assert database.link["conversation_id"] == 1


@pytest.mark.parametrize(
    ("dados", "text"),
    [
        ({"assunto": "anexos", "anexos": 2}, "O arquivo não foi enviado"),
        ({"assunto": "encerrada", "texto": "Oi?"}, "esta conversa está encerrada.\n> Oi?"),
        ({"assunto": "decisao_publica", "texto": "aprovar"}, "em nota privada.\n> aprovar"),
        (
            {"assunto": "nao_enviada", "outcome": "BLOCKED_OPTED_OUT", "texto": "Oi?"},
            "pediu para não receber mais mensagens.\n> Oi?",
        ),
    ],
)
async def test_the_person_is_told_privately_of_what_did_not_go(
    carrier: Carrier, database: Database, world: World, dados: dict[str, Any], text: str
) -> None:
    database.add("nota", dados=dados)

    await carrier.carry()

    ((note, private),) = shown(world)
    assert private
    assert text in note


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"tipo_conteudo": "audio", "conteudo": "", "leitura": "quero sábado"}, "[áudio]\nquero"),
        ({"tipo_conteudo": "texto", "conteudo": "", "apagada": True}, "[mensagem apagada]"),
        ({"tipo_conteudo": "reacao", "conteudo": "👍"}, "[reação]\n👍"),
    ],
)
async def test_what_is_no_text_is_named(
    carrier: Carrier, database: Database, world: World, said: dict[str, Any], text: str
) -> None:
    database.add("mensagem", mensagem={"autor": "medico", "em": AT} | said)

    await carrier.carry()

    assert shown(world)[0][0].startswith(text)


def draft(database: Database, **fields: Any) -> None:
    told = {
        "partes": ["Tem sim!", "Quer os detalhes?"],
        "expira_em": AT,
        "reservas": [{"hospital": "Hospital São Luiz", "quando": "sábado, 28/11"}],
        "lembretes": [{"quando": AT, "texto": "Conseguiu ver?"}],
    }
    database.add("rascunho", rascunho=told, **fields)


async def test_a_draft_is_shown_privately_labelled_and_open(
    carrier: Carrier, database: Database, world: World
) -> None:
    draft(database)

    await carrier.carry()

    chat = world.conversations[1]
    assert (chat.labels, chat.status) == (["rascunho"], "open")
    ((note, private),) = shown(world)
    assert private
    for part in ("> Tem sim!\n>\n> Quer os detalhes?", "São Luiz", "Conseguiu ver?", "`aprovar`"):
        assert part in note


async def test_a_draft_that_has_lapsed_meanwhile_is_not_shown(
    carrier: Carrier, database: Database, world: World
) -> None:
    draft(database, vale=False)

    await carrier.carry()

    assert (shown(world), world.conversations[1].labels, database.effects) == ([], [], [])


async def test_a_decision_takes_its_labels_off_and_leaves_the_others(
    carrier: Carrier, database: Database, world: World
) -> None:
    draft(database)
    await carrier.carry()
    world.conversations[1].labels += ["vip", "aprovar"]
    database.add("decisao", dados={"status": "aprovado", "por": "Bia"})

    await carrier.carry()

    chat = world.conversations[1]
    assert (chat.labels, chat.status) == (["vip"], "pending")
    assert shown(world)[-1] == ("✅ Aprovado por Bia: a resposta vai para o médico.", True)


async def test_while_another_draft_waits_only_the_persons_labels_go(
    carrier: Carrier, database: Database, world: World
) -> None:
    draft(database)
    await carrier.carry()
    world.conversations[1].labels.append("rejeitar")
    database.add("decisao", vale=False, dados={"status": "pausa"})

    await carrier.carry()

    assert (world.conversations[1].labels, world.conversations[1].status) == (["rascunho"], "open")


@pytest.mark.parametrize(
    ("dados", "text"),
    [
        ({"status": "editado", "por": "Bia"}, "Editado por Bia"),
        ({"status": "rejeitado", "por": "Bia", "motivo": "tom"}, "Motivo: tom"),
        ({"status": "vencido", "motivo": "medico_escreveu"}, "o médico escreveu de novo"),
        ({"status": "sem_rascunho"}, "Não há rascunho"),
        ({"status": "antigo"}, "antes de o rascunho aparecer"),
        ({"status": "texto_invalido"}, "Falta o texto"),
    ],
)
async def test_people_are_told_what_became_of_a_draft(
    carrier: Carrier, database: Database, world: World, dados: dict[str, Any], text: str
) -> None:
    database.add("decisao", dados=dados)

    await carrier.carry()

    assert text in shown(world)[-1][0]


async def test_an_erased_doctors_contact_goes_with_its_conversations(
    carrier: Carrier, database: Database, world: World
) -> None:
    database.says("medico", "Oi, tem plantão?")
    await carrier.carry()
    contact = database.link.pop("contact_id")
    del database.link["conversation_id"]
    database.add("eliminacao", dados={"contact_id": contact})

    await carrier.carry()

    assert (world.contacts, world.conversations, database.effects) == ({}, {}, [])
    assert database.link == {}
    assert database.waits == [0, 0]


async def test_a_contact_of_which_the_database_had_not_heard_goes_too(
    carrier: Carrier, database: Database, world: World
) -> None:
    world.add_contact(name="Ana", phone_number="+5511988887777", identifier="julia:m1")
    world.add_contact(name="Outra", phone_number="+5511988886666", identifier="julia:m2")
    database.add("eliminacao")

    await carrier.carry()

    assert [each["identifier"] for each in world.contacts.values()] == ["julia:m2"]
    assert database.effects == []


async def test_a_token_that_may_not_delete_leaves_the_erasure_waiting(
    carrier: Carrier, database: Database, world: World
) -> None:
    world.add_contact(name="Ana", phone_number=None, identifier="julia:m1")
    database.add("eliminacao", dados={"contact_id": 1})
    world.faults.append(Fault(kind=FaultKind.UNAUTHORIZED, operation="DELETE {id:int}"))

    await carrier.carry()

    assert (len(world.contacts), len(database.effects), database.waits) == (1, 1, [60.0])
    await carrier.carry()
    assert (world.contacts, database.effects) == ({}, [])
