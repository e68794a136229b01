"""Which part of a persona's text is for the model alone."""

import re
from typing import Final

_EXAMPLE: Final = re.compile(r"^Pessoa:", re.IGNORECASE)
_WHAT_SHE_IS: Final = re.compile(r"\bassistente virtual\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"“][^\"”\n]*[\"”]")


def not_to_be_told(persona: str) -> str:
    """The instructions, without what Júlia is meant to say in just these words.

    That is what she is, everything in quotation marks, and lines with an example ("Pessoa: …").
    """
    lines = (
        line
        for line in persona.splitlines()
        if not _EXAMPLE.search(line) and not _WHAT_SHE_IS.search(line)
    )
    return _QUOTED.sub(" … ", "\n".join(lines))
