"""Requests to be left alone, and the requests that only look like one.

An opt-out takes effect at once and silences Júlia for a doctor who may live from shifts, so each
reading has to be sure in both directions: a rule names who shall stop what, and what stands around
the words may limit them ("vaga de UTI", "de madrugada"), turn them round ("não me tira da lista"),
make them somebody else's, a condition or a question. What is limited to one shift or kind of shift
is left to the conversation, where Claude has a tool for it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from julia_brain.domain.opt_out_month import MONTHS, rests_this_month
from julia_brain.domain.opt_out_rules import (
    NOT_THE_DOCTOR,
    ORDERED,
    REFUSED,
    RELAYED,
    WHOLE,
    WHOLE_PHRASES,
    WORDS,
    Motivo,
    Rule,
)
from julia_brain.domain.wording import SENTENCES, canonical, word_set

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
            scope = _scope(rule, _Place.of(found))
            if scope == "definitivo":
                return OptOutFound(scope, rule.motivo)
            if scope == "mes":
                month = OptOutFound(scope, Motivo.MONTH)
    if month is None and rests_this_month(said):
        month = OptOutFound("mes", Motivo.MONTH)
    return month


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in its sentence a rule's words were found.

    `before` and `after` are the rest of the sentence, `near_*` only up to the next comma; `rest` is
    all that follows, the next sentences included.
    """

    words: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    rest: str
    asks: bool

    @classmethod
    def of(cls, found: re.Match[str]) -> "_Place":
        """The surroundings of a match in a canonical text."""
        text, start, end = found.string, found.start(), found.end()
        rest = text[end : end + _REACH]
        after = _SENTENCE_END.search(rest)
        return cls(
            words=tuple(found[0].split()),
            before=tuple(_SENTENCE_END.split(text[max(0, start - _REACH) : start])[-1].split()),
            after=tuple(rest[: after.start() if after else None].split()),
            rest=rest,
            asks=after is not None and after[0].startswith("?"),
        )

    @property
    def near_before(self) -> tuple[str, ...]:
        return _from_last(self.before, ",")

    @property
    def near_after(self) -> tuple[str, ...]:
        return _until(self.after, ",")


_REACH: Final = 300
"""Characters on either side of a request that may say something of it."""

_SENTENCE_END = re.compile(r"[.?] ")


def _scope(rule: Rule, place: _Place) -> Scope | None:
    """What a rule's words ask for where they stand; None when they do not ask it."""
    if (
        _is_turned_round(rule, place)
        or (not rule.relayed and _is_somebody_elses(place))
        or _is_only_a_question(rule, place)
        or (
            rule.soft
            and _is_of_the_shift(f" {' '.join((*place.before, *place.words))} {place.rest}")
        )
    ):
        return None
    if not rule.limited and _PAY.search(f" {' '.join(place.before)} {place.rest}"):
        return None  # "vou denunciar vocês se não pagarem" wants money, not silence
    if not rule.limited:
        return None if _starts_with_shift(place.near_after) else "definitivo"
    if _is_conditional(place) or _has_exception(place):
        return None
    nearby = (*place.before[-_NEAR:], *place.words, *place.near_after[:_NEAR])
    this_month = bool(MONTHS & set(nearby))
    return None if _is_limited(rule, place) else "mes" if this_month else "definitivo"


_NEAR: Final = 6
_PAY = re.compile(r" (?:pag(?:ar|arem|ou|aram|am|uem|amento|amentos)|salario|calote|honorarios) ")
_SETTLED = re.compile(
    r" (?:ja|acabei de) (?:fechei|consegui|peguei|arrumei|encontrei|achei|resolvi|recebi|vi|enviei"
    r"|mandei|fechar|conseguir|receber|estou vendo|foi|esta|entendi|sei) "
)
_TAKEN_UP = re.compile(
    r"[.?,] (?:(?:eu|ja|claro|sim|opa|agora) )*(?:"
    r"(?:quero|aceito|topo|pego|fecho|confirmo|fechado|confirmado|bora)"
    r"(?= (?:[.?,]|$|sim|esse|demais|muito|plantao|vaga|confirmar|pegar|fechar|reservar|ir))"
    r"|imagina|(?:podem? )?(?:confirmar|reservar|fechar)|podem? (?:mandar|enviar|continuar)"
    r"|(?:mandar|enviar) (?:para me|me)?(?= (?!mais|nada|nenhum|para|isso)))"
    r"(?! (?:mais|nada|nenhum|o?utro)) "
)


def _is_of_the_shift(said: str) -> bool:
    """Whether the text goes on with the shift: "pode parar, já fechei", "Pare! Quero"."""
    return bool(_SETTLED.search(said) or _TAKEN_UP.search(said))


