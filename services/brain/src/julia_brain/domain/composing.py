"""From a begun turn to the prompt of its first call."""

import datetime as dt
import hashlib
from collections.abc import Sequence

from julia_brain.domain.messages import history_turns, pending_texts
from julia_brain.domain.prompt import Prompt
from julia_brain.domain.situation import situation
from julia_brain.tools.calls import ToolSchema
from julia_common.database import TurnBegun


def compose(
    begun: TurnBegun,
    *,
    persona: str,
    tools: Sequence[ToolSchema],
    conversa_id: str,
    now: dt.datetime,
) -> Prompt:
    """Make the prompt of a turn; `now` is only shown."""
    return Prompt(
        system=persona,
        tools=tuple(sorted(tools, key=lambda tool: tool.name)),
        history=history_turns(begun.history, begun.resumo),
        situation=situation(begun, now),
        pending=pending_texts(begun.pending),
        user=user_of(conversa_id),
    )


def user_of(conversa_id: str) -> str:
    """The conversation as the provider may know it: nothing leads back from it."""
    return hashlib.sha256(conversa_id.encode()).hexdigest()[:32]
