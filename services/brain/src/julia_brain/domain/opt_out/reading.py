"""What a message asks for, all rules taken together."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from julia_brain.domain.opt_out.limits import (
    has_exception,
    is_conditional,
    is_limited,
    starts_with_shift,
)
from julia_brain.domain.opt_out.meant import (
    is_of_the_shift,
    is_only_a_question,
    is_somebody_elses,
    is_turned_round,
)
from julia_brain.domain.opt_out.month import MONTHS, rests_this_month
from julia_brain.domain.opt_out.place import NEAR, Place
from julia_brain.domain.opt_out.rules import (
    NOT_THE_DOCTOR,
    ORDERED,
    REFUSED,
    RELAYED,
    WHOLE,
    WHOLE_PHRASES,
    Motivo,
    Rule,
)
from julia_brain.domain.wording import SENTENCES, canonical

type Scope = Literal["definitivo", "mes"]


@dataclass(frozen=True, slots=True)
class OptOutFound:
    """A request to be left alone, for good or until São Paulo's month ends.

    `motivo` is Portuguese, for `opted_out_reason`, and carries none of the doctor's words.
    """

    escopo: Scope
    motivo: str


_RULES: Final = (*REFUSED, *ORDERED, *NOT_THE_DOCTOR, *RELAYED)


def opt_out_of(text: str) -> OptOutFound | None:
    """The request to be left alone that the text is or contains, or None.

    One for good counts before one for the month.
    """
    said = f" {canonical(text)} "
    month: OptOutFound | None = None
    if _is_all_of_a_sentence(said):
        return OptOutFound("definitivo", Motivo.STOP)
    for rule in _RULES:
        for found in rule.pattern.finditer(said):
            scope = _scope(rule, Place.of(found))
            if scope == "definitivo":
                return OptOutFound(scope, rule.motivo)
            if scope == "mes":
                month = OptOutFound(scope, Motivo.MONTH)
    if month is None and rests_this_month(said):
        month = OptOutFound("mes", Motivo.MONTH)
    return month


def _scope(rule: Rule, place: Place) -> Scope | None:
    """What a rule's words ask for where they stand; None when they do not ask it."""
    if (
        is_turned_round(rule, place)
        or (not rule.relayed and is_somebody_elses(place))
        or is_only_a_question(rule, place)
        or (
            rule.soft
            and is_of_the_shift(f" {' '.join((*place.before, *place.words))} {place.rest}")
        )
    ):
        return None
    if not rule.limited:
        # "vou denunciar vocês se não pagarem" wants money, not silence.
        wants_money = _PAY.search(f" {' '.join(place.before)} {place.rest}")
        return None if wants_money or starts_with_shift(place.near_after) else "definitivo"
    if is_conditional(place) or has_exception(place):
        return None
    nearby = (*place.before[-NEAR:], *place.words, *place.near_after[:NEAR])
    this_month = bool(MONTHS & set(nearby))
    return None if is_limited(rule, place) else "mes" if this_month else "definitivo"


_PAY = re.compile(r" (?:pag(?:ar|arem|ou|aram|am|uem|amento|amentos)|salario|calote|honorarios) ")


def _is_all_of_a_sentence(said: str) -> bool:
    """Whether one sentence says nothing but a word of leaving."""
    if is_of_the_shift(said):
        return False
    for sentence in SENTENCES.findall(said):
        parts = [part.strip() for part in sentence.strip(" .").split(",")]
        if sentence.endswith("?"):
            continue
        spoken = [part for part in parts if part]
        if not spoken:
            continue
        if all(part in WHOLE or part in WHOLE_PHRASES for part in spoken):
            return True
        if spoken[0] == "parar" or spoken[-1] in {"parar", "chega", "basta"}:
            return True
    return False
