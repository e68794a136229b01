"""Every event of Evolution, read into what Julia makes of it."""

from datetime import UTC, datetime

import pytest

from julia_common.contracts.messages import (
    Connection,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
)
from julia_common.whatsapp import Ignored, IgnoredReason, UnreadableError, UnreadableReason
from julia_common.whatsapp.testing import (
    INSTANCE,
    KEY_ID,
    LID_JID,
    OWN_JID,
    PHONE_JID,
    RECEIVED_AT,
    record,
)
from julia_ingest.domain.envelope import Envelope, read_envelope
from julia_ingest.domain.events import Harvest, known_event, read_event

TEXT = record({"conversation": "Oi"})


def harvest(event: str, data: object) -> Harvest:
    envelope = Envelope(event=event, instance=INSTANCE, data=data, own_jid=OWN_JID)
    return read_event(envelope, received_at=RECEIVED_AT)


def test_upsert_is_a_message_received() -> None:
    (message,) = harvest("messages.upsert", TEXT).messages
    assert isinstance(message, MessageReceived)
    assert (message.instance, message.key_id, message.origin) == (INSTANCE, KEY_ID, "webhook")


def test_upsert_may_bring_several_messages() -> None:
    second = record({"conversation": "Tem vaga?"}, key={"id": "3EB0SECOND"})
    brought = harvest("messages.upsert", [TEXT, second])
    assert [
        message.key_id for message in brought.messages if isinstance(message, MessageReceived)
    ] == [KEY_ID, "3EB0SECOND"]


def test_one_unreadable_message_does_not_hold_up_its_neighbours() -> None:
    broken = record({"conversation": "?"}, key={"id": None})
    group = record({"conversation": "oi, grupo"}, key={"remoteJid": "12036304@g.us"})
    brought = harvest("messages.upsert", [broken, TEXT, group])
    assert len(brought.messages) == 1
    assert brought.ignored == [Ignored(IgnoredReason.GROUP)]
    assert [(part.reason, part.data) for part in brought.unread] == [(UnreadableReason.KEY, broken)]


def test_typed_on_the_phone_and_sent_by_us_are_both_messages_sent() -> None:
    ours = record({"conversation": "Oi"}, key={"fromMe": True})
    (typed,) = harvest("messages.upsert", ours).messages
    (echo,) = harvest("send.message", ours).messages
    assert isinstance(typed, MessageSent)
    assert isinstance(echo, MessageSent)
    assert (typed.source, echo.source) == ("messages.upsert", "send.message")


@pytest.mark.parametrize("kind", ["MESSAGE_EDIT", 14])
def test_edit_is_a_message_edited(kind: object) -> None:
    data = {
        "key": {"id": KEY_ID, "remoteJid": PHONE_JID, "fromMe": True},
        "type": kind,
        "editedMessage": {"conversation": "domingo"},
        "timestampMs": "1772452800000",
    }
    assert harvest("messages.edited", data).messages == [
        MessageEdited(
            instance=INSTANCE,
            key_id=KEY_ID,
            change="edit",
            text="domingo",
            changed_at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        )
    ]


REVOKED = MessageEdited(instance=INSTANCE, key_id=KEY_ID, change="revoke", changed_at=RECEIVED_AT)


def test_deletion_comes_as_an_edit_of_type_revoke() -> None:
    data = {"key": {"id": KEY_ID, "remoteJid": PHONE_JID, "fromMe": True}, "type": "REVOKE"}
    assert harvest("messages.edited", data).messages == [REVOKED]


def test_deletion_comes_with_a_flat_key() -> None:
    data = {"remoteJid": PHONE_JID, "id": KEY_ID, "fromMe": False, "status": "DELETED"}
    assert harvest("messages.delete", data).messages == [REVOKED]


OWN_DELETIONS = [
    {"remoteJid": PHONE_JID, "id": KEY_ID, "fromMe": True, "status": "DELETED"},
    {"id": "clx0row", "key": {"remoteJid": PHONE_JID, "id": KEY_ID, "fromMe": True}},
]


@pytest.mark.parametrize("data", OWN_DELETIONS, ids=["flat", "with the row"])
def test_our_own_deletions_are_ignored_and_counted(data: object) -> None:
    assert harvest("messages.delete", data) == Harvest(
        ignored=[Ignored(IgnoredReason.OWN_DELETION)]
    )


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("messages.delete", {"remoteJid": "1@g.us", "id": KEY_ID, "fromMe": False}),
        ("messages.edited", {"key": {"id": KEY_ID, "remoteJid": "1@g.us"}, "type": "REVOKE"}),
        ("messages.update", {"keyId": KEY_ID, "remoteJid": "1@g.us", "status": "READ"}),
    ],
)
def test_what_happens_in_groups_is_ignored_and_counted(event: str, data: object) -> None:
    assert harvest(event, data) == Harvest(ignored=[Ignored(IgnoredReason.GROUP)])


def ack(status: object, **fields: object) -> dict[str, object]:
    return {
        "messageId": "clx0row",
        "keyId": KEY_ID,
        "remoteJid": LID_JID,
        "fromMe": True,
        "status": status,
        "instanceId": "6f1c2f0e",
    } | fields


ACKS = {
    "ERROR": "ERROR",
    "PENDING": "PENDING",
    "SERVER_ACK": "SERVER_ACK",
    "DELIVERY_ACK": "DELIVERY_ACK",
    "READ": "READ",
    "PLAYED": "PLAYED",
    0: "ERROR",
    5: "PLAYED",
    None: "SERVER_ACK",
}


