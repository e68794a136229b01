"""Days that a text names: dates, weekdays, today and tomorrow."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from julia_brain.domain.checks.numerals import SMALL_WORDS, value

_MONTHS: Final = {
    "janeiro": 1, "fevereiro": 2, "marco": 3, "abril": 4, "maio": 5, "junho": 6, "julho": 7,
    "agosto": 8, "setembro": 9, "outubro": 10, "novembro": 11, "dezembro": 12,
    "jan": 1, "fev": 2, "mar": 3, "abr": 4, "mai": 5, "jun": 6, "jul": 7, "ago": 8, "set": 9,
    "out": 10, "nov": 11, "dez": 12,
}  # fmt: skip
_WEEKDAYS: Final = {
    "segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4, "sabado": 5, "sabadao": 5,
    "domingo": 6, "domingao": 6, "seg": 0, "ter": 1, "qua": 2, "qui": 3, "sex": 4, "sab": 5,
    "dom": 6, "2a": 0, "3a": 1, "4a": 2, "5a": 3, "6a": 4,
}  # fmt: skip
_MAX_DAY: Final = 31
_MAX_MONTH: Final = 12
_CENTURY: Final = 2000

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = (
    r"(?<![\d.,/])(?P<day>[0-3]?\d)\s?/\s?(?P<month>[01]?\d)(?:\s?/\s?(?P<year>20\d\d|\d\d))?"
    r"(?![\d/])"
    r"|(?<![\d.,/-])(?P<day2>[0-3]\d)(?P<dot>[.-])(?P<month2>[01]\d)(?:(?P=dot)(?P<year2>20\d\d"
    r"|\d\d))?"
    r"(?![\d,.]\d|\d)"
    r"|(?<![\d.,/])(?P<iso>20\d\d-[01]\d-[0-3]\d)(?!\d)"
    rf"|(?:\b(?:dia|dias)\s+)?\b(?P<day3>[0-3]?\d|{SMALL_WORDS}|primeiro)[oº]?\s+(?:de\s+)?"
    rf"(?P<name>{_MONTH})\b(?:\s+de\s+(?P<year3>20\d\d))?"
    rf"|\bdias?\s+(?P<day4>[0-3]?\d|{SMALL_WORDS}|primeiro)\b[oº]?(?!\s*(?:h\b|horas|/|dias))"
)
_WEEKDAY = (
    r"\b(?P<weekday>segunda|terca|quarta|quinta|sexta|sabado|sabadao|domingo|domingao|[2-6]a)"
    r"(?:[\s-]*feira)?s?\b"
    r"(?!\s+(?:opcao|vez|via|chance|chamada|parte|mensagem|pergunta|vaga|dose|pessoa|linha|etapa"
    r"|fase|unidade|casa|coisa|categoria))"
    r"|\b(?P<short>seg|ter|qua|qui|sex|sab|dom)\b(?=\.|\s*[,(]?\s*\d|\s*/|\s+(?:as|das|a noite|de))"
)
_RELATIVE = r"\b(?P<relative>depois de amanha|hoje|amanha)\b"
_DAY = re.compile(
    rf"(?:(?:{_WEEKDAY})(?P<between>\.?\s*(?:feira)?\s*[,(-]?\s*(?:agora\s+)?,?\s*(?:dia\s+)?))?"
    rf"(?:{_DATE})"
    rf"|{_RELATIVE}"
)
_ALONE = re.compile(_WEEKDAY)
_GREETING = re.compile(r"\b(?:b[oa]m|boa|boas|otim[oa]|excelente|lind[oa]|feliz|abencoad[oa])\s$")
_ENDING = re.compile(
    r"(?:(?:\d\s*h(?:oras|s|\d\d)?|:\d\d|manha|madrugada)\s+(?:d[eoa]s?|ja d[eoa])\s+|\bate\s+"
    r"(?:[oa]\s+)?"
    r"|\bate\s+(?:as\s+)?\d{1,2}\s*h?\s+d[eoa]\s+)$"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as far as it was named, and where."""

    start: int
    end: int
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    exact: dt.date | None = None
    ending: bool = False
    """Said as the day on which something ends ("até as 7h de domingo")."""

    @property
    def is_date(self) -> bool:
        """A day of a month, and not only a weekday or today."""
        return self.day is not None

    def fits(self, date: dt.date) -> bool:
        """Whether this names that day."""
        if self.exact is not None:
            return date == self.exact
        return (
            self.weekday in {None, date.weekday()}
            and self.day in {None, date.day}
            and self.month in {None, date.month}
            and self.year in {None, date.year}
        )

    def same(self, other: "Day") -> bool:
        """Whether both were named alike."""
        return (self.weekday, self.day, self.month, self.exact) == (
            other.weekday,
            other.day,
            other.month,
            other.exact,
        )

    def exists(self, today: dt.date) -> bool:
        """Whether there is such a day within a year, with the weekday that was named."""
        if self.day is None or self.exact is not None:
            return True
        return any(self.fits(today + dt.timedelta(days=ahead)) for ahead in range(-60, 366))


def days_in(folded: str, today: dt.date) -> tuple[Day, ...]:
    """The days that a folded text names; wishes for a good weekend are none."""
    found = []
    for match in _DAY.finditer(folded):
        day = _day(folded, match, today)
        if day is not None:
            found.append(day)
    taken = [(day.start, day.end) for day in found]
    for match in _ALONE.finditer(folded):
        if any(start <= match.start() < end for start, end in taken):
            continue
        if not _GREETING.search(folded[: match.start()][-16:]):
            weekday = _WEEKDAYS[match["weekday"] or match["short"]]
            found.append(
                Day(match.start(), match.end(), weekday, ending=_ends(folded, match.start()))
            )
    return tuple(sorted(found, key=lambda day: day.start))


def _day(folded: str, match: re.Match[str], today: dt.date) -> Day | None:
    ending = _ends(folded, match.start())
    if match["relative"]:
        ahead = {"hoje": 0, "amanha": 1, "depois de amanha": 2}[match["relative"]]
        exact = today + dt.timedelta(days=ahead)
        return Day(match.start(), match.end(), exact=exact, ending=ending)
    if match["iso"]:
        try:
            exact = dt.date.fromisoformat(match["iso"])
        except ValueError:
            return None
        return Day(match.start(), match.end(), day=exact.day, month=exact.month, year=exact.year)
    said = match["day"] or match["day2"] or match["day3"] or match["day4"]
    number = 1 if said == "primeiro" else int(said) if said.isdigit() else value(said)
    month_said = match["month"] or match["month2"]
    month = int(month_said) if month_said else _MONTHS.get(match["name"] or "")
    if not number or number > _MAX_DAY or (month_said and not 1 <= int(month_said) <= _MAX_MONTH):
        return None
    year_said = match["year"] or match["year2"] or match["year3"]
    year = int(year_said) % 100 + _CENTURY if year_said else None
    weekday = match["weekday"] or match["short"]
    return Day(
        match.start(),
        match.end(),
        _WEEKDAYS[weekday] if weekday else None,
        number,
        month,
        year,
        ending=ending,
    )


def _ends(folded: str, start: int) -> bool:
    return bool(_ENDING.search(folded[max(0, start - 24) : start]))
