"""Times and periods as Brazilians write them, in São Paulo's time."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from julia_scheduler.jobs.plan import SAO_PAULO

MAX_PERIOD: Final = timedelta(days=92)

_NOON: Final = 12

_WEEKDAYS: Final = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")
_DAY: Final = (
    r"(?P<day>hoje|depois de amanha|amanha"
    rf"|(?:{'|'.join(_WEEKDAYS)})(?:[ -]feira)?"
    r"|\d{1,2}/\d{1,2}(?:/\d{4})?)"
)
_PART: Final = r" da (?:madrugada|manha|tarde|noite)"
_HOUR: Final = (
    r"(?P<hour>meio[ -]dia|meia[ -]noite"
    rf"|(?:\d{{1,2}}[:h]\d{{2}}|\d{{1,2}} ?(?:hs?|horas)\b)(?:{_PART})?|\d{{1,2}}{_PART})"
)
_AT: Final = r"(?:(?:,? (?:as|a|o|ao))? )"
_UNTIL: Final = tuple(
    re.compile(rf"(?:as |a |o |ao )?{form}(?![\w/:])")
    for form in (rf"{_DAY}{_AT}{_HOUR}", rf"{_HOUR} (?:de |do dia |da )?{_DAY}", _HOUR, _DAY)
)
_FOR: Final = re.compile(
    r"(?:(?P<days>\d{1,3}) ?dias?|(?P<hours>\d{1,3}) ?(?:h|horas?)(?: ?e? ?(?P<rest>\d{1,2})"
    r"(?: ?(?:min|minutos?))?)?|(?P<minutes>\d{1,4}) ?(?:min|minutos?))(?!\w)"
)
_RANGE: Final = re.compile(
    r"(?:de )?(\d{1,2}/\d{1,2}(?:/\d{4})?) (?:a|ate) (\d{1,2}/\d{1,2}(?:/\d{4})?)"
)
_LAST: Final = re.compile(r"(?:ultimos )?(\d{1,2}) dias")


class NoSuchTime(ValueError):
    """Read, and there is no such day or hour."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was read at the beginning of a text, and how many characters it took."""

    at: datetime
    length: int


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to before `until`."""

    name: str
    since: datetime
    until: datetime


def read_until(plain: str, now: datetime) -> Moment | None:
    """Read "amanhã 8h", "sexta", "25/12 às 18h30", "meio-dia" after an "até".

    `plain` has no accents and no capitals. A day alone means its end; an hour alone is the next
    one. Raises `NoSuchTime` for 31/02 and 25h.
    """
    local = now.astimezone(SAO_PAULO)
    for form in _UNTIL:
        found = form.match(plain)
        if found is not None:
            named = found.groupdict()
            return Moment(_until(named.get("day"), named.get("hour"), local), found.end())
    return None


def read_for(plain: str, now: datetime) -> Moment | None:
    """Read "2 horas", "1h30", "30 min", "3 dias" after a "por"."""
    found = _FOR.match(plain)
    if found is None:
        return None
    amount = timedelta(
        days=int(found["days"] or 0),
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0) + int(found["rest"] or 0),
    )
    return Moment(now.astimezone(SAO_PAULO) + amount, found.end())


def read_period(plain: str, now: datetime) -> Period | None:
    """Read "hoje", "ontem", "semana passada", "mês", "7 dias", "01/12 a 07/12", "05/12".

    `plain` has no accents and no capitals; empty is today. Raises `NoSuchTime`.
    """
    local = now.astimezone(SAO_PAULO)
    today = local.date()
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    fixed = {
        "": ("hoje", today, None),
        "hoje": ("hoje", today, None),
        "ontem": ("ontem", today - timedelta(days=1), today),
        "semana": ("esta semana", monday, None),
        "mes": ("este mês", first, None),
        "semana passada": ("semana passada", monday - timedelta(days=7), monday),
        "mes passado": ("mês passado", (first - timedelta(days=1)).replace(day=1), first),
    }
    name = re.sub(r"^(?:d?esta|d?este|da|do|de|nesta|neste) ", "", plain)
    if name in fixed:
        label, since, until = fixed[name]
        return Period(label, _midnight(since), _midnight(until) if until else local)
    if last := _LAST.fullmatch(name):
        days = int(last[1])
        since = today - timedelta(days=days - 1)
        return _checked(Period(f"últimos {days} dias", _midnight(since), local))
    if span := _RANGE.fullmatch(plain):
        since, until = (_past_date(each, today) for each in span.groups())
        return _checked(
            Period(f"de {since:%d/%m} a {until:%d/%m}", _midnight(since), _after(until))
        )
    if re.fullmatch(r"\d{1,2}/\d{1,2}(?:/\d{4})?", name):
        day = _past_date(name, today)
        return Period(f"{day:%d/%m}", _midnight(day), _after(day))
    return None


def _checked(period: Period) -> Period:
    if not timedelta(0) < period.until - period.since <= MAX_PERIOD:
        raise NoSuchTime
    return period


def _until(day: str | None, hour: str | None, now: datetime) -> datetime:
    at = _hour(hour) if hour is not None else timedelta(days=1)
    if day is None:
        first = _midnight(now.date()) + at
        # "meia-noite" is the end of today; an hour that has passed is tomorrow's.
        return first if first > now else _midnight(now.date() + timedelta(days=1)) + at
    name = re.split(r"[ -]feira", day)[0]
    if name in _WEEKDAYS:
        days = (_WEEKDAYS.index(name) - now.weekday()) % 7
        ends = _at(now.date() + timedelta(days=days), at)
        return ends if ends > now else _at(now.date() + timedelta(days=days + 7), at)
    ahead = {"hoje": 0, "amanha": 1, "depois de amanha": 2}
    if name in ahead:
        return _at(now.date() + timedelta(days=ahead[name]), at)
    ends = _at(_date(name, now.year), at)
    if name.count("/") == 1 and ends <= now:
        ends = _at(_date(name, now.year + 1), at)
    return ends


def _hour(written: str) -> timedelta:
    if written.startswith("meia"):
        return timedelta(days=1)
    if written.startswith("meio"):
        return timedelta(hours=12)
    hours, minutes = map(int, re.findall(r"\d+", written + " 0")[:2])
    if hours > 24 or minutes > 59:  # noqa: PLR2004 - a clock's
        raise NoSuchTime
    if hours < _NOON and written.endswith(("tarde", "noite")):
        hours += _NOON
    return timedelta(hours=hours, minutes=minutes)


def _date(written: str, year: int) -> date:
    parts = [int(part) for part in written.split("/")]
    try:
        return date(parts[2] if len(parts) == 3 else year, parts[1], parts[0])  # noqa: PLR2004
    except ValueError:
        raise NoSuchTime from None


def _past_date(written: str, today: date) -> date:
    found = _date(written, today.year)
    return _date(written, today.year - 1) if found > today and written.count("/") == 1 else found


def _at(day: date, at: timedelta) -> datetime:
    return _midnight(day) + at


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SAO_PAULO)


def _after(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))
