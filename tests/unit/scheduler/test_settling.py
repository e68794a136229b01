"""An absence counts only when something would have been found; every outcome is told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from julia_common.contracts.messages import text_hash
from julia_common.database import SendSettled, UncertainSend, UncertainSends
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import StoredMessage
from julia_scheduler.settling import Settler

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = "5519900000001"


def stored(key_id: str, text: str = "Oi!", jid: str = f"{ANA}@s.whatsapp.net") -> StoredMessage:
    raw = {"key": {"id": key_id, "remoteJid": jid, "fromMe": True}}
    return StoredMessage(key_id, jid, True, text, NOON, raw)


def uncertain(claim_id: str = "a", **fields: object) -> UncertainSend:
    return UncertainSend.model_validate(
        {
            "claim_id": claim_id,
            "fila_id": "f",
            "conversa_id": f"c-{claim_id}",
            "instance": "julia-01",
            "destino": ANA,
            "text_hash": text_hash("Oi!"),
            "claimed_at": NOON,
            "post_ended_by": NOON + timedelta(seconds=12),
            "checks": 1,
            "negativas": 0,
            "last_known_key_id": "LAST",
            "bound_key_ids": ["LAST"],
        }
        | fields
    )


@dataclass
class FakeDatabase:
    sends: list[UncertainSend]
    answers: dict[str | None, str] = field(default_factory=dict)
    told: list[tuple[str, str, str | None]] = field(default_factory=list)
    reachable: list[bool] = field(default_factory=list)
    strict: list[bool] = field(default_factory=list)

    async def uncertain_sends(self, *, limit: int, owner: str) -> UncertainSends:
        return UncertainSends(sends=tuple(self.sends[:limit]))

    async def settle_send(
        self,
        *,
        claim_id,
        evidence,
        provider_message_id=None,
        identities=(),
        strict=False,
        reachable=True,
    ):
        self.told.append((claim_id, evidence, provider_message_id))
        self.reachable.append(reachable)
        self.strict.append(strict)
        status = self.answers.get(
            provider_message_id, "enviada" if evidence == "positiva" else "aguardar"
        )
        return SendSettled(
            status=status,
            conversa_id=f"c-{claim_id}",
            instance="julia-01",
            doorbell=status == "enviada",
        )


@dataclass
class FakeEvolution:
    messages: list[StoredMessage] = field(default_factory=lambda: [stored("LAST", "antes")])
    states: list[str] = field(default_factory=lambda: ["open", "open"])
    error: Exception | None = None
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)

    async def connection_state(self, instance):
        return self.states.pop(0)

    async def find_messages(self, instance, gte, lte, *, from_me=None):
        if self.error:
            raise self.error
        self.asked.append((gte, lte))
        assert from_me is True
        return [m for m in self.messages if gte <= m.at <= lte]

    async def find_message(self, instance, key_id):
        return next((m for m in self.messages if m.key_id == key_id), None)


@dataclass
class FakePublisher:
    rung: list[str] = field(default_factory=list)

    async def publish(self, message, *, key=None):
        self.rung.append(message.conversa_id)


async def settle(
    database: FakeDatabase, evolution: FakeEvolution, *, strict: bool = False
) -> FakePublisher:
    publisher = FakePublisher()
    await Settler(database, evolution, publisher, owner="me", strict=strict).settle()
    return publisher


async def test_a_message_that_evolution_remembers_is_positive_evidence_and_rings():
    database = FakeDatabase([uncertain()])
    publisher = await settle(database, FakeEvolution([stored("LAST", "antes"), stored("K1")]))
    assert database.told == [("a", "positiva", "K1")]
    assert publisher.rung == ["c-a"]


async def test_an_absence_is_negative_when_the_number_was_open_and_the_last_send_is_findable():
    database = FakeDatabase([uncertain()])
    await settle(database, FakeEvolution())
    assert database.told == [("a", "negativa", None)]


@pytest.mark.parametrize("states", [["close", "open"], ["open", "connecting"], ["close", "close"]])
async def test_an_absence_means_nothing_when_the_number_was_not_open_throughout(states):
    database = FakeDatabase([uncertain()])
    await settle(database, FakeEvolution(states=states))
    assert database.told == [("a", "nenhuma", None)]


async def test_an_absence_means_nothing_when_what_surely_was_sent_is_absent_too():
    database = FakeDatabase([uncertain()])
    await settle(database, FakeEvolution(messages=[]))
    assert database.told == [("a", "nenhuma", None)]


async def test_an_absence_means_nothing_for_a_number_that_never_sent_anything():
    database = FakeDatabase([uncertain(last_known_key_id=None, bound_key_ids=[])])
    await settle(database, FakeEvolution())
    assert database.told == [("a", "nenhuma", None)]


async def test_the_last_known_send_may_lie_outside_the_window():
    old = stored("LAST", "antes")
    old = StoredMessage(
        old.key_id, old.remote_jid, True, old.text, NOON - timedelta(days=9), old.raw
    )
    database = FakeDatabase([uncertain()])
    await settle(database, FakeEvolution([old]))
    assert database.told == [("a", "negativa", None)]


@pytest.mark.parametrize("error", [Retryable("away"), Permanent("HTTP 401")])
async def test_when_evolution_does_not_answer_there_is_no_evidence_and_it_is_said_so(error):
    database = FakeDatabase([uncertain()])
    await settle(database, FakeEvolution(error=error))
    assert database.told == [("a", "nenhuma", None)]
    assert database.reachable == [False]


async def test_evolution_is_asked_around_the_databases_times_with_room_for_other_clocks():
    evolution = FakeEvolution()
    later = uncertain("b", claimed_at=NOON + timedelta(minutes=5))
    await settle(FakeDatabase([uncertain(), later]), evolution)
    [(gte, lte)] = evolution.asked
    assert gte <= NOON - timedelta(minutes=10)
    assert lte >= NOON + timedelta(minutes=15)


async def test_a_message_to_another_contact_is_not_offered_twice_and_absence_follows():
    database = FakeDatabase([uncertain()], answers={"K1": "outro_contato"})
    evolution = FakeEvolution([stored("LAST", "antes"), stored("K1", jid="77@lid")])
    await settle(database, evolution)
    assert database.told == [("a", "positiva", "K1"), ("a", "negativa", None)]


async def test_an_id_that_another_send_took_meanwhile_is_passed_over():
    database = FakeDatabase([uncertain()], answers={"K1": "id_de_outro"})
    await settle(database, FakeEvolution([stored("LAST", "antes"), stored("K1"), stored("K2")]))
    assert database.told == [("a", "positiva", "K1"), ("a", "positiva", "K2")]


async def test_the_strict_mode_is_passed_on():
    database = FakeDatabase([uncertain()])
    await settle(database, FakeEvolution(), strict=True)
    assert database.strict == [True]
