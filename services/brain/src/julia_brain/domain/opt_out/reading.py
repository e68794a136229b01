"""What a message asks for, all rules taken together."""

import re
from collections.abc import Sequence
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
from julia_brain.domain.wording import SENTENCES, canonical, spelled, word_set

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
    """The request to be left alone that a text is or contains once nothing follows it, or None.

    A doctor's burst is one text, a line for each message. A line break ends a sentence only where
    what stands before it is complete; one for good counts before one for the month.
    """
    return _found_in_lines(_speaking_lines(text), over=True)


def complete_opt_out_of(text: str) -> OptOutFound | None:
    """The request that a message is or contains whatever the next message adds to it, or None.

    "me tira da lista" is one, "me tira" may go on with "do plantão de domingo".
    """
    if opt_out_of(text) is None:
        return None
    lines = _speaking_lines(text)
    if _may_be_limited(lines[-1]):
        lines = lines[:-1] or [""]
    return _found_in_lines(lines, over=False)


def _found_in_lines(lines: Sequence[str], *, over: bool) -> OptOutFound | None:
    """What is found in the lines as sentences, or in what they say when run together.

    After a bare "não" both have to say it: it may be an answer or the request's own negation.
    """
    *earlier, last = _rejoined(lines)
    apart = _found_in("\n".join((*map(_left_open, earlier), last if over else _left_open(last))))
    run_on = _run_on(lines).rstrip()
    together = _found_in(run_on if over else _left_open(run_on))
    if any(_only(line, _BARE_NO) for line in lines[:-1]) and not (apart and together):
        return None
    return _widest(apart, together)


def _widest(*found: OptOutFound | None) -> OptOutFound | None:
    requests = [one for one in found if one is not None]
    for_good = (one for one in requests if one.escopo == "definitivo")
    return next(for_good, next(iter(requests), None))


_ENDED = re.compile(r"(?<!\.)[.!?]\W*$")
_ANYTHING: Final = "xyz"
"""A word that no rule knows: what is asked for whatever follows is still asked for before it."""

_AT_ONCE: Final = word_set("parar sair stop descadastrar desinscrever unsubscribe optout , .")
_SAYS_NOTHING: Final = word_set("obrigado obrigada grato grata abraco abracos , .")
_ANSWERS: Final = word_set("sim ok claro pode certo , .")
_BARE_NO: Final = word_set("nao ,")


def _speaking_lines(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    return [line for line in lines if "?" in line or not _only(line, _SAYS_NOTHING)] or lines


_LEANS_ON: Final = word_set("""
    de do da dos das no na nos nas em as aos com sobre para pra pro ate desse dessa desses dessas
    nesse nessa este esse esta essa so se quando antes depois
    """)
"""Words with which a line goes on with the one before it."""
_LEADS_ON: Final = _LEANS_ON | word_set("nao nunca nem que q o a os as um uma eu quem ja pediu")
"""Words after which a line goes on in the next one."""


def _rejoined(lines: Sequence[str]) -> list[str]:
    """The lines, but for breaks in the midst of a sentence: "tira meu nome" / "do plantão"."""
    joined: list[str] = []
    for line in lines:
        words = spelled(line).split()
        if (
            joined
            and not _ENDED.search(joined[-1])
            and not _only(joined[-1], _BARE_NO)
            and (_LEANS_ON & set(words[:1]) or _leads_on(joined[-1]))
        ):
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return joined


def _leads_on(line: str) -> bool:
    return bool((_LEADS_ON | {","}) & set(spelled(line).split()[-1:]))


_LIMITABLE: Final = word_set("nome mensagem contato bloqueei")
_WITHOUT_LIMIT: Final = word_set("mais nunca parar lista cadastro base")


def _may_be_limited(line: str) -> bool:
    """Whether the next message may say of what: "não me manda mensagem" / "de madrugada"."""
    if _ENDED.search(line):
        return False
    words = canonical(line).split()
    return _leads_on(line) or bool(_LIMITABLE & set(words[-1:]) and not _WITHOUT_LIMIT & set(words))


def _left_open(line: str) -> str:
    """The line with more to come, unless it ends itself."""
    if _ENDED.search(line) or _only(line, _AT_ONCE):
        return line
    return f"{line} {_ANYTHING}"


def _run_on(lines: Sequence[str]) -> str:
    """The lines, short ones that do not end themselves at one with what follows."""
    return "".join(
        f"{line}\n"
        if _ENDED.search(line) or len(line.split()) > _PIECE or _only(line, _ANSWERS)
        else f"{line} "
        for line in lines
    )


_PIECE: Final = 5
"""Words that a piece of a sentence has at most when it is sent as a message of its own."""


def _only(line: str, words: frozenset[str]) -> bool:
    return len(line) <= _SHORT and words.issuperset(canonical(line).split())


_SHORT: Final = 60
"""Characters; a longer line says more than one of a few words."""


def _found_in(text: str) -> OptOutFound | None:
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
