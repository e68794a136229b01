"""Message records: the `data` of an upsert, an echo, or a row of `findMessages`."""

from datetime import datetime
from typing import Literal

from julia_common.contracts.messages import (
    Content,
    MessageEdited,
    MessageReceived,
    MessageSent,
)
from julia_common.whatsapp.content import Unwrapped, read_content, read_quoted, unwrap
from julia_common.whatsapp.jids import identities_of, not_a_person
from julia_common.whatsapp.outcome import (
    Ignored,
    IgnoredReason,
    Reading,
    UnreadableError,
    UnreadableReason,
    build,
)
from julia_common.whatsapp.wire import (
    JsonObject,
    as_instant,
    as_object,
    as_text,
    cleaned,
)

type Source = Literal["messages.upsert", "send.message", "catchup"]

type Change = Literal["edit", "revoke"]

_CHANGES: dict[object, Change] = {
    0: "revoke",
    "REVOKE": "revoke",
    14: "edit",
    "MESSAGE_EDIT": "edit",
}
"""WhatsApp's protocol types, as number or as name."""
_UNDECIPHERED = (2, "CIPHERTEXT")
"""The stub of a message that the phone could not decrypt yet: the doctor did write."""


def read_record(
    record: object,
    *,
    instance: str,
    source: Source,
    received_at: datetime,
    own_jid: str | None = None,
) -> Reading:
    """Read one message record of a webhook or of `findMessages`.

    `received_at` (with zone) stands in for a timestamp that is none. `own_jid` is our number's
    address where known; it is never taken for the partner's. Raises `UnreadableError`.
    """
    record = as_object(cleaned(record).value)
    key = as_object(record.get("key"))
    key_id, from_me = read_key(key)
    # Evolution's own API sends no `fromMe: false`; only what we sent comes as `send.message`.
    from_me = from_me or source == "send.message"
    chat = as_text(key.get("remoteJid"))
    reason = not_a_person(chat) if chat else None
    if reason is not None:
        return Ignored(reason)

    message = record.get("message")
    if message is not None and not isinstance(message, dict):
        raise UnreadableError(UnreadableReason.CONTENT)
    unwrapped = unwrap(as_object(message))
    protocol = unwrapped.message.get("protocolMessage")
    if isinstance(protocol, dict):
        if from_me:
            return _own_change(protocol)
        return read_change(protocol, instance=instance, received_at=received_at)
    content = _content(record, unwrapped)
    if content is None:
        voted = "pollUpdateMessage" in unwrapped.message
        return Ignored(IgnoredReason.POLL_VOTE if voted else IgnoredReason.PROTOCOL)

    identities = identities_of(key, from_me=from_me, own_jid=own_jid)
    provider_at = as_instant(record.get("messageTimestamp"), otherwise=received_at)
    if from_me:
        return build(
            MessageSent,
            UnreadableReason.CONTENT,
            instance=instance,
            key_id=key_id,
            identities=identities,
            source=source,
            text=content.text,
            content_kind=content.kind,
            file_sha256=content.media.sha256 if content.media else None,
            provider_at=provider_at,
            received_at=received_at,
        )
    if not identities:
        raise UnreadableError(UnreadableReason.ADDRESS)
    return build(
        MessageReceived,
        UnreadableReason.CONTENT,
        instance=instance,
        key_id=key_id,
        identities=identities,
        push_name=as_text(record.get("pushName")),
        provider_at=provider_at,
        received_at=received_at,
        content=content,
        quoted=read_quoted(unwrapped, record),
        origin="catchup" if source == "catchup" else "webhook",
    )


def read_change(protocol: object, *, instance: str, received_at: datetime) -> Reading:
    """Read an edit or a deletion, which WhatsApp sends as a protocol message.

    Its key is written from the sender's side, so its `fromMe` says nothing about us; the database
    knows by the id whose message it is. Raises `UnreadableError`.
    """
    protocol = as_object(cleaned(protocol).value)
    change = _change_of(protocol)
    if change is None:
        return Ignored(IgnoredReason.PROTOCOL)
    key = as_object(protocol.get("key"))
    key_id, _ = read_key(key)
    chat = as_text(key.get("remoteJid"))
    reason = not_a_person(chat) if chat else None
    if reason is not None:
        return Ignored(reason)
    text: str | None = None
    if change == "edit":
        content = read_content(unwrap(as_object(protocol.get("editedMessage"))))
        text = content.text if content else ""
    return build(
        MessageEdited,
        UnreadableReason.CONTENT,
        instance=instance,
        key_id=key_id,
        change=change,
        text=text,
        changed_at=as_instant(protocol.get("timestampMs"), otherwise=received_at),
    )


def read_key(key: JsonObject) -> tuple[str, bool]:
    """Return a message key's id and `fromMe` (false where absent). Raises `UnreadableError`."""
    key_id, from_me = as_text(key.get("id")), key.get("fromMe")
    if key_id is None or not isinstance(from_me, bool | None):
        raise UnreadableError(UnreadableReason.KEY)
    return key_id, from_me is True


def _change_of(protocol: JsonObject) -> Change | None:
    kind = protocol.get("type")
    if kind is None:
        return "edit" if protocol.get("editedMessage") is not None else None
    if not isinstance(kind, int | str):
        raise UnreadableError(UnreadableReason.CONTENT)
    return _CHANGES.get(kind)


def _own_change(protocol: JsonObject) -> Ignored:
    match _change_of(protocol):
        case "edit":
            return Ignored(IgnoredReason.OWN_EDIT)
        case "revoke":
            return Ignored(IgnoredReason.OWN_DELETION)
        case None:
            return Ignored(IgnoredReason.PROTOCOL)


def _content(record: JsonObject, unwrapped: Unwrapped) -> Content | None:
    stub = record.get("messageStubType")
    if stub is not None and not unwrapped.message and stub not in _UNDECIPHERED:
        return None
    return read_content(unwrapped)