@pytest.mark.parametrize(("status", "expected"), ACKS.items(), ids=map(str, ACKS))
def test_every_acknowledgement_is_read(status: object, expected: str) -> None:
    (message,) = harvest("messages.update", ack(status)).messages
    assert isinstance(message, MessageAcked)
    assert (message.key_id, message.status) == (KEY_ID, expected)


def test_missing_status_is_a_server_ack() -> None:
    update = ack("READ")
    del update["status"]
    (message,) = harvest("messages.update", update).messages
    assert isinstance(message, MessageAcked)
    assert message.status == "SERVER_ACK"


def test_acknowledgements_may_come_in_a_list_and_with_a_whole_key() -> None:
    whole = {"key": {"id": "3EB0OTHER", "fromMe": True, "remoteJid": PHONE_JID}, "status": "READ"}
    brought = harvest("messages.update", [ack("READ"), whole])
    assert [
        message.key_id for message in brought.messages if isinstance(message, MessageAcked)
    ] == [KEY_ID, "3EB0OTHER"]


def test_acknowledgement_of_a_doctors_message_is_ignored_and_counted() -> None:
    brought = harvest("messages.update", ack("READ", fromMe=False))
    assert brought == Harvest(ignored=[Ignored(IgnoredReason.INBOUND_ACK)])


@pytest.mark.parametrize("status", ["EDITED", "DELETED"])
def test_status_that_is_no_acknowledgement_is_ignored_and_counted(status: str) -> None:
    assert harvest("messages.update", ack(status)) == Harvest(
        ignored=[Ignored(IgnoredReason.NO_ACK)]
    )


@pytest.mark.parametrize("status", ["TELEPATHY", 17, [], {}])
def test_unknown_status_is_unreadable(status: object) -> None:
    (unread,) = harvest("messages.update", ack(status)).unread
    assert unread.reason is UnreadableReason.STATUS


CONNECTIONS = {
    "open": ("connection.update", {"state": "open", "statusReason": 200}, ("open", 200)),
    "connecting": ("connection.update", {"state": "connecting"}, ("connecting", None)),
    "close": ("connection.update", {"state": "close", "statusReason": 401}, ("close", 401)),
    "refused": ("connection.update", {"state": "refused", "statusReason": 500}, ("refused", 500)),
    "instance closed": (
        "status.instance",
        {"instance": INSTANCE, "status": "closed", "disconnectionReasonCode": 403},
        ("close", 403),
    ),
    "instance removed": ("status.instance", {"status": "removed"}, ("close", None)),
    "logged out": ("logout.instance", None, ("close", None)),
    "removed": ("remove.instance", None, ("close", None)),
}


@pytest.mark.parametrize(
    ("event", "data", "expected"), CONNECTIONS.values(), ids=CONNECTIONS.keys()
)
def test_connection_changes_are_read(
    event: str, data: object, expected: tuple[str, int | None]
) -> None:
    (message,) = harvest(event, data).messages
    assert isinstance(message, Connection)
    assert (message.state, message.reason) == expected


@pytest.mark.parametrize("data", [{"state": "connected"}, {}, None, 7, {"state": 1}])
def test_unknown_connection_state_is_unreadable(data: object) -> None:
    (unread,) = harvest("connection.update", data).unread
    assert unread.reason is UnreadableReason.STATE


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("qrcode.updated", {"qrcode": {"code": "2@x", "base64": "data:"}}),
        ("qrcode.updated", {"message": "QR limit", "statusCode": 500}),
        ("contacts.update", [{"remoteJid": PHONE_JID}]),
        ("contacts.upsert", {"remoteJid": PHONE_JID}),
        ("chats.update", [{"remoteJid": PHONE_JID}]),
        ("presence.update", {"id": PHONE_JID}),
        ("messages.set", [TEXT]),
        ("call", {}),
    ],
)
def test_other_known_events_are_ignored_and_counted(event: str, data: object) -> None:
    assert harvest(event, data) == Harvest(ignored=[Ignored(IgnoredReason.EVENT)])


def test_event_that_nobody_knows_is_unreadable() -> None:
    with pytest.raises(UnreadableError) as caught:
        harvest("messages.teleported", TEXT)
    assert caught.value.reason is UnreadableReason.EVENT


def test_metric_label_of_an_event_is_bounded() -> None:
    assert known_event("messages.upsert") == "messages.upsert"
    assert known_event("qrcode.updated") == "qrcode.updated"
    assert known_event("5511988887777") == "other"


@pytest.mark.parametrize(
    ("body_event", "path_event", "expected"),
    [
        ("messages.upsert", "", "messages.upsert"),
        ("MESSAGES_UPSERT", "", "messages.upsert"),
        (None, "messages-upsert", "messages.upsert"),
        (None, "messages-upsert/", "messages.upsert"),
        ("send.message", "messages-upsert", "send.message"),
    ],
)
def test_event_is_named_by_the_body_or_else_by_the_path(
    body_event: str | None, path_event: str, expected: str
) -> None:
    document: object = {"event": body_event, "instance": INSTANCE, "data": {}, "sender": OWN_JID}
    envelope = read_envelope(document, path_event=path_event)
    assert (envelope.event, envelope.own_jid) == (expected, OWN_JID)


@pytest.mark.parametrize(
    "document",
    [None, [], "text", 3, {}, {"event": "messages.upsert"}, {"event": "x", "instance": {"a": 1}}],
)
def test_envelope_of_another_shape_is_unreadable(document: object) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_envelope(document, path_event="")
    assert caught.value.reason is UnreadableReason.ENVELOPE
