"""What a person's private note decides on a draft of Julia's. Pure."""

import re
from typing import Final, Literal

type Decision = Literal["aprovar", "editar", "rejeitar"]

APPROVE: Final = "aprovar"
REJECT: Final = "rejeitar"
"""Labels that decide on a draft, as the same words in a private note do."""

_DECISION: Final = re.compile(
    r"\s*(?P<word>aprovar|editar|rejeitar)\b(?P<mark>\s*[:.,!-]?\s*)(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)


def decision_in(note: str) -> tuple[Decision, str] | None:
    """What a private note decides and the words after that; None: it is about something else.

    Words after `aprovar` are no approval: they may take it back. Words after `editar` leave for the
    doctor, so a colon or a new line must part them from it: without one there are none.
    """
    found = _DECISION.fullmatch(note)
    if found is None:
        return None
    text = found["text"].strip()
    match found["word"].lower():
        case "aprovar":
            return None if text else (APPROVE, "")
        case "editar":
            return "editar", text if {":", "\n"} & set(found["mark"]) else ""
        case _:
            return REJECT, text
