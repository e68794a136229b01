"""Small things about Brazilian text, shared by cases and judges."""

import re
import unicodedata
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_SPACES = re.compile(r"\s+")


def unaccented(text: str) -> str:
    """Return the text without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def plain(text: str) -> str:
    """Return the text without accents, and in small letters."""
    return unaccented(text).lower()


def found(pattern: str, text: str) -> bool:
    """Tell whether a regular expression is found, whatever the accents and the case."""
    return re.search(unaccented(pattern), unaccented(text), re.IGNORECASE) is not None


def squeezed(text: str) -> str:
    """Return `plain` text with every run of white space as one blank."""
    return _SPACES.sub(" ", plain(text)).strip()


def fill(text: str, value: Callable[[str], str]) -> str:
    """Replace each `{{name}}` by its value."""
    return _PLACEHOLDER.sub(lambda match: value(match[1]), text)


def reais(amount: int) -> str:
    """Return whole reais as Brazilians write them: `R$ 1.500`."""
    return f"R$ {amount:,}".replace(",", ".")
