"""What the simulator makes of a doctor's words: intents, wishes, days and times. Pure rules."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

WEEKDAYS: Final = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")

_SPECIALTIES = {
    "anestesi": "anestesia",
    "cardiolog": "cardiologia",
    "cirurgi": "cirurgia",
    "clinica medica": "clínica médica",
    "clinico": "clínica médica",
    "emergenc": "emergência",
    "ginecolog": "ginecologia",
    "intensiv": "medicina intensiva",
    "neurolog": "neurologia",
    "obstetri": "obstetrícia",
    "ortoped": "ortopedia",
    "pediatr": "pediatria",
    "psiquiatr": "psiquiatria",
    "uti": "UTI",
}
_CITY = re.compile(
    r"\b(?:[eE]m|[nN]o|[nN]a|[pP]ra|[pP]ara)\s+"
    r"([A-ZÁÂÃÉÊÍÓÔÕÚÇ][\wáâãéêíóôõúç]+(?:\s+(?:d[aeo]s?\s+)?[A-ZÁÂÃÉÊÍÓÔÕÚÇ][\wáâãéêíóôõúç]+)*)"
)
_CITIES = (
    "Americana",
    "Belo Horizonte",
    "Campinas",
    "Curitiba",
    "Guarulhos",
    "Hortolândia",
    "Indaiatuba",
    "Jundiaí",
    "Limeira",
    "Osasco",
    "Paulínia",
    "Piracicaba",
    "Porto Alegre",
    "Ribeirão Preto",
    "Rio de Janeiro",
    "Santo André",
    "Santos",
    "São José dos Campos",
    "São Paulo",
    "Sorocaba",
    "Sumaré",
    "Valinhos",
    "Vinhedo",
)
_HOSPITAL = re.compile(r"\b(?:[Hh]ospital|[Ss]anta [Cc]asa|UPA)\b[^?.!,;\n]*")
_GREETINGS = re.compile(r"\b(bom dia|boa tarde|boa noite)\b")
_AMOUNT = re.compile(
    r"(?:acima de|a partir de|minimo(?: de)?|pelo menos|mais de|menos que)\s*"
    r"(?:r\$\s*)?(\d+(?:[.,]\d+)*)\s*(mil\b|k\b)?"
)
_PRICE = re.compile(
    r"\b(?:por|consegue|faz(?:em)?|chega (?:em|a)|paga(?:m)?)\s+(?:r\$\s*)?"
    r"(\d{1,2}(?=\s*(?:mil|k))|\d{1,2}\.\d{3}|\d{3,5})\s*(mil\b|k\b)?(?!\s*h)"
)
_CORRECTS = re.compile(
    r"\b(?:n[ãa]o, ?(?:espera|pera|calma)?|na verdade|ali[áa]s|corrigindo|quer dizer|digo)[ ,:]",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"\b[nN](?:ão|ao) (?:posso|quero|consigo|trabalho|faço|faco|dá|da)\b[^,.;?!\n]*"
)
_CLOCK = re.compile(r"\b(\d{1,2})(?:\s*h(?:oras?)?\s*(\d{2})?|:(\d{2}))\b")
_AT = re.compile(r"\bas\s+(\d{1,2})(?:\b|[:h])")
_ORDINALS = (
    (re.compile(r"\b(primeir[oa]|opcao 1|numero 1)\b"), 0),
    (re.compile(r"\b(segund[oa] (opcao|vaga|plantao)|o segundo|opcao 2|numero 2)\b"), 1),
    (re.compile(r"\ba segunda\b(?!-| feira)"), 1),
    (re.compile(r"\b(terceir[oa]|opcao 3|numero 3)\b"), 2),
    (re.compile(r"\bultim[oa]\b"), -1),
)


@lru_cache(maxsize=4096)  # a conversation's texts come again with each of its requests
def plain(text: str) -> str:
    """Lower case without accents, and nothing that is not ASCII."""
    return unicodedata.normalize("NFD", text.lower()).encode("ascii", "ignore").decode()


_SPECIALTY: Final = re.compile(rf"\b({'|'.join(_SPECIALTIES)})")
_PLAIN_CITIES: Final = {plain(city): city for city in _CITIES}
_KNOWN_CITY: Final = re.compile(rf"\b({'|'.join(_PLAIN_CITIES)})\b")
_WEEKDAY: Final = re.compile(rf"\b({'|'.join(WEEKDAYS)})s?\b")


@dataclass(frozen=True)
class Heard:
    """The doctor's words, as written and without accents and case."""

    text: str
    plain: str

    @classmethod
    def of(cls, text: str) -> "Heard":
        """Read a text."""
        return cls(text, plain(text))

    def has(self, pattern: str) -> bool:
        """Whether the plain words match."""
        return re.search(pattern, self.plain) is not None


