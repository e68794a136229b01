"""What limits a request to some case, shift, place or hour, or takes part of it back."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from julia_brain.domain.opt_out.month import MONTHS
from julia_brain.domain.opt_out.place import NEAR, Place, from_last
from julia_brain.domain.opt_out.rules import Motivo, Rule
from julia_brain.domain.opt_out.words import NEGATIONS, WORDS
from julia_brain.domain.wording import word_set

_CONDITION: Final = frozenset({"se", "caso", "quando", "enquanto"})
_HAVE_ASKED: Final = word_set("pedi falei disse avisei mandei solicitei")
_POLITE_CONDITION: Final = word_set("puder puderem possivel incomodo der")
_OFFERED: Final = word_set("""
    for forem tiver tiverem houver aparecer surgir tem fosse pagar pagarem responder estiver atender
    precisar conseguir vier abrir nao
    """)


def is_conditional(place: Place) -> bool:
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


def has_exception(place: Place) -> bool:
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


def is_limited(rule: Rule, place: Place) -> bool:
    """Whether it concerns only some shifts, places or times."""
    after = _without_same(place.near_after, rule)
    shift_named = {*place.words, *place.near_after[:NEAR]} & (_SHIFTS - {"agenda"})
    match rule.motivo:
        case Motivo.REMOVE | Motivo.DATA:
            return bool(
                (shift_named and rule.order)
                or _OTHERS_LIST & {*place.words, *place.near_after[:NEAR]}
                or place.near_after[-1:] == ("de",)  # "da lista de lá"
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


_OTHERS_LIST: Final = word_set("""
    antigo antiga antigos antigas velho velha velhos velhas anterior duplicado repetido
    hospital hospitais tela pagina link formulario
    """)
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


def _limits_before(rule: Rule, place: Place) -> bool:
    """Whether the request starts with its limits: "de madrugada não me chame mais"."""
    if rule.order and rule.motivo is not Motivo.STOP:
        return False
    before = place.near_before
    if not before and len(place.before) > 2:  # noqa: PLR2004 - a word and its comma
        before = from_last(place.before[:-1], ",")
        named = _SHIFTS | _NOW | {"enquanto"}
        if not named & set(before) or NEGATIONS & set(before):
            return False
    if len(before) > NEAR or not before:
        return False
    left = _without_same(before, rule)
    if left and left[0] == "depois" and _PAST & set(left):
        return False  # "depois do que houve mês passado não quero mais nada"
    return bool(left) and (
        left[0] in _LIMITING - _CONDITION or bool(_SPECIALTIES & set(left)) or left[0] in _NOW
    )


_PAST: Final = word_set("passado passada isso disso hoje ontem aquilo")


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


def starts_with_shift(words: Sequence[str]) -> bool:
    """Whether the first words name a shift, place or day."""
    return bool(set(words[:3]) & _SHIFTS)