_LINKS: Final = word_set("""
    me que para quero precisa precisam preciso pedi e era ser de disse falei voce pode podem vou
    gostaria eu se deixar pedindo estou queria quis dizer significa vai vao quer tem ter posso
    quando autorizei
    """)
_SAYING: Final = word_set("que para pedi disse falei e era quis dizer significa estou dizendo")


def _is_turned_round(rule: Rule, place: _Place) -> bool:
    """Whether a "não" governs the request: "não me tira da lista", "nunca pedi pra parar"."""
    links = _LINKS if rule.order else _SAYING
    why = {"porque", "ainda"} & set(place.before)  # "por que não me tiram?" orders
    for word in reversed(place.near_before):
        if word in _NEGATIONS:
            return not why
        if word not in links:
            return False
    return False


_NEGATIONS: Final = WORDS.words("NEG")

_OTHERS = re.compile(
    r" (?:colegas?|amig[oa]s?|esposa|marido|namorad[oa]|chefe|paciente|residentes?|coordenador[a]?"
    r"|vizinh[oa]|irma|irmao|filh[oa]|mae|conhecid[oa]|ela|ele|eles|elas|fulano|alguem|gente"
    r"|secretaria) (?:[^.?, ]+ ){0,4}(?:disse|falou|fala |falam|falar|pedi|reclam|conto"
    r"|mandou|que[rn]|receb|escrev|respond|ach|implor|dizendo)"
)
_ADDRESSED = re.compile(
    r" (?:falei|disse|pedi|avisei|solicitei|dizer|falar|pedir) (?:[^.?, ]+ ){0,1}"
    r"(?:para|ao|a|com|em|do) (?:[^.?, ]+ ){0,1}"
    r"(?:hospital|coordenador|coordenadora|colega|grupo|chefe|banco|operadora|esposa|marido"
    r"|secretaria|clinica|outra?|paciente|pacientes|ele|ela|eles|elas)"
)
_LONG_AGO: Final = frozenset({"antes", "epoca", "antigamente", "passado", "quem", "ia"})


def _is_somebody_elses(place: _Place) -> bool:
    before = f" {' '.join((*place.before, *place.words))} "
    return bool(
        _OTHERS.search(before)
        or _ADDRESSED.search(before)
        or _LONG_AGO & set(place.near_before[-_NEAR:])
    )


_POLITELY: Final = word_set("""
    pode podem poderia poderiam podia consegue conseguem como quando quantas quantos onde qual
    preciso quero gostaria porque ate posso seria teria possivel
    """)
_ASKED_POLITELY: Final = word_set("pode podem poderia poderiam")
"""Right before a refusal: "vocês podem não me mandar mais nada?"."""
_TAGS: Final = word_set(
    "entendeu certo combinado pode ser sim esta fechado ouviu captou claro entendido deu"
)
_HYPOTHETICAL: Final = word_set("quiser pedir resolver precisar depois decidir desistir")
_FAILING: Final = word_set("""
    vai vao quer querem tem consegue conseguem veio vi sei esta teve estao tao anda andam
    vem estava parar sair deixar cancelar
    """)

_WILL: Final = WORDS.words("WILL")
_MINE: Final = word_set("quero desejo aguento suporto aturo aceito pretendo")
"""Whoever says what he wants does not ask it: "não quero mais receber, blz?"."""


def _is_only_a_question(rule: Rule, place: _Place) -> bool:
    """Whether it asks about the request instead of making it: "vocês param se eu pedir?"."""
    sentence = {*place.before, *place.words, *place.after}
    if (
        not (rule.order or rule.relayed)
        and rule.motivo is Motivo.STOP
        and _FAILING & set(place.words)
    ):
        return True  # "vocês não vão me mandar mais vagas" wants some
    if (
        not place.asks
        or _MINE & set(place.words)
        or place.words[0] in _WILL
        or _ASKED_POLITELY & set(place.near_before[-1:])
    ):
        return False
    if sentence & _HYPOTHETICAL:
        return True
    if "," in place.after or (place.after and set(place.after) <= _TAGS):
        return False
    if rule.order:
        return not (
            sentence & _POLITELY or {"do", "para"} <= sentence or {"tem", "como"} <= sentence
        )
    return not (
        sentence & {"como", "fazer", "faco", "quantas", "ate", "procedimento"}
        or "do" in place.before
    )


_CONDITION: Final = frozenset({"se", "caso", "quando", "enquanto"})
_HAVE_ASKED: Final = word_set("pedi falei disse avisei mandei solicitei")
_POLITE_CONDITION: Final = word_set("puder puderem possivel incomodo der")
_OFFERED: Final = word_set("""
    for forem tiver tiverem houver aparecer surgir tem fosse pagar pagarem responder estiver atender
    precisar conseguir vier abrir nao
    """)


