"""What people did in Chatwoot and no webhook told is found there, and done once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from julia_common.chatwoot import Chatwoot
from julia_common.contracts.messages import DraftDecided, SendRequested
from julia_common.database import (
    ChatwootWindow,
    PersonReturnedAnswer,
    PersonReturnedArguments,
    PersonWroteAnswer,
    PersonWroteArguments,
    Unheard,
)
from julia_common.secrets import SecretHeader
from julia_scheduler.chatwoot.catchup import JOB, ChatwootCatchUp
from julia_simulators.chatwoot.app import build_app
from julia_simulators.chatwoot.state import AGENT, INBOX, TOKEN, US, Fault, FaultKind, World

pytestmark = pytest.mark.unit

CONVERSA = "00000000-0000-0000-0000-00000000000a"


@dataclass
class Database:
    """Knows some messages, whom people have, and where a draft waits."""

    known: set[int] = field(default_factory=set)
    drafts: set[int] = field(default_factory=set)
    held: dict[int, str] = field(default_factory=dict)
    done: list[Any] = field(default_factory=list)

    async def chatwoot_window(self, *, job: str) -> ChatwootWindow:
        assert job == JOB
        now = datetime.now(UTC)
        return ChatwootWindow(since=now - timedelta(minutes=10), until=now)

    async def chatwoot_unheard(self, *, antes, mensagens, conversas, conversa, notas) -> Unheard:
        assert antes.tzinfo is not None
        return Unheard.model_validate(
            {
                "mensagens": [each for each in mensagens if each not in self.known],
                "notas": [
                    each for each in notas if conversa in self.drafts and each not in self.known
                ],
                "devolvidas": [
                    {"conversation_id": chat, "handoff_id": self.held[chat]}
                    for chat in conversas
                    if chat in self.held
                ],
            }
        )

    async def person_wrote(self, message: PersonWroteArguments) -> PersonWroteAnswer:
        self.done.append(message)
        self.known.add(message.mensagem_id)
        chat = message.conversation_id
        status = "aceita" if chat in self.held else "assumida"
        self.held.setdefault(chat, f"h{chat}")
        return PersonWroteAnswer(
            status=status,
            conversa_id=CONVERSA,
            instance="julia-01",
            doorbell=True,
            handoff_id=self.held[chat],
        )

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        self.done.append(returned)
        assert self.held.pop(returned.conversation_id) == returned.handoff_id
        return PersonReturnedAnswer(status="devolvida", doorbell=False)


@dataclass
class Bell:
    rung: list[SendRequested | DraftDecided] = field(default_factory=list)

    async def publish(self, message: Any, *, key: str | None = None) -> None:
        assert key == CONVERSA
        self.rung.append(message)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def world() -> World:
    world = World()
    world.add_contact(name="Dra. Ana", phone_number="+5511988887777", identifier="julia:a")
    return world


@pytest.fixture
async def catch_up(world: World, database: Database, bell: Bell) -> AsyncIterator[ChatwootCatchUp]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=build_app(world)),
        base_url="http://chatwoot.test/api/v1/accounts/1",
        auth=SecretHeader(SecretStr(TOKEN), "api_access_token"),
    ) as http:
        yield ChatwootCatchUp(database, Chatwoot(http, inbox_id=INBOX), bell)


def chat(world: World, *, status: str = "open", labels: tuple[str, ...] = ("humano",)) -> int:
    made = world.add_conversation(1, status, {"conversa_id": CONVERSA})
    made.labels = list(labels)
    return made.id


def says(
    world: World,
    chat_id: int,
    text: str,
    sender: dict[str, Any] = AGENT,
    *,
    private: bool = False,
    **ours: str,
) -> int:
    message = world.add_message(
        world.conversations[chat_id],
        content=text,
        content_type="text",
        content_attributes=ours,
        message_type=1,
        private=private,
        sender=sender,
    )
    return message["id"]


async def test_only_what_is_not_known_is_told_in_order(
    catch_up: ChatwootCatchUp, database: Database, world: World, bell: Bell
) -> None:
    held = chat(world)
    database.held[held] = "h"
    database.known.add(says(world, held, "ouvida"))
    says(world, held, "da Júlia", US, julia_id="efeito:1")
    first, second = says(world, held, "perdida"), says(world, held, "e mais esta")

    assert await catch_up.run() == 2
    assert await catch_up.run() == 0

    told = [(each.entrega, each.mensagem_id, each.conteudo, each.por) for each in database.done]
    assert told == [
        (f"visto:{first}", first, "perdida", "Bia"),
        (f"visto:{second}", second, "e mais esta", "Bia"),
    ]
    assert len(bell.rung) == 2


@pytest.mark.parametrize(
    ("status", "labels", "how"),
    [("resolved", ("humano",), "resolvida"), ("open", ("vip",), "etiqueta")],
)
async def test_what_was_given_back_is_given_back(
    catch_up: ChatwootCatchUp,
    database: Database,
    world: World,
    status: str,
    labels: tuple[str, ...],
    how: str,
) -> None:
    held = chat(world, status=status, labels=labels)
    database.held[held] = "h"

    assert await catch_up.run() == 1
    assert await catch_up.run() == 0

    (returned,) = database.done
    assert (returned.motivo, returned.handoff_id, returned.entrega) == (how, "h", "visto:h")


async def test_what_a_person_has_or_julia_has_stays_as_it_is(
    catch_up: ChatwootCatchUp, database: Database, world: World
) -> None:
    database.held[chat(world)] = "h"
    chat(world, status="resolved", labels=())

    assert await catch_up.run() == 0
    assert database.done == []


async def test_who_wrote_and_then_resolved_has_given_it_back(
    catch_up: ChatwootCatchUp, database: Database, world: World
) -> None:
    seized = chat(world, labels=())
    says(world, seized, "Oi, aqui é a Bia")
    says(world, seized, "Já te ligo")
    world.conversations[seized].status = "resolved"
    world.conversations[seized].updated_at += 60

    assert await catch_up.run() == 3

    wrote, again, returned = database.done
    assert [wrote.conteudo, again.conteudo] == ["Oi, aqui é a Bia", "Já te ligo"]
    assert (returned.motivo, returned.handoff_id) == ("resolvida", f"h{seized}")


@pytest.mark.parametrize("status", ["pending", "resolved"])
async def test_who_only_wrote_keeps_the_conversation(
    catch_up: ChatwootCatchUp, database: Database, world: World, status: str
) -> None:
    # Its label is put on when Chatwoot is told of the takeover; resolved it was before.
    seized = chat(world, status=status, labels=())
    says(world, seized, "Oi, aqui é a Bia")

    assert await catch_up.run() == 1

    assert database.held == {seized: f"h{seized}"}


async def test_a_conversation_of_others_is_left_alone(
    catch_up: ChatwootCatchUp, database: Database, world: World
) -> None:
    other = world.add_conversation(1, "open", {}).id
    says(world, other, "Não é de nenhum médico")

    assert await catch_up.run() == 0
    assert database.done == []


async def test_a_conversation_that_cannot_be_seen_holds_up_no_other_and_fails_the_run(
    catch_up: ChatwootCatchUp, database: Database, world: World
) -> None:
    says(world, chat(world), "uma")
    says(world, chat(world), "outra")
    world.faults.append(Fault(kind=FaultKind.SERVER_ERROR, operation="GET messages"))

    with pytest.raises(ExceptionGroup):
        await catch_up.run()
    assert len(database.done) == 1
    await catch_up.run()

    assert sorted(each.conteudo for each in database.done) == ["outra", "uma"]


async def test_what_a_note_decides_on_a_waiting_draft_is_told_as_its_webhook_would_have(
    catch_up: ChatwootCatchUp, database: Database, world: World, bell: Bell
) -> None:
    waits = chat(world, labels=("humano", "rascunho"))
    database.drafts.add(waits)
    database.known.add(says(world, waits, "rejeitar", private=True))
    says(world, waits, "aprovar", US, private=True, julia_id="efeito:1")
    says(world, waits, "acho que é bom editar isto", private=True)
    note = says(world, waits, "editar: Tem sim, **no sábado**!", private=True)

    assert await catch_up.run() == 1

    (told,) = bell.rung
    assert isinstance(told, DraftDecided)
    assert (told.decision, told.text, told.by) == ("editar", "Tem sim, *no sábado*!", "Bia")
    assert (told.delivery, told.message_id, told.conversation_id) == (f"visto:{note}", note, waits)
    assert told.decided_at.timestamp() <= world.conversations[waits].messages[-1]["created_at"]
    assert database.done == []


async def test_a_note_is_never_sent_and_decides_nothing_where_nothing_waits(
    catch_up: ChatwootCatchUp, database: Database, world: World, bell: Bell
) -> None:
    says(world, chat(world), "aprovar", private=True)
    says(world, chat(world), "Liguei para ela", private=True)

    assert await catch_up.run() == 0
    assert (database.done, bell.rung) == ([], [])
