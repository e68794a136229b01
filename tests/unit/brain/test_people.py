"""What a person did in Chatwoot becomes one call each, and a doorbell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from julia_brain.consumers import handle_control
from julia_brain.handlers import Deps
from julia_brain.testing import FakeDoorbell, SteppedClock
from julia_common.contracts.messages import DraftDecided, PersonReturned, PersonWrote
from julia_common.database import (
    PersonDecidedAnswer,
    PersonDecidedArguments,
    PersonReturnedAnswer,
    PersonReturnedArguments,
    PersonWroteAnswer,
    PersonWroteArguments,
)
from julia_common.errors import Retryable

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakePeople:
    def __init__(self) -> None:
        self.calls: list[
            PersonWroteArguments | PersonReturnedArguments | PersonDecidedArguments
        ] = []
        self.status = "assumida"

    async def person_wrote(self, message: PersonWroteArguments) -> PersonWroteAnswer:
        self.calls.append(message)
        return PersonWroteAnswer.model_validate(self._answer())

    async def person_decided(self, decided: PersonDecidedArguments) -> PersonDecidedAnswer:
        self.calls.append(decided)
        return PersonDecidedAnswer.model_validate(self._answer())

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        self.calls.append(returned)
        return PersonReturnedAnswer.model_validate(self._answer())

    def _answer(self) -> dict[str, Any]:
        if self.status == "desconhecida":
            return {"status": self.status, "doorbell": False}
        known = {"conversa_id": "c1", "instance": "julia-prod", "doorbell": True}
        return {"status": self.status, **known}


@pytest.fixture
def people() -> FakePeople:
    return FakePeople()


@pytest.fixture
def doorbell() -> FakeDoorbell:
    return FakeDoorbell()


@pytest.fixture
def deps(people: FakePeople, doorbell: FakeDoorbell) -> Deps:
    return Deps(inbox=people, doorbell=doorbell, alarm=None, clock=SteppedClock(NOW))


def written(received_at: datetime = NOW) -> PersonWrote:
    return PersonWrote(
        delivery="d-1",
        conversation_id=17,
        by="Bia",
        message_id=91,
        text="Oi, aqui é a Bia",
        received_at=received_at,
    )


async def test_a_persons_words_are_stored_and_rung_for(
    deps: Deps, people: FakePeople, doorbell: FakeDoorbell
) -> None:
    await handle_control(written(), deps)

    (call,) = people.calls
    assert call == PersonWroteArguments(
        entrega="d-1",
        conversation_id=17,
        mensagem_id=91,
        conteudo="Oi, aqui é a Bia",
        anexos=0,
        por="Bia",
    )
    assert doorbell.rung == ["c1"]


async def test_a_conversation_that_is_just_being_made_is_waited_for(
    deps: Deps, people: FakePeople, doorbell: FakeDoorbell
) -> None:
    people.status = "desconhecida"

    with pytest.raises(Retryable):
        await handle_control(written(), deps)
    await handle_control(written(NOW - timedelta(minutes=2)), deps)

    assert doorbell.rung == []


async def test_a_return_is_stored_and_rung_for(
    deps: Deps, people: FakePeople, doorbell: FakeDoorbell
) -> None:
    people.status = "devolvida"
    message = PersonReturned(
        delivery="d-2",
        conversation_id=17,
        by="Bia",
        how="etiqueta",
        changed_at=NOW,
        received_at=NOW,
    )

    await handle_control(message, deps)

    (call,) = people.calls
    assert isinstance(call, PersonReturnedArguments)
    assert (call.motivo, call.em, call.por) == ("etiqueta", NOW, "Bia")
    assert doorbell.rung == ["c1"]


def decision(decision: str, text: str = "", received_at: datetime = NOW) -> DraftDecided:
    return DraftDecided(
        delivery="d-3",
        conversation_id=17,
        by="Bia",
        decision=decision,
        message_id=92,
        text=text,
        decided_at=NOW,
        received_at=received_at,
    )


@pytest.mark.parametrize(
    ("message", "partes", "motivo"),
    [
        (decision("aprovar"), None, None),
        (decision("editar", " Tem sim! "), ("Tem sim!",), None),
        (decision("editar", " "), None, None),
        (decision("rejeitar", "tom errado"), None, "tom errado"),
        (decision("rejeitar"), None, None),
    ],
)
async def test_a_word_on_a_draft_is_one_call_and_a_doorbell(
    deps: Deps,
    people: FakePeople,
    doorbell: FakeDoorbell,
    message: DraftDecided,
    partes: tuple[str, ...] | None,
    motivo: str | None,
) -> None:
    people.status = "aprovado"

    await handle_control(message, deps)

    (call,) = people.calls
    assert isinstance(call, PersonDecidedArguments)
    assert (call.decisao, call.partes, call.motivo) == (message.decision, partes, motivo)
    assert (call.mensagem_id, call.em, call.por) == (92, NOW, "Bia")
    assert doorbell.rung == ["c1"]


async def test_a_word_in_a_conversation_that_is_just_being_made_is_waited_for(
    deps: Deps, people: FakePeople, doorbell: FakeDoorbell
) -> None:
    people.status = "desconhecida"

    with pytest.raises(Retryable):
        await handle_control(decision("aprovar"), deps)
    await handle_control(decision("aprovar", received_at=NOW - timedelta(minutes=2)), deps)

    assert doorbell.rung == []
