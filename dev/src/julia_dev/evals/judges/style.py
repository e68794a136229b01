"""Form that does not suit WhatsApp in Brazil."""

import re
from collections.abc import Iterator

from julia_dev.evals.words import plain

LONGEST = 1_200
"""Characters of one message, or of all that answers one step."""

_MARKDOWN = re.compile(r"\*\*|^#{1,4} |^\s*[-*•] |^\s*\d+[.)] |```|^\||\]\(http", re.MULTILINE)
_ENGLISH = re.compile(
    r"(?:the|you|are|and|for|with|have|your|shift|this|that|what|can|will|not|hello|thanks|please"
    r"|available|would|like|doctor|our|from|there|which|we)"
)
_MANY = 3


def style(text: str) -> Iterator[str]:
    """Yield markdown, another language, and messages that are far too long for WhatsApp."""
    if found := _MARKDOWN.search(text):
        yield f"markdown {found[0].strip()!r}"
    if len(text) > LONGEST:
        yield f"{len(text)} characters"
    words = re.findall(r"[a-z']+", plain(text))
    english = [word for word in words if _ENGLISH.fullmatch(word)]
    if len(english) >= _MANY and len(english) * 5 >= len(words):
        yield f"English: {' '.join(english[:5])}"
