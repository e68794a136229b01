"""The messages that travel on the broker: one frozen model per versioned type."""

from julia_common.contracts.messages import (
    MESSAGE_TYPES,
    Connection,
    Content,
    ContentKind,
    Identity,
    IdentityKind,
    Media,
    Message,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
    Quoted,
    SendRequested,
    content_hash,
    text_hash,
)

__all__ = [
    "MESSAGE_TYPES",
    "Connection",
    "Content",
    "ContentKind",
    "Identity",
    "IdentityKind",
    "Media",
    "Message",
    "MessageAcked",
    "MessageEdited",
    "MessageReceived",
    "MessageSent",
    "Quoted",
    "SendRequested",
    "content_hash",
    "text_hash",
]
