"""What a message carries, in the shapes that Evolution 2.3.7 passes on from Baileys."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from julia_simulators import files

_WEEK_S = 604_800


class Kind(StrEnum):
    """What a doctor can send."""

    TEXT = "text"
    EXTENDED = "extended"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    CONTACT = "contact"
    LOCATION = "location"
    POLL = "poll"
    REACTION = "reaction"
    BUTTON_REPLY = "button_reply"
    LIST_REPLY = "list_reply"


@dataclass(frozen=True)
class Quote:
    """The message that this one answers to; `author` is the JID of who wrote it."""

    key_id: str
    text: str
    author: str


@dataclass(frozen=True)
class Draft:
    """What somebody means to send, before it has WhatsApp's shape."""

    kind: Kind = Kind.TEXT
    text: str = ""
    quote: Quote | None = None
    reacts_to: dict[str, Any] | None = None
    mimetype: str | None = None
    file_name: str | None = None
    seconds: int = 7
    base64: str | None = None
    """The bytes of media; without them a small file of its kind."""
    announced_bytes: int | None = None
    """The size that the message claims to have; its true one when absent."""


@dataclass(frozen=True)
class Content:
    """The shape of a message: `message`, `messageType` and `contextInfo` of an upsert."""

    message: dict[str, Any]
    message_type: str
    text: str
    context_info: dict[str, Any] | None = None
    media_base64: str | None = None
    file: dict[str, Any] | None = None
    """Of media: `mimetype`, `file_name`, `bytes`."""

    def facts(self) -> dict[str, Any]:
        """Return what a record says of the content."""
        known: dict[str, Any] = {"text": self.text, "message_type": self.message_type}
        if self.context_info and "quotedMessage" in self.context_info:
            known["quoted_text"] = self.context_info["quotedMessage"]["conversation"]
        if self.file:
            known["file"] = self.file
        if reaction := self.message.get("reactionMessage"):
            known["reacts_to"] = reaction["key"].get("id")
        return known


def compose(draft: Draft) -> Content:
    """Give the draft the shape that the webhook shows."""
    content = _COMPOSERS[draft.kind](draft)
    context = _context(draft.quote)
    return replace(content, context_info=context) if context else content


def ephemeral(content: Content) -> Content:
    """Wrap as disappearing messages are; 2.3.7 does not unwrap them, nor flatten their text."""
    inner = dict(content.message)
    context = {**(content.context_info or {}), "expiration": _WEEK_S}
    if "conversation" in inner:
        inner["extendedTextMessage"] = {"text": inner.pop("conversation"), "contextInfo": context}
    return replace(
        content,
        message={"ephemeralMessage": {"message": inner}},
        message_type="ephemeralMessage",
        context_info=context,
    )


def view_once(content: Content) -> Content:
    """Wrap as view-once media is; 2.3.7 does not unwrap it."""
    inner = {
        name: {**value, "viewOnce": True} if isinstance(value, dict) else value
        for name, value in content.message.items()
    }
    return replace(
        content,
        message={"viewOnceMessageV2": {"message": inner}},
        message_type="viewOnceMessageV2",
    )


def as_long(value: int) -> dict[str, Any]:
    """Return a 64-bit integer as protobuf.js leaves it in JSON."""
    low = value & 0xFFFFFFFF
    return {
        "low": low - (1 << 32) if low >= 1 << 31 else low,
        "high": value >> 32,
        "unsigned": True,
    }


def as_bytes(value: bytes) -> dict[str, int]:
    """Return bytes as a `Uint8Array` becomes in JSON: an object with numbered fields."""
    return {str(index): byte for index, byte in enumerate(value)}


def _context(quote: Quote | None) -> dict[str, Any] | None:
    if quote is None:
        return None
    return {
        "stanzaId": quote.key_id,
        "participant": quote.author,
        "quotedMessage": {"conversation": quote.text},
    }


def _text(draft: Draft) -> Content:
    return Content({"conversation": draft.text}, "conversation", draft.text)


