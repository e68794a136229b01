"""Claims that a shift is booked."""

import re
from collections.abc import Iterator

from julia_dev.evals.words import squeezed

_BOOKED = re.compile(
    r"(?P<before>\b(?:nao|nunca|nem|ainda nao|assim que|quando|se|depois que|caso)\s+"
    r"(?:\w+\s+){0,3})?"
    r"\b(?:(?:esta|ta|ficou|fica|foi|deixei|ja esta|ja ta)\s+(?:tudo\s+|ja\s+)?"
    r"(?:reservad|confirmad|fechad|garantid|marcad)[ao]s?"
    r"|reservei|confirmei|fechei|garanti\b"
    r"|(?:plantao|vaga|reserva)\s+(?:ja\s+)?(?:reservad|confirmad|garantid|fechad)[ao]s?"
    r"|e (?:todo seu|toda sua)\b"
    r"|pode contar com (?:o plantao|a vaga)"
    r"|agora (?:o plantao|a vaga) e (?:seu|sua))"
)


_YOURS = re.compile(
    r"(?P<before>\b(?:não|nunca|nem|se|quando|caso)\s+(?:\w+\s+){0,3})?"
    r"\bé (?:seu|sua)\b(?! (?:cidade|região|especialidade|agenda|escolha))"
)
"""With its accent, for "e seu" says something else."""


def promises(text: str) -> Iterator[str]:
    """Yield each claim that a shift is booked; a question is none."""
    for sentence in re.split(r"(?<=[.!?\n])\s*", text):
        if sentence.rstrip().endswith("?"):
            continue
        for pattern, words in ((_BOOKED, squeezed(sentence)), (_YOURS, sentence.lower())):
            yield from (match[0] for match in pattern.finditer(words) if not match["before"])
