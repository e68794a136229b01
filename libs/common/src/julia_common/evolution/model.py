"""What Evolution tells us, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

type ConnectionState = Literal["open", "connecting", "close"]
type Presence = Literal["composing", "recording", "paused", "available", "unavailable"]


@dataclass(frozen=True, slots=True)
class Sent:
    """Evolution handed the message to WhatsApp; `remote_jid` is the JID that WhatsApp chose."""

    key_id: str
    remote_jid: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The message certainly did not leave; `permanent` means that trying again is of no use.

    `reason` is safe to log. `unreachable`: Evolution itself was not there. `status`: of its HTTP
    answer, if there was one.
    """

    permanent: bool
    reason: str
    unreachable: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The message may or may not have left: settle it from evidence, never send again blindly.

    `reason` is safe to log. `unreachable`: Evolution itself did not answer. `status`: of its HTTP
    answer, if there was one.
    """

    reason: str
    unreachable: bool = False
    status: int | None = None


type SendOutcome = Sent | NotSent | Uncertain


@dataclass(frozen=True, slots=True)
class File:
    """A file to send. `base64` holds its bytes; `name` is what a document is called."""

    kind: Literal["image", "video", "document", "audio"]
    mimetype: str
    name: str = field(repr=False)
    base64: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message that Evolution has stored, sent or received.

    `text` is empty where the message has none; `file_sha256` (hex) is of its file, where WhatsApp
    tells it; `raw` is the record as Evolution gave it, in the
    shape of the `data` of a `messages.upsert` webhook.
    """

    key_id: str
    remote_jid: str
    from_me: bool
    text: str
    at: datetime
    raw: Mapping[str, Any]
    file_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """The bytes of a message's attachment. `mimetype` is what the sender's phone said it is."""

    mimetype: str
    data: bytes = field(repr=False)
    file_name: str | None = field(default=None, repr=False)
