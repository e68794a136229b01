"""How the canary's messages are known before the database has seen them."""

from typing import Final

CANARY_KEY: Final = "CANARIO"
"""What the ids of its messages begin with; WhatsApp's own are hexadecimal."""


def is_canary(key_id: str) -> bool:
    """Whether this message id is the canary's."""
    return key_id.startswith(CANARY_KEY)
