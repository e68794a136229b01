"""What a WhatsApp message carries."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from julia_common.contracts.messages import Content, ContentKind, Media, Quoted
from julia_common.whatsapp.outcome import UnreadableError, UnreadableReason
from julia_common.whatsapp.wire import JsonObject, as_integer, as_object, as_sha256, as_text

_WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "deviceSentMessage",
    "groupMentionedMessage",
    "lottieStickerMessage",
    "associatedChildMessage",
    "editedMessage",
)
"""Messages around a message (`{message: {…}}`); they may be nested in any order."""

_DEEPEST_WRAPPING = 10

_SILENT = frozenset(
    {
        "messageContextInfo",
        "senderKeyDistributionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "protocolMessage",
        "pollUpdateMessage",
        "albumMessage",
        "pinInChatMessage",
        "keepInChatMessage",
        "encReactionMessage",
        "secretEncryptedMessage",
        "base64",
        "mediaUrl",
        "speechToText",
    }
)
"""Fields that are no content of their own: keys, bookkeeping, and what Evolution adds."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A message without its wrappers, and what they said about it."""

    message: JsonObject
    ephemeral: bool = False
    view_once: bool = False


def unwrap(message: JsonObject) -> Unwrapped:
    """Take a message out of the disappearing, view-once and other wrappers around it."""
    ephemeral = view_once = False
    for _ in range(_DEEPEST_WRAPPING):
        wrapper = next((name for name in _WRAPPERS if isinstance(message.get(name), dict)), None)
        if wrapper is None:
            return Unwrapped(message, ephemeral=ephemeral, view_once=view_once)
        ephemeral = ephemeral or wrapper == "ephemeralMessage"
        view_once = view_once or wrapper.startswith("viewOnce")
        message = as_object(as_object(message[wrapper]).get("message"))
    raise UnreadableError(UnreadableReason.CONTENT)


def read_content(unwrapped: Unwrapped) -> Content | None:
    """Read what a person would see; None where the message carries only bookkeeping.

    A type of message that is not known is still something that the doctor sent: `OTHER`.
    """
    message = unwrapped.message
    for name, read in _READERS.items():
        if message.get(name) is not None:
            content = read(message[name])
            part = as_object(message[name])
            return content.model_copy(
                update={
                    "ephemeral": unwrapped.ephemeral,
                    "view_once": unwrapped.view_once or part.get("viewOnce") is True,
                }
            )
    if message and all(name in _SILENT or message[name] is None for name in message):
        return None
    return Content(
        kind=ContentKind.OTHER,
        ephemeral=unwrapped.ephemeral,
        view_once=unwrapped.view_once,
    )


def read_quoted(unwrapped: Unwrapped, record: JsonObject) -> Quoted | None:
    """Read which message this one answers to.

    WhatsApp says so inside the content; Evolution lifts it to the record.
    """
    inside = (as_object(part).get("contextInfo") for part in unwrapped.message.values())
    for context in (record.get("contextInfo"), *inside):
        key_id = as_text(as_object(context).get("stanzaId"))
        if key_id is not None:
            return Quoted(key_id=key_id, text=_quoted_text(as_object(context)))
    return None


def _quoted_text(context: JsonObject) -> str | None:
    content = read_content(unwrap(as_object(context.get("quotedMessage"))))
    return (content.text or None) if content else None


def _plain_text(value: object) -> Content:
    if not isinstance(value, str):
        raise UnreadableError(UnreadableReason.CONTENT)
    return Content(kind=ContentKind.TEXT, text=value)


def _text_at(*path: str) -> Callable[[object], Content]:
    """Make a reader of the text that lies at `path` inside the part."""

    def read(part: object) -> Content:
        for name in path:
            part = as_object(part).get(name)
        return Content(kind=ContentKind.TEXT, text=as_text(part) or "")

    return read


def _extended_text(part: object) -> Content:
    return _plain_text(as_object(part).get("text"))


def _media(kind: ContentKind) -> Callable[[object], Content]:
    """Make a reader of an attachment's metadata and caption."""

    def read(part: object) -> Content:
        described = as_object(part)
        return Content(
            kind=kind,
            text=as_text(described.get("caption")) or "",
            media=Media(
                mimetype=as_text(described.get("mimetype")),
                file_name=as_text(described.get("fileName")) or as_text(described.get("title")),
                size_bytes=as_integer(described.get("fileLength")),
                seconds=as_integer(described.get("seconds")),
                sha256=as_sha256(described.get("fileSha256")),
            ),
        )

    return read


def _reaction(part: object) -> Content:
    reaction = as_object(part)
    return Content(
        kind=ContentKind.REACTION,
        text=as_text(reaction.get("text")) or "",
        reacts_to=as_text(as_object(reaction.get("key")).get("id")),
    )


def _contact(part: object) -> Content:
    return Content(kind=ContentKind.CONTACT, text=_business_card(as_object(part)))


def _contacts(part: object) -> Content:
    cards = as_object(part).get("contacts")
    texts = [_business_card(as_object(card)) for card in cards] if isinstance(cards, list) else []
    return Content(kind=ContentKind.CONTACT, text="\n".join(texts))


def _business_card(contact: JsonObject) -> str:
    vcard = as_text(contact.get("vcard")) or ""
    numbers = (line.rpartition(":")[2].strip() for line in re.findall(r"(?m)^.*TEL.*$", vcard))
    return " ".join(filter(None, (as_text(contact.get("displayName")), *numbers)))


def _location(part: object) -> Content:
    place = as_object(part)
    latitude, longitude = place.get("degreesLatitude"), place.get("degreesLongitude")
    has_point = isinstance(latitude, int | float) and isinstance(longitude, int | float)
    lines = (
        as_text(place.get("name")),
        as_text(place.get("address")),
        as_text(place.get("caption")),
        f"{latitude}, {longitude}" if has_point else None,
    )
    return Content(kind=ContentKind.LOCATION, text="\n".join(filter(None, lines)))


def _poll(part: object) -> Content:
    poll = as_object(part)
    options = poll.get("options")
    names = (
        [as_text(as_object(option).get("optionName")) for option in options]
        if isinstance(options, list)
        else []
    )
    lines = (as_text(poll.get("name")), *(f"- {name}" for name in names if name))
    return Content(kind=ContentKind.POLL, text="\n".join(filter(None, lines)))


_READERS: dict[str, Callable[[object], Content]] = {
    "conversation": _plain_text,
    "extendedTextMessage": _extended_text,
    "imageMessage": _media(ContentKind.IMAGE),
    "videoMessage": _media(ContentKind.VIDEO),
    "ptvMessage": _media(ContentKind.VIDEO),
    "audioMessage": _media(ContentKind.AUDIO),
    "documentMessage": _media(ContentKind.DOCUMENT),
    "stickerMessage": _media(ContentKind.STICKER),
    "reactionMessage": _reaction,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
    "locationMessage": _location,
    "liveLocationMessage": _location,
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "buttonsResponseMessage": _text_at("selectedDisplayText"),
    "templateButtonReplyMessage": _text_at("selectedDisplayText"),
    "listResponseMessage": _text_at("title"),
    "interactiveResponseMessage": _text_at("body", "text"),
    "buttonsMessage": _text_at("contentText"),
    "listMessage": _text_at("description"),
    "interactiveMessage": _text_at("body", "text"),
    "templateMessage": _text_at("hydratedTemplate", "hydratedContentText"),
}
"""Readers by the message's field; the first that is there wins."""
