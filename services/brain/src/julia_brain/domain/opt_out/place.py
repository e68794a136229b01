"""Where in its sentence a request stands."""

import re
from dataclasses import dataclass
from typing import Final

NEAR: Final = 6
"""Words on either side that are looked at for what limits a request."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its sentence a rule's words were found.

    `before` and `after` are the rest of the sentence, `near_*` only up to the next comma; `rest` is
    all that follows, the next sentences included.
    """

    words: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    rest: str
    asks: bool

    @classmethod
    def of(cls, found: re.Match[str]) -> "Place":
        """The surroundings of a match in a canonical text."""
        text, start, end = found.string, found.start(), found.end()
        rest = text[end : end + _REACH]
        after = _SENTENCE_END.search(rest)
        return cls(
            words=tuple(found[0].split()),
            before=tuple(_SENTENCE_END.split(text[max(0, start - _REACH) : start])[-1].split()),
            after=tuple(rest[: after.start() if after else None].split()),
            rest=rest,
            asks=after is not None and after[0].startswith("?"),
        )

    @property
    def near_before(self) -> tuple[str, ...]:
        """What comes before it since the last comma."""
        return from_last(self.before, ",")

    @property
    def near_after(self) -> tuple[str, ...]:
        """What follows up to the next comma."""
        return _until(self.after, ",")


_REACH: Final = 300
"""Characters on either side of a request that may say something of it."""

_SENTENCE_END = re.compile(r"[.?] ")


def _until(words: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return words[: words.index(mark)] if mark in words else words


def from_last(words: tuple[str, ...], mark: str) -> tuple[str, ...]:
    """What follows the last `mark`, or everything where there is none."""
    return words[len(words) - words[::-1].index(mark) :] if mark in words else words
