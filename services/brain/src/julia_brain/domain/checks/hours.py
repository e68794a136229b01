"""Times of day and lengths of shifts that a text names."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal

from julia_brain.domain.checks.numerals import SMALL_WORDS, value

_HOURS_A_DAY: Final = 24
_NOON: Final = 12
_LENGTHS: Final = frozenset({6, 8, 10, 12, 18, 24, 36, 48})

_NUMBER = rf"[0-2]?\d|{SMALL_WORDS}|meia[- ]noite|meio[- ]dia"
_PART = r"(?:\s+(?:em ponto\s+)?(?:da|de|a)\s+(?:manha|tarde|noite|madrugada))"
_UNIT = r"\s?(?:horas?|hrs|hs|hr|h)(?![a-z])"


def _time(n: str) -> str:
    return (
        rf"(?P<h{n}>{_NUMBER})(?:(?:\s?h\s?|:)(?P<m{n}>[0-5]\d)h?\b|(?P<u{n}>{_UNIT}))?"
        rf"(?P<p{n}>{_PART})?"
    )


_RANGE = re.compile(
    rf"(?<![\d.,/$:])(?P<das>\bdas?\s+|\bde\s+|\bentre(?:\s+as)?\s+)?{_time('1')}"
    rf"\s*(?P<to>\bas\b|\ba\b|\bate(?:\s+as)?\b|-|\u2013|x(?=\d)|\be\b(?:\s+as\b)?)\s*{_time('2')}"
    r"(?![\d/,]|\.\d)"
)
_SINGLE = re.compile(
    rf"(?<![\d.,/$:x])(?P<at>\b(?:as|das|ate as|ate|pelas|apos as|a partir das)\s+)?{_time('1')}"
    r"(?![\d/,]|\.\d)"
)
_LENGTH_BEFORE = re.compile(
    r"\b(?:plantao|plantoes|vagas?|turnos?|jornada|escala|cobertura)\s+de\s+$"
)
_LENGTH_AFTER = re.compile(r"\s*(?:de (?:plantao|trabalho)|seguidas|corridas|direto)")
_NOT_A_TIME_BEFORE = re.compile(
    r"\b(?:em|por|daqui a|dentro de|menos de|mais de|ha|cada|nas?)\s+(?:umas?\s+)?$"
)
_NOT_A_TIME_AFTER = re.compile(r"\s*(?:atras|antes|depois|uteis)")


_BEGINS = re.compile(
    r"\b(?:entra\w*|comeca\w*|inicio|inicia\w*|a partir das?|desde as?|cheg\w+|apresent\w+"
    r"|comparec\w+|esper\w+|aguard\w+|estar la|esteja la)\W+(?:la )?(?:as )?$"
)
_ENDS = re.compile(r"\b(?:ate|sai|saida|termina\w*|acaba\w*|fim)\W+(?:as )?$")


@dataclass(frozen=True, slots=True)
class Hours:
    """A time (`begin`, perhaps `end`) in hours and minutes, or a length in hours; and where."""

    start: int
    end: int
    begin: dt.time | None = None
    until: dt.time | None = None
    length: int | None = None
    edge: Literal["begin", "end"] | None = None
    """Of a single time: which end of the shift it was said to be."""

    def fits(self, begins: dt.datetime, ends: dt.datetime) -> bool:
        """Whether a shift with these local times may be described so."""
        if self.length is not None and self.begin is None:
            return ends - begins == dt.timedelta(hours=self.length)
        if self.until is not None:
            return (begins.time(), ends.time()) == (self.begin, self.until)
        if self.edge != "end" and self.begin == begins.time():
            return True
        if self.edge != "begin" and self.begin == ends.time():
            return True
        return self.length is not None and ends - begins == dt.timedelta(hours=self.length)

    def same(self, other: "Hours") -> bool:
        """Whether both say the same."""
        return (self.begin, self.until, self.length) == (other.begin, other.until, other.length)


def hours_in(folded: str, taken: tuple[tuple[int, int], ...] = ()) -> tuple[Hours, ...]:
    """The hours that a folded text names, outside of what is already `taken` as something else."""
    found: list[Hours] = []
    for match in _RANGE.finditer(folded):
        hours = _range(match)
        if hours is not None and not _overlaps(match, taken):
            found.append(hours)
    ranges = tuple((hours.start, hours.end) for hours in found)
    for match in _SINGLE.finditer(folded):
        if not _overlaps(match, taken) and not _overlaps(match, ranges):
            hours = _single(folded, match)
            if hours is not None:
                found.append(hours)
    return tuple(sorted(found, key=lambda hours: hours.start))


def _overlaps(match: re.Match[str], taken: tuple[tuple[int, int], ...]) -> bool:
    return any(start < match.end() and match.start() < end for start, end in taken)


def _range(match: re.Match[str]) -> Hours | None:
    evident = sum(bool(match[f"{key}{n}"]) for key in "mup" for n in (1, 2))
    das = (match["das"] or "").strip()
    if match["to"].startswith("e") and not das.startswith("entre"):
        return None
    if not evident and not (das in {"das", "da"} or das.startswith("entre as")):
        return None
    begin, until = _clock(match, "1"), _clock(match, "2")
    if begin is None or until is None:
        return None
    if match["to"] == "x":
        return None
    return Hours(match.start(), match.end(), begin, until)


def _single(folded: str, match: re.Match[str]) -> Hours | None:
    before, after = folded[max(0, match.start() - 30) : match.start()], folded[match.end() :][:16]
    at = (match["at"] or "").strip()
    evident = match["m1"] or match["u1"] or match["p1"]
    named = match["h1"].startswith(("meia", "meio")) and match["h1"] != "meia"
    if (
        not evident
        and not (named and at)
        and not (at in {"as", "das", "pelas"} and match["h1"].isdigit())
    ):
        return None
    if _NOT_A_TIME_AFTER.match(after) or (not at and _NOT_A_TIME_BEFORE.search(before)):
        return None
    number = _number(match["h1"])
    if not at and match["u1"] and not match["p1"] and number is not None:
        if _LENGTH_BEFORE.search(before) or _LENGTH_AFTER.match(after):
            return Hours(match.start(), match.end(), length=number)
        if number in _LENGTHS:
            begin = dt.time(number) if number < _HOURS_A_DAY else None
            return Hours(match.start(), match.end(), begin, length=number)
    begin = _clock(match, "1")
    if begin is None:
        return None
    around = f"{before[-16:]}{at} "
    edge: Literal["begin", "end"] | None = None
    if _BEGINS.search(around):
        edge = "begin"
    elif _ENDS.search(around):
        edge = "end"
    return Hours(match.start(), match.end(), begin, edge=edge)


def _number(said: str) -> int | None:
    if said.startswith("meia") and said != "meia":
        return 0
    if said.startswith("meio"):
        return _NOON
    return int(said) if said.isdigit() else value(said)


def _clock(match: re.Match[str], n: str) -> dt.time | None:
    hour = _number(match[f"h{n}"])
    if hour is None or hour > _HOURS_A_DAY:
        return None
    part = match[f"p{n}"] or ""
    if part.endswith(("noite", "tarde")) and hour < _NOON:
        hour += _NOON
    return dt.time(hour % _HOURS_A_DAY, int(match[f"m{n}"] or 0))
