"""The use case, with a broker that is a list."""

import json

import pytest
from prometheus_client import REGISTRY

from julia_common.contracts.canary import CANARY_KEY
from julia_common.contracts.messages import Message, MessageReceived, MessageSent
from julia_common.errors import Retryable
from julia_common.whatsapp.testing import INSTANCE, KEY_ID, LID_JID, PHONE_JID, RECEIVED_AT, record
from julia_ingest import handlers
from julia_ingest.handlers import Receipt, Webhook, accept, conversation_key


class FakeOutlet:
    """Keeps what it is given; away after the first `room` pieces."""

    def __init__(self, room: int = 100) -> None:
        self.published: list[tuple[str, Message]] = []
        self.quarantined: list[tuple[str, bytes]] = []
        self._room = room

    async def publish(self, message: Message, *, key: str) -> None:
        self._take_room()
        self.published.append((key, message))

    async def quarantine(self, body: bytes, *, reason: str, path: str) -> None:
        assert path == "/webhook/evolution"
        self._take_room()
        self.quarantined.append((reason, body))

    def _take_room(self) -> None:
        if self._room == 0:
            message = "the broker is away"
            raise Retryable(message)
        self._room -= 1


def webhook(event: str, data: object) -> Webhook:
    body = {
        "event": event,
        "instance": INSTANCE,
        "data": data,
        "destination": "http://julia-api:8000/webhook/evolution",
        "date_time": "2026-03-02T09:00:30.000Z",
        "sender": "5511977776666@s.whatsapp.net",
        "server_url": "http://evolution:8080",
        "apikey": "instance-token",
    }
    return of_bytes(json.dumps(body).encode())


def of_bytes(body: bytes) -> Webhook:
    return Webhook(body=body, path_event="", received_at=RECEIVED_AT)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_everything_that_a_webhook_brings_is_published_in_its_order() -> None:
    outlet = FakeOutlet()
    keys = [f"3EB0{number}" for number in range(5)]
    records = [record({"conversation": key}, key={"id": key}) for key in keys]
    receipt = await accept(webhook("messages.upsert", records), outlet)
    assert receipt == Receipt("messages.upsert", published=5)
    assert [m.key_id for _, m in outlet.published if isinstance(m, MessageReceived)] == keys


async def test_nothing_is_accepted_while_the_broker_has_only_a_part() -> None:
    outlet = FakeOutlet(room=1)
    records = [record({"conversation": "oi"}, key={"id": key}) for key in ("A", "B")]
    with pytest.raises(Retryable):
        await accept(webhook("messages.upsert", records), outlet)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"' * 9, b"[" * 5000, b"\x00"])
async def test_unreadable_body_is_quarantined_as_it_came(body: bytes) -> None:
    outlet = FakeOutlet()
    receipt = await accept(of_bytes(body), outlet)
    assert receipt == Receipt("other", quarantined=1)
    assert [kept for _, kept in outlet.quarantined] == [body]


async def test_unreadable_body_is_not_accepted_while_the_quarantine_is_away() -> None:
    with pytest.raises(Retryable):
        await accept(of_bytes(b"{"), FakeOutlet(room=0))


async def test_unreadable_part_is_quarantined_so_that_a_replay_brings_only_it() -> None:
    broken = record({"conversation": 1}, key={"id": "BROKEN"})
    outlet = FakeOutlet()
    receipt = await accept(
        webhook("messages.upsert", [record({"conversation": "oi"}), broken]), outlet
    )
    assert receipt == Receipt("messages.upsert", published=1, quarantined=1)
    ((reason, kept),) = outlet.quarantined
    assert reason == "content"
    again = json.loads(kept)
    assert (again["event"], again["instance"], again["data"]) == (
        "messages.upsert",
        INSTANCE,
        broken,
    )
    assert "apikey" not in again


async def test_defect_in_reading_quarantines_instead_of_failing_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def defective(*_: object, **__: object) -> None:
        raise KeyError(PHONE_JID)

    monkeypatch.setattr(handlers, "read_event", defective)
    outlet = FakeOutlet()
    receipt = await accept(webhook("messages.upsert", record({"conversation": "oi"})), outlet)
    assert receipt.quarantined == 1
    assert outlet.quarantined[0][0] == "defect"


async def test_ignored_and_received_are_counted() -> None:
    names = ("julia_ingest_ignored_total", "julia_mensagens_recebidas_total")
    before = (counted(names[0], reason="status"), counted(names[1], tipo="audio"))
    story = record({"conversation": "oi"}, key={"remoteJid": "status@broadcast"})
    voice = record({"audioMessage": {"seconds": 3}})
    receipt = await accept(webhook("messages.upsert", [story, voice]), FakeOutlet())
    assert receipt == Receipt("messages.upsert", published=1, ignored=1)
    after = (counted(names[0], reason="status"), counted(names[1], tipo="audio"))
    assert after == (before[0] + 1, before[1] + 1)


async def test_the_canary_is_passed_on_and_is_no_message_of_a_doctors() -> None:
    before = counted("julia_mensagens_recebidas_total", tipo="texto")
    outlet = FakeOutlet()
    canary = record({"conversation": "Canário"}, key={"id": f"{CANARY_KEY}202611231205"})

    await accept(webhook("messages.upsert", canary), outlet)

    assert len(outlet.published) == 1
    assert counted("julia_mensagens_recebidas_total", tipo="texto") == before


async def test_repaired_strings_are_counted_and_stored_without_what_no_column_takes() -> None:
    before = counted("julia_ingest_repaired_strings_total")
    outlet = FakeOutlet()
    await accept(
        webhook("messages.upsert", record({"conversation": "o\x00i \ud800"}, pushName="\udfff")),
        outlet,
    )
    assert counted("julia_ingest_repaired_strings_total") == before + 2
    ((_, message),) = outlet.published
    assert isinstance(message, MessageReceived)
    assert message.content.text == "oi \ufffd"


async def test_both_sides_of_a_chat_share_one_key_that_hides_the_number() -> None:
    outlet = FakeOutlet()
    for from_me in (False, True):
        data = record({"conversation": "oi"}, key={"fromMe": from_me, "id": f"K{from_me}"})
        await accept(webhook("messages.upsert", data), outlet)
    (theirs, received), (ours, sent) = outlet.published
    assert isinstance(received, MessageReceived)
    assert isinstance(sent, MessageSent)
    assert theirs == ours
    assert "8888" not in theirs


def test_key_differs_between_chats_and_instances() -> None:
    def key_of(instance: str, jid: str) -> str:
        message = MessageReceived.model_validate(
            {
                "instance": instance,
                "key_id": KEY_ID,
                "identities": [{"kind": "lid", "jid": jid}],
                "provider_at": RECEIVED_AT,
                "received_at": RECEIVED_AT,
                "content": {"kind": "texto"},
            }
        )
        return conversation_key(message)

    keys = {key_of("a", LID_JID), key_of("b", LID_JID), key_of("a", "1@lid")}
    assert len(keys) == 3