def _media(name: str, mimetype: str, sample: bytes, **fields: Any) -> Callable[[Draft], Content]:
    def compose_media(draft: Draft) -> Content:
        data = sample if draft.base64 is None else base64.b64decode(draft.base64)
        digest = hashlib.sha256(data).digest()
        size = len(data) if draft.announced_bytes is None else draft.announced_bytes
        body: dict[str, Any] = {
            "url": "https://mmg.whatsapp.net/v/t62.7118-24/simulated.enc",
            "mimetype": draft.mimetype or mimetype,
            "fileSha256": as_bytes(digest),
            "fileLength": as_long(size),
            "mediaKey": as_bytes(digest),
            **fields,
        }
        if draft.text:
            body["caption"] = draft.text
        if name == "documentMessage":
            body["fileName"] = draft.file_name or "documento.pdf"
        if name in {"audioMessage", "videoMessage"}:
            body["seconds"] = draft.seconds
        file = {
            "mimetype": body["mimetype"],
            "file_name": draft.file_name,
            "bytes": len(data),
        }
        encoded = base64.b64encode(data).decode()
        return Content({name: body}, name, draft.text, media_base64=encoded, file=file)

    return compose_media


def _contact(draft: Draft) -> Content:
    name = draft.text or "Dr. Colega"
    telephone = "TEL;waid=5511900000000:+55 11 90000-0000"
    vcard = f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\n{telephone}\nEND:VCARD"
    body = {"displayName": name, "vcard": vcard}
    return Content({"contactMessage": body}, "contactMessage", draft.text)


def _location(draft: Draft) -> Content:
    body = {
        "degreesLatitude": -22.9056,
        "degreesLongitude": -47.0608,
        "name": draft.text or "Campinas",
    }
    return Content({"locationMessage": body}, "locationMessage", draft.text)


def _poll(draft: Draft) -> Content:
    body = {
        "name": draft.text,
        "options": [{"optionName": "Sim"}, {"optionName": "Não"}],
        "selectableOptionsCount": 1,
    }
    return Content({"pollCreationMessageV3": body}, "pollCreationMessageV3", draft.text)


def _reaction(draft: Draft) -> Content:
    body = {"key": draft.reacts_to or {}, "text": draft.text}
    return Content({"reactionMessage": body}, "reactionMessage", draft.text)


def _button_reply(draft: Draft) -> Content:
    body = {"selectedButtonId": "1", "selectedDisplayText": draft.text, "type": 1}
    return Content({"buttonsResponseMessage": body}, "buttonsResponseMessage", draft.text)


def _list_reply(draft: Draft) -> Content:
    body = {
        "title": draft.text,
        "listType": "SINGLE_SELECT",
        "singleSelectReply": {"selectedRowId": "1"},
    }
    return Content({"listResponseMessage": body}, "listResponseMessage", draft.text)


_COMPOSERS: dict[Kind, Callable[[Draft], Content]] = {
    Kind.TEXT: _text,
    # Flattened by Evolution: an extended text arrives as `conversation`.
    Kind.EXTENDED: _text,
    Kind.IMAGE: _media("imageMessage", "image/png", files.png(), height=64, width=64),
    Kind.VIDEO: _media("videoMessage", "video/mp4", b"\0\0\0\x18ftypmp42"),
    Kind.AUDIO: _media("audioMessage", "audio/ogg; codecs=opus", files.ogg(), ptt=True),
    Kind.DOCUMENT: _media("documentMessage", "application/pdf", files.pdf(), pageCount=1),
    Kind.STICKER: _media("stickerMessage", "image/webp", b"RIFF\0\0\0\0WEBP", isAnimated=False),
    Kind.CONTACT: _contact,
    Kind.LOCATION: _location,
    Kind.POLL: _poll,
    Kind.REACTION: _reaction,
    Kind.BUTTON_REPLY: _button_reply,
    Kind.LIST_REPLY: _list_reply,
}
