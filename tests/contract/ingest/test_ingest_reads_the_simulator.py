"""What the Evolution simulator writes is what ingest reads: neither may drift alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from julia_common.contracts.messages import (
    Connection,
    ContentKind,
    Message,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
)
from julia_common.whatsapp.testing import INSTANCE, PHONE_JID
from julia_ingest.domain.envelope import read_envelope
from julia_ingest.domain.events import Harvest, read_event
from julia_simulators.evolution import shapes
from julia_simulators.evolution.contents import (
    Content,
    Draft,
    Kind,
    Quote,
    compose,
    ephemeral,
    view_once,
)
from julia_simulators.evolution.state import Instance, WebhookConfig

pytestmark = pytest.mark.contract

RECEIVED_AT = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NUMBER = Instance(name=INSTANCE, own_jid="5511977776666@s.whatsapp.net")
HOOK = WebhookConfig(url="http://127.0.0.1:8000/webhook/evolution", enabled=True, events=())
KEY = {"id": "3EB0A1", "remoteJid": PHONE_JID, "fromMe": False}

KINDS = {
    Kind.TEXT: ContentKind.TEXT,
    Kind.EXTENDED: ContentKind.TEXT,
    Kind.IMAGE: ContentKind.IMAGE,
    Kind.VIDEO: ContentKind.VIDEO,
    Kind.AUDIO: ContentKind.AUDIO,
    Kind.DOCUMENT: ContentKind.DOCUMENT,
    Kind.STICKER: ContentKind.STICKER,
    Kind.CONTACT: ContentKind.CONTACT,
    Kind.LOCATION: ContentKind.LOCATION,
    Kind.POLL: ContentKind.POLL,
    Kind.REACTION: ContentKind.REACTION,
    Kind.BUTTON_REPLY: ContentKind.TEXT,
    Kind.LIST_REPLY: ContentKind.TEXT,
}


def harvest(event: str, data: Any) -> Harvest:
    body = shapes.webhook_body(NUMBER, HOOK, event, data, "http://127.0.0.1:8080")
    return read_event(read_envelope(body, path_event=""), received_at=RECEIVED_AT)


def one(event: str, data: Any) -> Message:
    (message,) = harvest(event, data).messages
    return message


def row(content: Content, **key: Any) -> dict[str, Any]:
    return shapes.message_row(
        NUMBER,
        KEY | key,
        content,
        push_name="Dra. Ana",
        timestamp=int(SENT_AT.timestamp()),
        status="DELIVERY_ACK",
        source="android",
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_message_is_read_as_what_it_is(kind: Kind) -> None:
    draft = Draft(kind=kind, text="Oi", reacts_to={"id": "3EB0B2", "fromMe": True})
    received = one("messages.upsert", row(compose(draft)))
    assert isinstance(received, MessageReceived)
    assert received.content.kind is KINDS[kind]
    assert received.provider_at == SENT_AT
    if received.content.kind in {ContentKind.TEXT, ContentKind.REACTION}:
        assert received.content.text == "Oi"


def test_disappearing_and_view_once_messages_are_unwrapped() -> None:
    vanishing = one("messages.upsert", row(ephemeral(compose(Draft(text="Oi")))))
    once = one("messages.upsert", row(view_once(compose(Draft(kind=Kind.IMAGE, text="CRM")))))
    assert isinstance(vanishing, MessageReceived)
    assert isinstance(once, MessageReceived)
    assert (vanishing.content.text, vanishing.content.ephemeral) == ("Oi", True)
    assert (once.content.text, once.content.view_once) == ("CRM", True)


def test_quoted_message_is_read() -> None:
    draft = Draft(text="essa", quote=Quote("3EB0B2", "Vaga no sábado", "5511977776666@lid"))
    received = one("messages.upsert", row(compose(draft)))
    assert isinstance(received, MessageReceived)
    assert received.quoted is not None
    assert (received.quoted.key_id, received.quoted.text) == ("3EB0B2", "Vaga no sábado")


def test_echo_is_a_message_sent() -> None:
    sent = one("send.message", row(compose(Draft(text="Oi, doutora")), fromMe=True))
    assert isinstance(sent, MessageSent)
    assert (sent.source, sent.text) == ("send.message", "Oi, doutora")


@pytest.mark.parametrize("status", ["SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED", "ERROR"])
def test_acknowledgement_is_read(status: str) -> None:
    data = shapes.ack(NUMBER, key_id="3EB0B2", jid="1@lid", status=status, row_id=None)
    acked = one("messages.update", data)
    assert isinstance(acked, MessageAcked)
    assert (acked.key_id, acked.status) == ("3EB0B2", status)


def test_edits_and_deletions_are_read() -> None:
    at_ms = int(SENT_AT.timestamp() * 1000)
    changes = [
        one("messages.edited", shapes.edited(KEY, "domingo", at_ms)),
        one("messages.edited", shapes.revoked(KEY, at_ms)),
        one("messages.delete", shapes.deleted_by_sender(KEY)),
    ]
    assert [
        (change.change, change.text, change.changed_at)
        for change in changes
        if isinstance(change, MessageEdited)
    ] == [("edit", "domingo", SENT_AT), ("revoke", None, SENT_AT), ("revoke", None, RECEIVED_AT)]


def test_our_own_deletion_is_ignored() -> None:
    data = shapes.deleted_by_us(NUMBER, "c1", KEY | {"fromMe": True})
    assert [ignored.reason for ignored in harvest("messages.delete", data).ignored] == [
        "own_deletion"
    ]


@pytest.mark.parametrize("state", ["open", "connecting", "close", "refused"])
def test_connection_state_is_read(state: str) -> None:
    changed = one("connection.update", shapes.connection(NUMBER, state, 401))
    assert isinstance(changed, Connection)
    assert (changed.state, changed.reason) == (state, 401)
