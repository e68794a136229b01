"""Reading Evolution's answers. Pure: no network, and nothing read here reaches a log.

Evolution's status codes do not tell transient from permanent; what counts is whether an answer
proves that the message did not leave. Only a few do.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from julia_common.evolution.model import (
    Media,
    NotSent,
    SendOutcome,
    Sent,
    StoredMessage,
    Uncertain,
)
from julia_common.whatsapp.wire import as_sha256

_BAD_REQUEST = 400
_UNAUTHORIZED = 401
_NOT_FOUND = 404

_KNOWN_PHRASES = ("Connection Closed", "Timed Out", "onWhatsApp")
"""Parts of Evolution's messages that say something and hold nothing personal."""

_REFUSED_FILE = ("must be a url or base64", "file name must be informed")
"""What Evolution says of a file before it asks WhatsApp anything."""

_NO_MEDIA = ("Message not found", "not of the media type")
"""What Evolution says when there is nothing to fetch, now or later."""

_WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "documentWithCaptionMessage",
    "editedMessage",
)
_TEXT_FIELDS = ("text", "caption")


def outcome_of_send(status: int, body: Any) -> SendOutcome:
    """What the answer to a sendText or sendMedia proves. `body` is None when it is not JSON."""
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP success
        key = _mapping(_mapping(body).get("key"))
        key_id, remote_jid = key.get("id"), key.get("remoteJid")
        if isinstance(key_id, str) and key_id and isinstance(remote_jid, str):
            return Sent(key_id, remote_jid)
        return Uncertain(f"HTTP {status} without the message's key", status=status)
    message = _mapping(_mapping(body).get("response")).get("message")
    refusal = _refusal(status, message)
    if refusal is not None:
        reason = f"HTTP {status}: {refusal}"
        return NotSent(permanent=status == _BAD_REQUEST, reason=reason, status=status)
    phrase = next((phrase for phrase in _KNOWN_PHRASES if phrase in str(message)), None)
    return Uncertain(f"HTTP {status}" + (f" ({phrase})" if phrase else ""), status=status)


def _refusal(status: int, message: Any) -> str | None:  # noqa: PLR0911 - a table of cases
    """Why the message certainly did not leave; None: it may have."""
    if status == _UNAUTHORIZED:
        return "Evolution refuses EVOLUTION_API_KEY"
    if status == _NOT_FOUND:
        return "Evolution does not know the instance"
    if status != _BAD_REQUEST:
        return None
    if _is_schema_failure(message):
        return "the request does not fit the schema"
    if _is_not_on_whatsapp(message):
        return "the number is not on WhatsApp"
    if any(phrase in str(message) for phrase in _REFUSED_FILE):
        return "Evolution refuses the file"
    return None


def stored_message(record: Any) -> StoredMessage | None:
    """Read one record of findMessages; None when it has no usable key or time."""
    record = _mapping(record)
    key = _mapping(record.get("key"))
    key_id = key.get("id")
    at = _time(record.get("messageTimestamp"))
    if not isinstance(key_id, str) or not key_id or at is None:
        return None
    return StoredMessage(
        key_id=key_id,
        remote_jid=str(key.get("remoteJid", "")),
        from_me=key.get("fromMe") is True,
        text=_text(_mapping(record.get("message"))),
        at=at,
        raw=record,
        file_sha256=_file_sha256(_mapping(record.get("message"))),
    )


def media(body: Any) -> Media | None:
    """Read the answer of getBase64FromMediaMessage; None when it is not usable."""
    body = _mapping(body)
    encoded, mimetype, file_name = (body.get(name) for name in ("base64", "mimetype", "fileName"))
    if not isinstance(encoded, str) or not isinstance(mimetype, str):
        return None
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    return Media(mimetype, data, file_name if isinstance(file_name, str) else None)


def says_no_media(status: int, body: Any) -> bool:
    """Whether a refusal proves that the message has no bytes to fetch.

    Evolution answers 400 to everything that fails here, timeouts included.
    """
    message = str(_mapping(_mapping(body).get("response")).get("message"))
    return status == _BAD_REQUEST and any(phrase in message for phrase in _NO_MEDIA)


def _is_schema_failure(message: Any) -> bool:
    """Schema failures, and only they, are texts in a list inside a list."""
    return (
        isinstance(message, list)
        and bool(message)
        and all(
            isinstance(inner, list) and inner and all(isinstance(text, str) for text in inner)
            for inner in message
        )
    )


def _is_not_on_whatsapp(message: Any) -> bool:
    return (
        isinstance(message, list)
        and bool(message)
        and all(isinstance(item, Mapping) and item.get("exists") is False for item in message)
    )


def _time(value: Any) -> datetime | None:
    """Seconds as a number, a text, or a long that was serialised as `{low, high}`."""
    if isinstance(value, Mapping):
        low, high = value.get("low"), value.get("high", 0)
        if not isinstance(low, int) or not isinstance(high, int):
            return None
        value = (high << 32) + (low & 0xFFFFFFFF)
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _text(message: Mapping[str, Any]) -> str:
    message = _unwrapped(message)
    conversation = message.get("conversation")
    if isinstance(conversation, str):
        return conversation
    for content in message.values():
        for field in _TEXT_FIELDS:
            text = _mapping(content).get(field)
            if isinstance(text, str):
                return text
    return ""


def _file_sha256(message: Mapping[str, Any]) -> str | None:
    contents = (_mapping(content) for content in _unwrapped(message).values())
    found = (as_sha256(content.get("fileSha256")) for content in contents)
    return next(filter(None, found), None)


def _unwrapped(message: Mapping[str, Any]) -> Mapping[str, Any]:
    for wrapper in _WRAPPERS:
        inner = _mapping(_mapping(message.get(wrapper)).get("message"))
        if inner:
            return _unwrapped(inner)
    return message


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
