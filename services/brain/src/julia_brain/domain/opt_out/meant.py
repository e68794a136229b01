"""Whether a request is meant as one: not turned round, nobody else's, no question, no jest."""

import re
from typing import Final

from julia_brain.domain.opt_out.place import NEAR, Place
from julia_brain.domain.opt_out.rules import Motivo, Rule
from julia_brain.domain.opt_out.words import NEGATIONS, WORDS
from julia_brain.domain.wording import word_set

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


def is_of_the_shift(said: str) -> bool:
    """Whether the text goes on with the shift: "pode parar, já fechei", "Pare! Quero"."""
    return bool(_SETTLED.search(said) or _TAKEN_UP.search(said))


_LINKS: Final = word_set("""
    me que para quero precisa precisam preciso pedi e era ser de disse falei voce pode podem vou
    gostaria eu se deixar pedindo estou queria quis dizer significa vai vao quer tem ter posso
    quando autorizei
    """)
_SAYING: Final = word_set("que para pedi disse falei e era quis dizer significa estou dizendo")


def is_turned_round(rule: Rule, place: Place) -> bool:
    """Whether a "não" governs the request: "não me tira da lista", "nunca pedi pra parar"."""
    links = _LINKS if rule.order else _SAYING
    why = {"porque", "ainda"} & set(place.before)  # "por que não me tiram?" orders
    for word in reversed(place.near_before):
        if word in NEGATIONS:
            return not why
        if word not in links:
            return False
    return False


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


def is_somebody_elses(place: Place) -> bool:
    """Whether others said it, or it was said to others or long ago."""
    before = f" {' '.join((*place.before, *place.words))} "
    return bool(
        _OTHERS.search(before)
        or _ADDRESSED.search(before)
        or (_LONG_AGO & set(place.near_before[-NEAR:]) and not _MINE & set(place.words))
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


def is_only_a_question(rule: Rule, place: Place) -> bool:
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