@dataclass(frozen=True)
class Wish:
    """What the doctor looks for; None and empty do not restrict. `weekdays`: 0 is Monday."""

    specialty: str | None = None
    city: str | None = None
    weekdays: tuple[int, ...] = ()
    period: str | None = None
    least_reais: int | None = None

    def updated_by(self, later: "Wish") -> "Wish":
        """This wish with what was said later in its place."""
        return Wish(
            later.specialty or self.specialty,
            later.city or self.city,
            later.weekdays or self.weekdays,
            later.period or self.period,
            later.least_reais or self.least_reais,
        )

    def __bool__(self) -> bool:
        """Whether anything was wished."""
        return self != Wish()


def wish_in(heard: Heard, now: dt.datetime | None) -> Wish:
    """The wish that the words hold; "hoje" and "amanhã" are understood when `now` is known.

    What the doctor cannot or does not want ("não posso sábado") is no wish.
    """
    wish = Wish()
    for part in _CORRECTS.split(heard.text):
        wish = wish.updated_by(_wish_of(Heard.of(part), now))
    return wish


def corrected(heard: Heard) -> Heard:
    """What counts of words that correct themselves ("quero. Não, espera, o de domingo")."""
    return Heard.of(_CORRECTS.split(heard.text)[-1])


def _wish_of(heard: Heard, now: dt.datetime | None) -> Wish:
    wanted = Heard.of(_DECLINED.sub("", heard.text))
    specialty = _SPECIALTY.search(wanted.plain)
    return Wish(
        _SPECIALTIES[specialty.group(1)] if specialty else None,
        city_in(wanted),
        weekdays_in(wanted, now),
        _period(wanted),
        _least_reais(heard),
    )


def price_in(heard: Heard) -> int | None:
    """A price in reais that the doctor asks for ("fecho por 1.800", "consegue 2 mil?")."""
    found = _PRICE.search(heard.plain)
    return None if found is None else _reais(*found.groups())


def city_in(heard: Heard) -> str | None:
    """A city that the words name."""
    known = _KNOWN_CITY.search(heard.plain)
    if known:
        return _PLAIN_CITIES[known.group(1)]
    found = _CITY.search(heard.text)
    if found is None or re.match(r"hospital|santa casa|upa\b|uti\b", plain(found.group(1))):
        return None
    return None if plain(found.group(1)) in WEEKDAYS else found.group(1)


def hospital_in(heard: Heard) -> str | None:
    """A hospital that the words name."""
    found = _HOSPITAL.search(heard.text)
    name = found.group(0).strip() if found else ""
    name = re.sub(r"\s*\(?#m\d+.*$", "", name)
    return name if " " in name else None


def weekdays_in(heard: Heard, now: dt.datetime | None) -> tuple[int, ...]:
    """The days that the words name, Monday first."""
    days = {WEEKDAYS.index(name) for name in _WEEKDAY.findall(heard.plain)}
    if heard.has(r"\bfi(m|ns) de semana\b|\bfds\b"):
        days |= {5, 6}
    if now is not None:
        if heard.has(r"\bhoje\b"):
            days.add(now.weekday())
        if heard.has(r"\bamanha\b"):
            days.add((now.weekday() + 1) % 7)
    return tuple(sorted(days))


