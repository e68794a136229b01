"""The last line of defence: masks what looks like a phone, a document, an e-mail or a secret.

Code must not log such things in the first place; this catches what slips through. It errs on the
side of masking, but leaves ids (UUIDs, hashes), dates and IP addresses readable.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "***"

_ADDRESS = re.compile(r"[\w.+%-]+@[\w.-]+")
_DIGITS = re.compile(r"(?<![\w])\+?\(?\d(?:[\s().-]{0,2}\d){7,}(?!\w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:\s\d{2})?")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHORTEST_SECRET = 6
_PHONE_AS_NUMBER = 10**9


class Redactor:
    """Masks texts and JSON-like values."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Remember the secrets; ones too short to tell from ordinary text are left out."""
        self._known: set[str] = set()
        self._secrets: re.Pattern[str] | None = None
        self.remember(*secrets)

    def remember(self, *secrets: str) -> None:
        """Mask these from now on as well; what was known before stays masked."""
        self._known |= {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
        if self._known:
            longest_first = sorted(self._known, key=len, reverse=True)
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """The text with everything suspicious masked."""
        if self._secrets is not None:
            text = self._secrets.sub(MASK, text)
        if _UUID.fullmatch(text):
            return text
        text = _ADDRESS.sub(MASK, text)
        return _DIGITS.sub(_mask_unless_harmless, text)

    def value(self, value: Any) -> Any:
        """The value with all texts in it masked, keys included."""
        match value:
            case str():
                return self.text(value)
            case bool() | float() | None:
                return value
            case int():
                return MASK if abs(value) >= _PHONE_AS_NUMBER else value
            case Mapping():
                return {self.text(str(key)): self.value(item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(item) for item in value]
            case _:
                return self.text(str(value))


def _mask_unless_harmless(match: re.Match[str]) -> str:
    found = match.group()
    return found if _DATE.fullmatch(found) or _IP.fullmatch(found) else MASK
