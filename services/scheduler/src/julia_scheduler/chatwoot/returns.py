"""Whether a conversation in Chatwoot, as it is there now, says that a person gave it back."""

from typing import Final, Literal

from julia_common.chatwoot import Chat, ChatStatus
from julia_common.database import PersonReturnedArguments

LABEL: Final = "humano"
"""On what people have; taking it off gives the conversation back."""
NOBODY: Final = "alguém no Chatwoot"


def how_given_back(chat: Chat) -> Literal["resolvida", "etiqueta"] | None:
    """How it was given back, if it was; means something only of what people had."""
    if chat.status == ChatStatus.RESOLVED:
        return "resolvida"
    return None if LABEL in chat.labels else "etiqueta"


def given_back(chat: Chat, handoff_id: str) -> PersonReturnedArguments | None:
    """What is to be told of it: `chat` was seen after this hand-off had been shown there."""
    how = how_given_back(chat)
    if how is None:
        return None
    return PersonReturnedArguments(
        entrega=f"visto:{handoff_id}",
        conversation_id=chat.id,
        motivo=how,
        em=chat.active_at,
        por=NOBODY,
        handoff_id=handoff_id,
    )
