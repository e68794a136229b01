"""From the model's text to what is sent: is there one, and in which parts."""

import re
import unicodedata
from typing import Final

from julia_brain.domain.checks.flaws import Flaw

PART_CHARACTERS: Final = 400
"""A part longer than this is broken at a sentence end where there is one."""

MAX_PARTS: Final = 3

_SENTENCE_END = re.compile(r"(?<=[.!?…])[)\"'”]*\s+|\n+")
_ORPHAN_CHARACTERS: Final = 40


_STOPS = {
    "max_tokens": Flaw.TRUNCATED,
    "model_context_window_exceeded": Flaw.TRUNCATED,
    "refusal": Flaw.REFUSED,
}
_GOOD_STOPS = ("end_turn", "stop_sequence")


def tidy(text: str) -> str:
    """The text without what cannot be stored or shown: control characters, lone surrogates."""
    return "".join(
        char for char in text if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"}
    ).strip()


def flaw_of(text: str, stop_reason: str | None) -> Flaw | None:
    """Why a draft is none, by how it ended; its words are judged by `domain.checks`."""
    if stop_reason in _STOPS:
        return _STOPS[stop_reason]
    if stop_reason not in _GOOD_STOPS:
        return Flaw.UNEXPECTED_STOP
    text = text.strip()
    if not re.search(r"\w", text) and not _is_emoji(text):
        return Flaw.EMPTY
    return None


def split(text: str) -> tuple[str, ...]:
    """The parts in which a fit reply is sent: usually one, at most `MAX_PARTS`.

    Nothing is lost: the parts joined are the text, up to white space between sentences.
    """
    text = text.strip()
    if len(text) <= PART_CHARACTERS + _ORPHAN_CHARACTERS:
        return (text,)
    parts: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        if not sentence:
            continue
        if parts and (
            len(parts) == MAX_PARTS or len(parts[-1]) + 1 + len(sentence) <= PART_CHARACTERS
        ):
            parts[-1] = f"{parts[-1]} {sentence}"
        else:
            parts.append(sentence)
    if len(parts) > 1 and len(parts[-1]) < _ORPHAN_CHARACTERS:
        last = parts.pop()
        parts[-1] = f"{parts[-1]} {last}"
    return tuple(parts)


def _is_emoji(text: str) -> bool:
    return any(ord(char) > 0x2190 for char in text)  # noqa: PLR2004 - arrows, symbols and beyond
