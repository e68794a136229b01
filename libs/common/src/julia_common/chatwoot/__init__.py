"""Chatwoot, where people read along and answer: its API, and the webhooks that it signs."""

from julia_common.chatwoot.client import (
    UNCERTAIN_RETRY_SECONDS,
    Chat,
    ChatStatus,
    Chatwoot,
    ChatwootRefused,
    Direction,
    Missing,
    PersonsMessage,
    Post,
    open_chatwoot,
)
from julia_common.chatwoot.signature import SIGNATURE_WINDOW_SECONDS, is_signed, sign

__all__ = [
    "SIGNATURE_WINDOW_SECONDS",
    "UNCERTAIN_RETRY_SECONDS",
    "Chat",
    "ChatStatus",
    "Chatwoot",
    "ChatwootRefused",
    "Direction",
    "Missing",
    "PersonsMessage",
    "Post",
    "is_signed",
    "open_chatwoot",
    "sign",
]
