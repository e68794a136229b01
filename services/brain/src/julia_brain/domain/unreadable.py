"""Messages that Claude is not asked about: far too long, or nothing but emoji."""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

MAX_READ_CHARACTERS: Final = 10_000
"""Of one message; a longer one is answered with the request for a summary."""


class Unreadable(StrEnum):
    """Why messages are answered from a template."""

    TOO_LONG = "longa_demais"
    EMOJI_ONLY = "so_emoji"


ANSWERS: Final = {
    Unreadable.TOO_LONG: "Essa mensagem ficou bem grande e não consegui ler tudo 😅 "
    "me manda um resumo do principal?",
    Unreadable.EMOJI_ONLY: "Não peguei bem o que você quis dizer 😅 me conta em palavras?",
}
"""What the doctor is answered."""

_TELLING: Final = frozenset("👍👎👌✅❌🙏🤝👏❤🙌✔✖🚫⛔🛑✋💪🫡☑👊🤙🆗")
"""Emoji that say yes, no, thanks or stop: an answer, which the conversation understands."""


def unreadable_of(pending: Sequence[str]) -> Unreadable | None:
    """Why the texts to be answered cannot be read, or None when they can.

    One that is too long is enough; emoji only when there is nothing else.
    """
    if any(len(text) > MAX_READ_CHARACTERS for text in pending):
        return Unreadable.TOO_LONG
    written = "".join("".join(text.split()) for text in pending)
    if written and all(map(_is_emoji, written)) and not _TELLING & set(written):
        return Unreadable.EMOJI_ONLY
    return None


def _is_emoji(char: str) -> bool:
    """Whether a character is an emoji, or one of the invisible ones that compose them."""
    return unicodedata.category(char) in {"So", "Sk"} or char in _JOINING


_JOINING: Final = frozenset("\u200d\ufe0f\ufe0e\u20e3") | {
    chr(tag) for tag in range(0xE0020, 0xE0080)
}
