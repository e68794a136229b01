"""Night and day as a text says them of shifts: "à noite", "noturno", "de dia"."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

_NIGHT: Final = r"(?:a|de|pela|na) noite|noturn[oa]s?|noitao"
_DAY: Final = r"de dia|durante o dia|diurn[oa]s?"
_SAID = re.compile(rf"\b(?:(?P<night>{_NIGHT})|{_DAY})\b")
_OF_THE_DOCTOR = re.compile(
    r"\b(?:vc|voce|doutora?|sempre|boa|hoje|amanha|ontem|te \w+|trabalha\w*)\s+(?:\w+\s+){0,1}$"
)
_LONG: Final = dt.timedelta(hours=18)
_MORNING: Final = 5
_EVENING: Final = 18


@dataclass(frozen=True, slots=True)
class Daytime:
    """Night or day and where it is named."""

    start: int
    end: int
    night: bool

    def fits(self, begins: dt.datetime, ends: dt.datetime) -> bool:
        """Whether a shift with these local times may be called so; a long one may be either."""
        by_day = _MORNING <= begins.hour < _EVENING
        return ends - begins >= _LONG or by_day is not self.night


def daytimes_in(folded: str) -> tuple[Daytime, ...]:
    """Where a folded text says night or day, not of when the doctor works or of a greeting."""
    return tuple(
        Daytime(found.start(), found.end(), found["night"] is not None)
        for found in _SAID.finditer(folded)
        if not _OF_THE_DOCTOR.search(folded[max(0, found.start() - 30) : found.start()])
    )