def _is_conditional(place: _Place) -> bool:
    """Whether it holds only in some case: "se não tiver de pediatria, nem me chama"."""
    if place.words[0] in _HAVE_ASKED:
        return False  # "por que mandam, se eu já pedi pra parar?"
    for index, word in enumerate(place.before):
        if word == "se" and any(said.endswith("ria") for said in place.before[:index]):
            return False  # "agradeceria se não me mandassem mais"
        if word in _CONDITION:
            case = set(place.before[index + 1 :])
            if index >= len(place.before) - 2 or (case & _OFFERED and not case & _POLITE_CONDITION):
                return not case & _POLITE_CONDITION
    return False


_EXCEPTION = re.compile(
    r"(?:^| )(?:exceto|menos (?:se|quando|de|para)"
    r"|(?:so|somente|apenas|unicamente) (?:[^.?, ]+ ){0,2}(?:se|quando|mandar|chamar|enviar"
    r"|aceito|vaga|plantao|de|em|para)(?! paz| sossego)"
    r"|(?:chamar|mandar|enviar|falar|ligar|procurar|contatar) (?:[^.?, ]+ ){0,3}"
    r"(?:em|por|para|do) (?:[^.?, ]+ ){0,1}(?:outro|outra|email|novo|privado|particular|pv|grupo)"
    r"|prefiro(?! que nao| nao)|mudei de ideia|pode continuar|continuar mandar|brincadeira"
    r"|brincando) "
)


def _has_exception(place: _Place) -> bool:
    """Whether what follows takes part of it back: "só se for UTI", "me chama no outro número"."""
    return bool(_EXCEPTION.search(f" {place.rest}"))


_OFFER_WORDS: Final = WORDS.words("VAGA")
_SAME: Final = (
    frozenset(
        {
            "mais",
            "me",
            "nao",
            "nunca",
            "nada",
            "isso",
            "coisa",
            "coisas",
            "nenhum",
            "aqui",
            "sempre",
            "tanto",
            "eu",
            "e",
        }
    )
    | WORDS.words("VOCE")
    | WORDS.words("MSG")
)
_LINKING: Final = frozenset({"de", "do", "sobre", "com", "em", "para", "por", "a"})
_WHATEVER = (
    WORDS.words("VOCE") | WORDS.words("MSG") | WORDS.words("VAGA") | WORDS.words("NUMBER")
    | (WORDS.words("LIST") - {"grupo"}) | word_set("""
        nada nenhum novo novos novas futuro futura futuros futuras ninguem me celular particular
        privado pessoal aqui ca recrutamento vendas venda marketing disso isso nunca tipo jeito
        fato verdade vez coracao vida que nao eu
        incomodar trabalhar oferecer dar fazer pegar outra algum forma madame profissional
        """)
)  # fmt: skip
_THESE: Final = frozenset({"esse", "desse", "nesse"})
_LIMITING: Final = (
    word_set("""
        antes depois apos partir durante ainda enquanto ate so somente apenas cedo tarde manha
        noites domingos sabados fim final dias ao aos tipo entre fora dentro quando se assim
        """)
    | _LINKING | _THESE | WORDS.words("SHIFT")
)  # fmt: skip
_NOW: Final = frozenset({"agora", "momento"})
_GOES_ON: Final = word_set(
    "que e porque pois mas entao estou ja nao eu me obrigado senao sou tenho se"
)


def _is_limited(rule: Rule, place: _Place) -> bool:
    """Whether it concerns only some shifts, places or times."""
    after = _without_same(place.near_after, rule)
    shift_named = {*place.words, *place.near_after[:_NEAR]} & (_SHIFTS - {"agenda"})
    match rule.motivo:
        case Motivo.REMOVE | Motivo.DATA:
            return bool(
                (shift_named and rule.order)
                or _OTHERS_LIST & {*place.words, *place.near_after[:_NEAR]}
            )
        case _:
            return (
                (_limits(after, rule) and not (place.asks and after[0] == "quando"))
                or _limits_before(rule, place)
                or (
                    bool(after)
                    and after[0] in _NOW
                    and not rule.order
                    and "mais" not in place.words
                )
                or bool(set(place.words) & _SPECIALTIES)
                or (bool(_SPECIALTIES & set(place.before)) and not _MESSAGES & set(place.words))
                or (bool(_OTHER_CHANNELS & set(place.words)) and "mais" not in place.words)
                or (
                    "ligar" in place.words
                    and not ({"mais", "nunca", "nem"} | _SENDING) & {*place.words, *after}
                )
                or (place.words[-1] in _SENDING and _names_a_thing(after))
                or (
                    not rule.order
                    and not _BEYOND_BEARING & set(place.words)
                    and bool(_TOO_MUCH & {*place.words, *place.near_after[:3]})
                )
            )


