"""Typed models of every broker message.

The routing key of a message is its type (`whatsapp.message.received.v1`). Changes are additive
only: a consumer ignores fields that it does not know, and a change that would break an older
consumer is a new `.v2` type beside the old one.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text without white space at its ends.

    The same value is computed in SQL (`private.text_hash`): an echo of our own message is
    recognised by it, so both must stay byte-identical.
    """
    return hashlib.sha256(text.strip(" \n\r\t").encode()).hexdigest()


def content_hash(text: str, file_sha256: str | None) -> str:
    """What a message of ours is recognised by: its words, or its file where it has none.

    The same value is computed in SQL (`private.content_hash`).
    """
    return text_hash(text) if text.strip(" \n\r\t") or file_sha256 is None else file_sha256


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class IdentityKind(StrEnum):
    """What a JID says about its owner."""

    PHONE = "phone"
    LID = "lid"


class Identity(_Frozen):
    """One WhatsApp address of a person.

    A phone's `jid` is canonical: `<E.164 digits>@s.whatsapp.net`, Brazilian mobiles always with
    the ninth digit. A LID's is `<opaque>@lid`.
    """

    kind: IdentityKind
    jid: str = Field(min_length=3, max_length=128)


class ContentKind(StrEnum):
    """What a message carries; the values are stored in `interacoes.tipo_conteudo`."""

    TEXT = "texto"
    AUDIO = "audio"
    IMAGE = "imagem"
    VIDEO = "video"
    DOCUMENT = "documento"
    STICKER = "figurinha"
    REACTION = "reacao"
    CONTACT = "contato"
    LOCATION = "localizacao"
    POLL = "enquete"
    OTHER = "outro"


class Media(_Frozen):
    """Metadata of an attachment; bytes are fetched by message id, never by a URL from outside."""

    mimetype: str | None = None
    file_name: str | None = None
    size_bytes: int | None = None
    seconds: int | None = None
    sha256: str | None = None


class Content(_Frozen):
    """What the doctor sent. `text` holds the text, caption or emoji; it may be empty."""

    kind: ContentKind
    text: str = ""
    media: Media | None = None
    reacts_to: str | None = None
    view_once: bool = False
    ephemeral: bool = False


class Quoted(_Frozen):
    """The message that this one answers to."""

    key_id: str
    text: str | None = None


class _Message(_Frozen):
    TYPE: ClassVar[str]


class _OfNumber(_Message):
    instance: str = Field(min_length=1, max_length=128)


class MessageReceived(_OfNumber):
    """A doctor's message, from a webhook or found by catch-up."""

    TYPE: ClassVar[str] = "whatsapp.message.received.v1"

    key_id: str = Field(min_length=1, max_length=256)
    identities: tuple[Identity, ...] = Field(min_length=1)
    push_name: str | None = None
    provider_at: AwareDatetime
    received_at: AwareDatetime
    content: Content
    quoted: Quoted | None = None
    origin: Literal["webhook", "catchup"] = "webhook"


class MessageEdited(_OfNumber):
    """The doctor changed or deleted a message (`revoke`)."""

    TYPE: ClassVar[str] = "whatsapp.message.edited.v1"

    key_id: str = Field(min_length=1, max_length=256)
    change: Literal["edit", "revoke"]
    text: str | None = None
    changed_at: AwareDatetime


class MessageSent(_OfNumber):
    """A message left our number: an echo of our own send, or a person typing on the phone."""

    TYPE: ClassVar[str] = "whatsapp.message.sent.v1"

    key_id: str = Field(min_length=1, max_length=256)
    identities: tuple[Identity, ...] = ()
    source: Literal["send.message", "messages.upsert", "catchup"]
    text: str = ""
    content_kind: ContentKind = ContentKind.TEXT
    file_sha256: str | None = None
    provider_at: AwareDatetime
    received_at: AwareDatetime


class MessageAcked(_OfNumber):
    """WhatsApp's acknowledgement of a message of ours."""

    TYPE: ClassVar[str] = "whatsapp.message.acked.v1"

    key_id: str = Field(min_length=1, max_length=256)
    status: Literal["ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED"]
    received_at: AwareDatetime


class Connection(_OfNumber):
    """The number's connection changed."""

    TYPE: ClassVar[str] = "whatsapp.connection.changed.v1"

    state: Literal["open", "connecting", "close", "refused"]
    reason: int | None = None
    received_at: AwareDatetime


class SendRequested(_OfNumber):
    """Doorbell: the conversation has something to send. Losing or doubling it costs time only."""

    TYPE: ClassVar[str] = "conversation.send.requested.v1"

    conversa_id: str
    requested_at: datetime | None = None


class _OfChatwoot(_Message):
    """`conversa_id` is what we wrote into the conversation when we made it there."""

    delivery: str = Field(min_length=1, max_length=128)
    conversation_id: int = Field(ge=1)
    conversa_id: UUID | None = None
    by: str = Field(min_length=1, max_length=128)


class PersonWrote(_OfChatwoot):
    """A person answered the doctor in Chatwoot; `attachments` files came with it.

    `written_at` is Chatwoot's time.
    """

    TYPE: ClassVar[str] = "chatwoot.message.written.v1"

    message_id: int = Field(ge=1)
    text: str = ""
    attachments: int = Field(default=0, ge=0)
    written_at: AwareDatetime | None = None
    received_at: AwareDatetime


class PersonReturned(_OfChatwoot):
    """A person gave the conversation back in Chatwoot: took the label off, or resolved it."""

    TYPE: ClassVar[str] = "chatwoot.conversation.returned.v1"

    how: Literal["etiqueta", "resolvida"]
    changed_at: AwareDatetime
    received_at: AwareDatetime


class DraftDecided(_OfChatwoot):
    """A person answered Julia's draft: in a private note (`message_id`), or by a label.

    `text` is what goes instead (`editar`), or why the draft is refused (`rejeitar`).
    """

    TYPE: ClassVar[str] = "chatwoot.draft.decided.v1"

    decision: Literal["aprovar", "editar", "rejeitar"]
    message_id: int | None = Field(default=None, ge=1)
    text: str = ""
    decided_at: AwareDatetime
    received_at: AwareDatetime


class SlackButton(_Frozen):
    """A button of ours that somebody pressed: its `action_id` and the value that we gave it."""

    action_id: str = Field(min_length=1, max_length=255)
    value: str = Field(default="", max_length=2_000)


class SlackRequest(_Message):
    """Somebody asked for something in Slack; the same `key` in every delivery of it.

    `response_url` is a capability of half an hour; a mention has none.
    """

    TYPE: ClassVar[str] = "slack.request.received.v1"

    key: str = Field(min_length=1, max_length=256)
    kind: Literal["comando", "mencao", "botao"]
    user: str = Field(min_length=1, max_length=64)
    text: str = Field(default="", max_length=4_000)
    button: SlackButton | None = None
    response_url: str | None = Field(default=None, max_length=2_000)
    received_at: AwareDatetime


type Message = (
    MessageReceived
    | MessageEdited
    | MessageSent
    | MessageAcked
    | Connection
    | SendRequested
    | PersonWrote
    | PersonReturned
    | DraftDecided
    | SlackRequest
)

MESSAGE_TYPES: dict[str, type[_Message]] = {
    model.TYPE: model
    for model in (
        MessageReceived,
        MessageEdited,
        MessageSent,
        MessageAcked,
        Connection,
        SendRequested,
        PersonWrote,
        PersonReturned,
        DraftDecided,
        SlackRequest,
    )
}
