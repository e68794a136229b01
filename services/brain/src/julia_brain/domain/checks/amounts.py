"""Amounts of money in a text, in every way that people write them."""

import re
from dataclasses import dataclass
from typing import Final

from julia_brain.domain.checks.numerals import HUNDREDS, TENS, WORDS, value

_LEAST_UNMARKED_REAIS: Final = 100
_THOUSAND: Final = 1000
_LAST_DIGIT: Final = 9
_MOST_DIGITS: Final = 7
"""Longer numbers are telephones and documents."""

_MOST_REAIS: Final = 10_000_000

_DIGITS = r"\d{1,3}(?:[.' ]\d{3})+(?:,\d{1,2})?|\d{1,3}(?:,\d{3})+(?:\.\d{2})?|\d+(?:[.,]\d{1,2})?"
_MONEY = r"reais|real|contos?|pilas?|pratas?|mangos?|dinheiros?|brl|r\$|rs(?=[^\w]|$)"
_REST = rf"\d{{1,3}}|meio|meia|{'|'.join([*TENS, *HUNDREDS])}"

_AMOUNT = re.compile(
    rf"(?P<mark>(?:r\s?\$|\$|\bbrl\b|\breais\b(?=\s*\d)|\brs\b(?=\s*\d{{3}}))\s*[:=]?\s*)?"
    rf"(?:(?<![\d/])(?P<digits>\d(?:\s\d){{2,4}}(?!\s?\d)|{_DIGITS})"
    rf"(?!\d|(?<!\d\d\d)/\d)"
    rf"(?:\s*(?P<thousand>k|mil\b|milhao\b|milhoes\b)(?:\s*(?:e\s*)?(?P<rest>{_REST})\b)?)?"
    rf"|\b(?P<words>{WORDS})\b(?P<half>\s+e\s+mei[oa]\b(?!\s*(?:hora|noite|dia)))?)"
    rf"(?P<unit>\s*(?:{_MONEY})\b|\s*r\$)?"
)
_SLANG = re.compile(
    r"\b(?P<thousands>[1-9]|uma?|dois|duas|tres|quatro|cinco)\s+e\s+"
    rf"(?P<rest>[1-9]00|meio|{'|'.join(HUNDREDS)})\b"
)
_NO_MONEY_BEFORE = re.compile(
    r"(?:\b(?:crm|rqe|cep|cpf|rg|nº|no?\.|num|numero|sala|km|apto|apartamento|bloco|andar|samu"
    r"|ligue"
    r"|liga|ligar|disque|cvv|bombeiros|policia|n)\b\W{0,3}(?:[a-z]{2}\W{1,2})?(?:pr[ao] |o |no )?"
    r"|[\w@]|\d[.,:/-]|[+#(])$"
)
_NO_MONEY_AFTER = re.compile(
    r"\s*(?:%|h\b|hs\b|hrs?\b|horas?\b|min|dias?\b|km\b|metros\b|m\b|anos?\b|x\d|[:/@-]\d|por cento"
    r"|mg\b|ml\b|vezes\b|[ao]\b(?=\s*(?:andar)))"
)
_YEAR_BEFORE = re.compile(r"(?:\b(?:de|em|ano|ate)\s|/)$")
_IDIOM_AFTER = re.compile(
    r"\s+(?:desculpas|perdoes|maravilhas|vezes|coisas|obrigad\w+|beijos|abracos|razoes|por\s?cento"
    r"|e\s+uma?\b|gracas)"
)
_IDIOM_BEFORE = re.compile(r"\b(?:a|nota|mais de|em|valeu|obrigad[ao])\s$")
_YEARS: Final = range(2020, 2040)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in centavos and where it stands in the folded text."""

    centavos: int
    start: int
    end: int


def amounts_in(folded: str) -> tuple[Amount, ...]:
    """The amounts of a folded text; a number counts from R$ 100 on, or with a currency beside it.

    Dates, hours, years, percentages, house and telephone numbers are none.
    """
    found = [_slang(match) for match in _SLANG.finditer(folded)]
    taken = [(amount.start, amount.end) for amount in found]
    for match in _AMOUNT.finditer(folded):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        reais = _reais(folded, match)
        if reais is not None and 0 < reais < _MOST_REAIS:
            found.append(Amount(round(reais * 100), match.start(), match.end()))
    return tuple(sorted(found, key=lambda amount: amount.start))


def _slang(match: re.Match[str]) -> Amount:
    thousands = match["thousands"]
    number = int(thousands) if thousands.isdigit() else value(thousands) or 0
    return Amount((number * 1000 + _rest(match["rest"])) * 100, match.start(), match.end())


def _reais(folded: str, match: re.Match[str]) -> float | None:
    marked = bool(match["mark"] or match["unit"])
    before, after = folded[max(0, match.start() - 40) : match.start()], folded[match.end() :][:20]
    if match["words"]:
        return _spelled(match, before, after, marked=marked)
    number = _number(match["digits"])
    if match["thousand"]:
        return _thousands(number, match)
    if marked or (number >= _LEAST_UNMARKED_REAIS and _may_be_money(match, number, before, after)):
        return number
    return None


def _spelled(match: re.Match[str], before: str, after: str, *, marked: bool) -> float | None:
    number = float(value(match["words"]) or 0)
    is_idiom = number == _THOUSAND and _IDIOM_BEFORE.search(before)
    if match["half"]:
        number += _THOUSAND / 2 if number >= _THOUSAND else 0.5
    if not marked and (
        number < _LEAST_UNMARKED_REAIS
        or is_idiom
        or "por cento" in after
        or _IDIOM_AFTER.match(after)
        or _NO_MONEY_AFTER.match(after)
    ):
        return None
    return number


def _thousands(number: float, match: re.Match[str]) -> float:
    """`1k5` and `2k e 300`: a single digit after the thousands counts hundreds."""
    number *= _THOUSAND**2 if match["thousand"].startswith("milh") else _THOUSAND
    rest = _rest(match["rest"]) if match["rest"] else 0
    return number + (rest if rest > _LAST_DIGIT else rest * 100)


def _may_be_money(match: re.Match[str], number: float, before: str, after: str) -> bool:
    digits = match["digits"]
    is_year = number in _YEARS and digits.isdigit() and _YEAR_BEFORE.search(before)
    is_longer = len(re.sub(r"\D", "", digits)) > _MOST_DIGITS
    return not (
        is_year or is_longer or _NO_MONEY_BEFORE.search(before) or _NO_MONEY_AFTER.match(after)
    )


def _number(digits: str) -> float:
    if re.fullmatch(r"\d(?:\s\d)+", digits):
        return float(re.sub(r"\s", "", digits))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d{2})?", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"\d+\.\d{1,2}", digits):
        return float(digits)
    return float(re.sub(r"[.' ]", "", digits).replace(",", "."))


def _rest(said: str) -> int:
    if said in {"meio", "meia"}:
        return 500
    return int(said) if said.isdigit() else value(said) or 0
