"""A draft as the checks read it: folded to plain letters, cut into sentences and clauses."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc", "Cs", "Co"})
_ABBREVIATED = re.compile(r"(?:\b(?:dr|dra|sr|sra|av|al|r|tv|rod|hosp|n|pc|sto|sta|st|d)|\d)\.$")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$|[^\w\s])|\n+|[.!?](?=[^\W\d]{2})")
_CLAUSE_END = re.compile(
    r"[,;:()—\u2013|/]|\s-\s|\b(?:mas|por[eé]m|s[oó] que|ent[aã]o|a[ií]|pois|porque|e)\b(?=\s)",
    re.IGNORECASE,
)
"""`e` is "and"; "é" is a verb and cuts nothing, which is why this reads the accents."""


def one_of(words: str) -> str:
    """A pattern of alternatives, each on a line of its own or between ` | `."""
    return f"(?:{'|'.join(re.split(r'\s*\n\s*| \| ', words.strip()))})"


def whole_words(words: str) -> re.Pattern[str]:
    """`one_of`, compiled; what it finds neither begins nor ends within a word."""
    return re.compile(rf"\b{one_of(words)}\b")


def shown(text: str) -> str:
    """What a reader sees: compatibility forms resolved, invisible characters left out."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(
        char for char in normal if char == "\n" or unicodedata.category(char) not in _UNSEEN
    )


def fold(text: str) -> str:
    """Lower case without accents, character by character: indices stay those of `text`."""
    return "".join(unicodedata.normalize("NFD", char)[0].lower()[:1] for char in text)


def plain(text: str) -> str:
    """`fold` of `shown`, with one kind of white space."""
    return " ".join(fold(shown(text)).split())


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, folded."""
    return re.findall(r"[a-z0-9]+", fold(shown(text)))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, the end not included."""

    start: int
    end: int

    def holds(self, position: int) -> bool:
        """Whether a position lies within."""
        return self.start <= position < self.end


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that says one thing."""

    span: Span
    text: str
    """Folded."""
    before: str
    """Of its sentence, what comes before, folded."""
    after: str
    """Of its sentence, what follows, folded."""
    asks: bool
    """The sentence ends with a question mark."""
    goes_on: bool = False
    """It begins with "e" (and), which folded is no other than "é"."""


def sentences(folded: str) -> Iterator[Span]:
    """Sentences, with their final punctuation."""
    start = 0
    for end in _SENTENCE_END.finditer(folded):
        if end.group() == "." and _ABBREVIATED.search(folded[max(0, end.start() - 8) : end.end()]):
            rest = folded[end.end() : end.end() + 2]
            if not folded[max(0, end.start() - 1)].isdigit() or rest[:1].isdigit():
                continue
        if folded[start : end.end()].strip():
            yield Span(start, end.end())
        start = end.end()
    if folded[start:].strip():
        yield Span(start, len(folded))


def clauses(text: str, whole: Sequence[Span] = ()) -> tuple[tuple[Clause, ...], ...]:
    """The clauses of each sentence of a `shown` text; a stretch of `whole` is never cut."""
    folded = fold(text)
    return tuple(
        tuple(_clauses_of(text, folded, sentence, whole)) for sentence in sentences(folded)
    )


def _clauses_of(text: str, folded: str, sentence: Span, whole: Sequence[Span]) -> Iterator[Clause]:
    asks = "?" in folded[max(sentence.start, sentence.end - 4) : sentence.end]
    cuts = [sentence.start]
    cuts += [
        cut.start() if cut.group()[0].isalpha() else cut.end()
        for cut in _CLAUSE_END.finditer(text, sentence.start, sentence.end)
        if not any(span.holds(cut.start()) for span in whole)
    ]
    cuts.append(sentence.end)
    for start, end in pairwise(cuts):
        if folded[start:end].strip():
            yield Clause(
                Span(start, end),
                folded[start:end],
                folded[sentence.start : start],
                folded[end : sentence.end],
                asks,
                bool(re.match(r"\W*[eE]\s", text[start:end])),
            )
