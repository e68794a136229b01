"""What each event of Evolution means to Julia."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from julia_common.contracts.messages import (
    Connection,
    Message,
    MessageAcked,
    MessageEdited,
)
from julia_common.whatsapp import (
    Ignored,
    IgnoredReason,
    UnreadableError,
    UnreadableReason,
    read_record,
)
from julia_common.whatsapp.jids import not_a_person
from julia_common.whatsapp.outcome import build
from julia_common.whatsapp.records import read_change, read_key
from julia_common.whatsapp.wire import JsonObject, as_integer, as_object, as_text
from julia_ingest.domain.envelope import Envelope

type Part = Message | Ignored
type Reader = Callable[[object, Envelope, datetime], Part]
type Ack = Literal["ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED"]


@dataclass(frozen=True, slots=True)
class Unread:
    """The part of an event's data that could not be read, and why."""

    reason: UnreadableReason
    data: object


@dataclass(frozen=True, slots=True)
class Harvest:
    """All that one webhook brought, in its order."""

    messages: list[Message] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


def read_event(envelope: Envelope, *, received_at: datetime) -> Harvest:
    """Read every part of the event; one unreadable part does not hold up the others.

    `received_at` (with zone) stands in for a timestamp that is none. Raises `UnreadableError` for
    an event that nobody knows.
    """
    if envelope.event in _NOT_FOLLOWED:
        return Harvest(ignored=[Ignored(IgnoredReason.EVENT)])
    reader = _READERS.get(envelope.event)
    if reader is None:
        raise UnreadableError(UnreadableReason.EVENT)
    harvest = Harvest()
    for data in _parts(envelope.data):
        try:
            part = reader(data, envelope, received_at)
        except UnreadableError as error:
            harvest.unread.append(Unread(error.reason, data))
            continue
        if isinstance(part, Ignored):
            harvest.ignored.append(part)
        else:
            harvest.messages.append(part)
    return harvest


def known_event(event: str) -> str:
    """Return the event's name if it is a known one, else `other`: a bounded metric label."""
    return event if event in _READERS or event in _NOT_FOLLOWED else "other"


def _parts(data: object) -> Iterator[object]:
    if isinstance(data, list):
        yield from data
    else:
        yield data


def _upsert(data: object, envelope: Envelope, received_at: datetime) -> Part:
    return read_record(
        data,
        instance=envelope.instance,
        source="messages.upsert",
        received_at=received_at,
        own_jid=envelope.own_jid,
    )


def _sent(data: object, envelope: Envelope, received_at: datetime) -> Part:
    return read_record(
        data,
        instance=envelope.instance,
        source="send.message",
        received_at=received_at,
        own_jid=envelope.own_jid,
    )


def _edited(data: object, envelope: Envelope, received_at: datetime) -> Part:
    return read_change(data, instance=envelope.instance, received_at=received_at)


def _deleted(data: object, envelope: Envelope, received_at: datetime) -> Part:
    """Read a deletion: a flat key, or `{id: <row>, key: {…}}` for our own."""
    deletion = as_object(data)
    key = as_object(deletion["key"]) if "key" in deletion else deletion
    key_id, from_me = read_key(key)
    reason = IgnoredReason.OWN_DELETION if from_me else _not_a_person(key)
    if reason is not None:
        return Ignored(reason)
    return build(
        MessageEdited,
        UnreadableReason.KEY,
        instance=envelope.instance,
        key_id=key_id,
        change="revoke",
        changed_at=received_at,
    )


_ACKS: dict[object, Ack] = {
    "ERROR": "ERROR",
    "PENDING": "PENDING",
    "SERVER_ACK": "SERVER_ACK",
    "DELIVERY_ACK": "DELIVERY_ACK",
    "READ": "READ",
    "PLAYED": "PLAYED",
    0: "ERROR",
    1: "PENDING",
    2: "SERVER_ACK",
    3: "DELIVERY_ACK",
    4: "READ",
    5: "PLAYED",
    # As Evolution does where WhatsApp gives none; harmless, because a status is never lowered.
    None: "SERVER_ACK",
}
_NO_ACKS = ("EDITED", "DELETED")
"""Statuses that repeat what `messages.edited` and `messages.delete` tell."""


def _acked(data: object, envelope: Envelope, received_at: datetime) -> Part:
    update = as_object(data)
    key = as_object(update.get("key"))
    key_id = as_text(update.get("keyId")) or as_text(key.get("id"))
    if key_id is None:
        raise UnreadableError(UnreadableReason.KEY)
    status = update.get("status")
    if not isinstance(status, str | int | None) or (status not in _ACKS and status not in _NO_ACKS):
        raise UnreadableError(UnreadableReason.STATUS)
    reason = _not_a_person(update if "remoteJid" in update else key)
    if reason is None and update.get("fromMe", key.get("fromMe")) is False:
        reason = IgnoredReason.INBOUND_ACK
    if reason is None and status in _NO_ACKS:
        reason = IgnoredReason.NO_ACK
    if reason is not None:
        return Ignored(reason)
    return build(
        MessageAcked,
        UnreadableReason.KEY,
        instance=envelope.instance,
        key_id=key_id,
        status=_ACKS[status],
        received_at=received_at,
    )


def _connection(data: object, envelope: Envelope, received_at: datetime) -> Part:
    update = as_object(data)
    return _connection_is(
        as_text(update.get("state")), update.get("statusReason"), envelope, received_at
    )


def _instance_status(data: object, envelope: Envelope, received_at: datetime) -> Part:
    update = as_object(data)
    status = as_text(update.get("status"))
    return _connection_is(
        "close" if status in {"closed", "removed"} else status,
        update.get("disconnectionReasonCode"),
        envelope,
        received_at,
    )


def _gone(_: object, envelope: Envelope, received_at: datetime) -> Part:
    return _connection_is("close", None, envelope, received_at)


def _connection_is(
    state: str | None, reason: object, envelope: Envelope, received_at: datetime
) -> Connection:
    return build(
        Connection,
        UnreadableReason.STATE,
        instance=envelope.instance,
        state=state,
        reason=as_integer(reason),
        received_at=received_at,
    )


def _not_a_person(key: JsonObject) -> IgnoredReason | None:
    chat = as_text(key.get("remoteJid"))
    return not_a_person(chat) if chat else None


_READERS: dict[str, Reader] = {
    "messages.upsert": _upsert,
    "send.message": _sent,
    "messages.edited": _edited,
    "messages.delete": _deleted,
    "messages.update": _acked,
    "connection.update": _connection,
    "status.instance": _instance_status,
    "logout.instance": _gone,
    "remove.instance": _gone,
}

_NOT_FOLLOWED = frozenset(
    {
        "application.startup",
        "call",
        "chats.delete",
        "chats.set",
        "chats.update",
        "chats.upsert",
        "contacts.set",
        "contacts.update",
        "contacts.upsert",
        "errors",
        "group.participants.update",
        "group.update",
        "groups.update",
        "groups.upsert",
        "instance.create",
        "instance.delete",
        "labels.association",
        "labels.edit",
        "messages.set",
        "new.jwt.token",
        "presence.update",
        "qrcode.updated",
        "send.message.update",
        "typebot.change.status",
        "typebot.start",
    }
)
"""Events of Evolution 2.3.7 that say nothing to Julia. `messages.set` is the history of before the
number was connected. An event that is not listed anywhere is quarantined: it might matter."""
