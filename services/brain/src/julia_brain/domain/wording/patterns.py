"""A small language for what to look for in a canonical text.

A pattern is a line of elements: a word, several with `/` between them, the name of a class in
capitals, `word?` or `NAME?` when it may be missing, `NAME*` for up to four words of a class, and
`.3` for up to three words of any kind within the same part of a sentence. `END` is the end of a
part, `START` its beginning.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = r"[^.,? ]+ "


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Classes of words by name; a class may name others."""

    classes: Mapping[str, str]

    def words(self, name: str) -> frozenset[str]:
        """The words of a class."""
        return frozenset(
            word
            for part in self.classes[name].split()
            for word in (self.words(part) if part in self.classes else {part})
        )

    def compile(self, pattern: str) -> re.Pattern[str]:
        """A regular expression for texts that have a space before and after every word."""
        return re.compile(r"(?<= )" + "".join(map(self._element, pattern.split())))

    def _element(self, element: str) -> str:
        if re.fullmatch(r"\.\d", element):
            return rf"(?:{_WORD}){{0,{element[1:]}}}?"
        if element == "START":
            return r"(?:(?<=^ )|(?<=[.,?] ))"
        optional = {"?": "?", "*": "{0,4}"}.get(element[-1], "")
        words: set[str] = set()
        for part in element.rstrip("?*").split("/"):
            words |= self.words(part) if part in self.classes else {part}
        end = "|(?=[.,?] |$)" if "END" in words else ""
        words.discard("END")
        if not words:
            return r"(?=[.,?] |$)"
        return rf"(?:(?:{'|'.join(sorted(map(re.escape, words)))}) {end}){optional}"