_OTHERS_LIST: Final = word_set(
    "antigo antiga velho velha anterior duplicado repetido hospital hospitais"
)
_MESSAGES: Final = WORDS.words("MSG")
_OTHER_CHANNELS: Final = word_set("ligacao email emails telefonema telefonemas")
_SENDING: Final = WORDS.words("SEND")
_TOO_MUCH: Final = word_set("tanta tantas tantos muita muitas seguida seguidas demais")

_BEYOND_BEARING: Final = word_set("aguento suporto aturo")


def _names_a_thing(after: Sequence[str]) -> bool:
    """Whether something else shall not be sent: "para de mandar áudio"."""
    return bool(after) and after[0] not in _GOES_ON | _OFFER_WORDS | _LIMITING


_SHIFTS: Final = WORDS.words("SHIFT")
_SPECIALTIES: Final = WORDS.words("SPECIALTY")


def _limits(words: Sequence[str], rule: Rule) -> bool:
    """Whether the words that follow a request narrow it."""
    if not words:
        return False
    first, *others = words
    if first in _OFFER_WORDS:
        return _limits(_without_same(others, rule), replace(rule, offer=True))
    if first == "se":  # "se não eu bloqueio" narrows nothing, "se não for UTI" does
        threat = set(others[:2]) & {"nao", "possivel", "puder", "puderem"}
        return not threat or bool(set(others[:3]) & {"for", "tiver", "e"})
    if first == "que":
        described = _OFFERED if rule.offer else {"seja", "sejam", "tenha", "tenham"}
        return bool(described & set(others[:4]))
    if first in {"so", "assim", "tipo"} and not rule.offer:
        return bool(others) and others[0] not in _SAME
    return first not in _GOES_ON if rule.offer else first in _LIMITING


def _limits_before(rule: Rule, place: _Place) -> bool:
    """Whether the request starts with its limits: "de madrugada não me chame mais"."""
    if rule.order and rule.motivo is not Motivo.STOP:
        return False
    before = place.near_before
    if not before and len(place.before) > 2:  # noqa: PLR2004 - a word and its comma
        before = _from_last(place.before[:-1], ",")
        named = _SHIFTS | _NOW | {"enquanto"}
        if not named & set(before) or _NEGATIONS & set(before):
            return False
    if len(before) > _NEAR or not before:
        return False
    left = _without_same(before, rule)
    return bool(left) and (
        left[0] in _LIMITING - _CONDITION or bool(_SPECIALTIES & set(left)) or left[0] in _NOW
    )


def _without_same(words: Sequence[str], rule: Rule) -> Sequence[str]:
    """The words without those at their start that limit nothing: "de vocês", "no meu número"."""
    index = 0
    while index < len(words):
        word = words[index]
        following = _at(words, index + 1)
        if word in _SAME or word in MONTHS:
            index += 1
        elif word in _LINKING and following in _WHATEVER | MONTHS:
            index += 2
        elif (
            word in _LINKING and following in {"meu", "esse"} and _at(words, index + 2) in _NUMBERS
        ):
            index += 3
        elif word in _THESE and (
            following in _OFFER_NEUTRAL or (following == "tipo" and not rule.offer)
        ):
            index += 2
        elif word in {"toda", "todo", "todos", "dia", "inteiro"} or (
            word == "hora" and index and words[index - 1] == "toda"
        ):
            index += 1 + (following in {"dia", "hora", "santo", "momento", "os"})
        elif word == "obrigado":
            return ()
        else:
            break
    return words[index:]


def _at(words: Sequence[str], index: int) -> str:
    return words[index] if index < len(words) else ""


_NUMBERS: Final = WORDS.words("NUMBER") | {"celular", "trabalho", "canal", "meio", "canto"}
_OFFER_NEUTRAL: Final = (
    WORDS.words("NUMBER")
    | WORDS.words("LIST")
    | WORDS.words("MSG")
    | WORDS.words("VOCE")
    | frozenset({"coisa", "jeito"})
)


def _starts_with_shift(words: Sequence[str]) -> bool:
    return bool(set(words[:3]) & _SHIFTS)


def _is_all_of_a_sentence(said: str) -> bool:
    """Whether one sentence says nothing but a word of leaving."""
    if _is_of_the_shift(said):
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


def _until(words: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return words[: words.index(mark)] if mark in words else words


def _from_last(words: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return (
        words[-words[::-1].index(mark) :]
        if mark in words[:-1]
        else ()
        if words[-1:] == (mark,)
        else words
    )
