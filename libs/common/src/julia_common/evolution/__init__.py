"""The Evolution API: the only way to WhatsApp."""

from julia_common.evolution.client import EvolutionClient, open_evolution
from julia_common.evolution.model import (
    ConnectionState,
    File,
    Media,
    NotSent,
    Presence,
    SendOutcome,
    Sent,
    StoredMessage,
    Uncertain,
)

__all__ = [
    "ConnectionState",
    "EvolutionClient",
    "File",
    "Media",
    "NotSent",
    "Presence",
    "SendOutcome",
    "Sent",
    "StoredMessage",
    "Uncertain",
    "open_evolution",
]