def ordinal_in(heard: Heard) -> int | None:
    """Which of the things shown is meant; -1 is the last."""
    return next((index for pattern, index in _ORDINALS if pattern.search(heard.plain)), None)


def time_in(heard: Heard, now: dt.datetime) -> dt.datetime | None:
    """The moment that the words name ("amanhã às 10h", "em 2 horas"), after `now`."""
    distance = re.search(r"\b(?:em|daqui a?)\s+(\d{1,3})\s*(min|h|dia)", heard.plain)
    if distance:
        unit = {"min": "minutes", "h": "hours", "dia": "days"}[distance.group(2)]
        return now + dt.timedelta(**{unit: int(distance.group(1))})
    clock = _clock_in(heard)
    if clock is None:
        return None
    day = _day_in(heard, now)
    if day is None:
        today = dt.datetime.combine(now.date(), clock, now.tzinfo)
        return today if today > now else today + dt.timedelta(days=1)
    return dt.datetime.combine(day, clock, now.tzinfo)


def _clock_in(heard: Heard) -> dt.time | None:
    if heard.has(r"\bmeio[ -]dia\b"):
        return dt.time(12)
    found = _CLOCK.search(heard.plain)
    hour, minute = (found.group(1), found.group(2) or found.group(3)) if found else (None, None)
    if found is None and (at := _AT.search(heard.plain)):
        hour = at.group(1)
    if hour is not None:
        in_a_day = int(hour) < 24 and int(minute or 0) < 60  # noqa: PLR2004 - a clock's limits
        return dt.time(int(hour), int(minute or 0)) if in_a_day else None
    for pattern, usual in ((r"de manha\b", 9), (r"[ad]e? tarde\b", 14), (r"[ad]e? noite\b", 19)):
        if heard.has(pattern):
            return dt.time(usual)
    return None


def _day_in(heard: Heard, now: dt.datetime) -> dt.date | None:  # noqa: PLR0911 - a wording each
    today = now.date()
    if heard.has(r"\bdepois de amanha\b"):
        return today + dt.timedelta(days=2)
    if heard.has(r"\bamanha\b"):
        return today + dt.timedelta(days=1)
    if heard.has(r"\bhoje\b"):
        return today
    if found := re.search(r"\b(\d{1,2})/(\d{1,2})\b", heard.plain):
        try:
            named = today.replace(month=int(found.group(2)), day=int(found.group(1)))
        except ValueError:
            return None
        return named if named >= today else named.replace(year=today.year + 1)
    weekdays = weekdays_in(heard, None)
    if weekdays:
        return today + dt.timedelta(days=(weekdays[0] - today.weekday() - 1) % 7 + 1)
    if heard.has(r"\bsemana que vem\b"):
        return today + dt.timedelta(days=7 - today.weekday())
    return None


def _period(heard: Heard) -> str | None:
    words = _GREETINGS.sub("", heard.plain)
    for pattern, period in (
        (r"(?<!\bas )\b24\s*h", "24h"),
        (r"(?<!\bas )\b12\s*h", "12h"),
        (r"\b(noturn[oa]s?|a noite|de noite)\b", "noturno"),
        (r"\b(diurn[oa]s?|de dia|durante o dia)\b", "diurno"),
    ):
        if re.search(pattern, words):
            return period
    return None


def _least_reais(heard: Heard) -> int | None:
    found = _AMOUNT.search(heard.plain)
    return None if found is None else _reais(*found.groups())


def _reais(number: str, thousand: str | None) -> int:
    if thousand:
        return round(float(number.replace(",", ".")) * 1000)
    return int(re.split(r",\d{2}$", number)[0].replace(".", "").replace(",", ""))
