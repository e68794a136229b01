"""Amounts, hospitals, addresses, dates and hours that the conversation does not have."""

import re
from collections.abc import Iterator

from julia_dev.evals.judges.truth import Truth
from julia_dev.evals.words import plain, squeezed

_UNITS = {
    word: number
    for number, word in enumerate(
        ("um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"), 1
    )
}
_HUNDREDS = {
    "cem": 100,
    "cento": 100,
    "duzentos": 200,
    "trezentos": 300,
    "quatrocentos": 400,
    "quinhentos": 500,
    "seiscentos": 600,
    "setecentos": 700,
    "oitocentos": 800,
    "novecentos": 900,
}

_MONEY = re.compile(
    r"r\$\s*(?P<a>\d[\d.]*)(?:,(?P<ac>\d{2}))?(?P<ak>\s*(?:mil|k)\b)?"
    r"|\b(?P<b>\d[\d.]*)(?:,(?P<bc>\d{2}))?(?P<bk>\s*(?:mil|k))?\s*(?:reais|conto|contos|pila|brl)\b"
    r"|\b(?P<c>\d{1,2})(?:,(?P<cc>\d))?(?:\s*mil|k)\b(?!\s*(?:km|metros|pessoas|habitantes))"
)
_SPELT = re.compile(
    rf"\b(?:(?P<unit>{'|'.join(_UNITS)})\s+)?mil(?:\s+e\s+(?P<hundred>{'|'.join(_HUNDREDS)}))?\b"
    r"(?:\s+reais)?"
)
_BARE = re.compile(r"\b\d{3,5}\b|\b\d{1,2}\.\d{3}\b")
_INSTITUTION = re.compile(
    r"\b(?:Hospital|Santa Casa|Cl[ií]nica|Maternidade|UPA|Pronto[- ]Socorro|Instituto"
    r"|Casa de Sa[uú]de)(?:\s+(?:de|da|do|das|dos|e|d[ao]s?)(?=\s+[A-ZÀ-Ý]))*"
    r"(?:\s+(?:(?:de|da|do|das|dos|e)\s+)?[A-ZÀ-Ý][\wÀ-ÿ]+)+"
)
_STREET = re.compile(
    r"\b(?:Rua|R\.|Avenida|Av\.|Alameda|Al\.|Rodovia|Rod\.|Travessa|Pra[cç]a|Estrada|Largo)\s+"
    r"(?:(?:d[aeo]s?|[A-ZÀ-Ý][\wÀ-ÿ.]*)\s*)+(?:,\s*(?:n[ºo°]?\s*)?(?P<number>\d+))?"
)
_POSTCODE = re.compile(r"\b\d{5}-\d{3}\b")
_DATE = re.compile(r"\b(?P<day>[0-3]?\d)/(?P<month>[01]?\d)\b(?!/?\d*\s*(?:h\b|horas))")
_HOURS = re.compile(
    r"\bdas\s+(?P<from>\d{1,2})(?:h|:)?(?P<from_m>\d{2})?\s*h?\s*(?:as|a|ate as|ate)\s+"
    r"(?P<to>\d{1,2})(?:h|:)?(?P<to_m>\d{2})?"
)


def invented(text: str, truth: Truth) -> Iterator[str]:
    """Yield each amount, hospital, address, date or shift's hours that is not in the truth."""
    said = squeezed(" ".join(truth.said))
    known = {*truth.reais, *amounts(said), *(_whole(m[0]) for m in _BARE.finditer(said))}
    yield from (f"R$ {amount}" for amount in amounts(text) if amount not in known)
    yield from _invented_places(text, truth, said)
    words = plain(text)
    dates = {*truth.days, *_dates(said)}
    yield from (f"{d:02}/{m:02}" for d, m in _dates(words) if (d, m) not in dates)
    for match in _HOURS.finditer(words):
        both = (_time(match["from"], match["from_m"]), _time(match["to"], match["to_m"]))
        if not set(both) <= truth.hours and match[0] not in said:
            yield match[0]


def _invented_places(text: str, truth: Truth, said: str) -> Iterator[str]:
    hospitals = [squeezed(name) for name in (*truth.hospitals, *truth.plain_names)]
    for match in _INSTITUTION.finditer(text):
        name = squeezed(match[0])
        # "Hospital Santa Aurélia Campinas": what follows the name is no part of it.
        if name in said or any(each in name or name in each for each in hospitals):
            continue
        yield match[0]
    addresses = [squeezed(address) for address in truth.addresses]
    for match in _STREET.finditer(text):
        street = squeezed(match[0]).rstrip(" ,.")
        if street not in said and not any(street in address for address in addresses):
            yield match[0].strip()
    yield from (
        match[0]
        for match in _POSTCODE.finditer(text)
        if not any(match[0] in address for address in truth.addresses)
    )


def amounts(text: str) -> Iterator[int]:
    """Yield the amounts of money named, in whole reais."""
    words = plain(text)
    for match in _MONEY.finditer(words):
        for whole, cents, thousand in (("a", "ac", "ak"), ("b", "bc", "bk"), ("c", "cc", None)):
            if match[whole] is None:
                continue
            value = _whole(match[whole])
            if thousand is None:
                value = value * 1000 + int(match[cents] or 0) * 100
            elif match[thousand]:
                value *= 1000
            yield value
    for match in _SPELT.finditer(words):
        if match["unit"] or match["hundred"]:
            yield _UNITS.get(match["unit"] or "um", 1) * 1000 + _HUNDREDS.get(
                match["hundred"] or "", 0
            )


def _whole(digits: str) -> int:
    return int(digits.replace(".", "") or 0)


def _dates(words: str) -> Iterator[tuple[int, int]]:
    for match in _DATE.finditer(words):
        day, month = int(match["day"]), int(match["month"])
        if 1 <= day <= 31 and 1 <= month <= 12:  # noqa: PLR2004 - the calendar
            yield day, month


def _time(hour: str, minute: str | None) -> tuple[int, int]:
    return int(hour) % 24, int(minute or 0)
