"""Which model answers: the smaller one, unless what the doctor wrote needs more judgement.

The patterns are hints, not decisions: a miss costs some quality, a false alarm some money.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from julia_brain.domain.checks.words import plain
from julia_brain.domain.draft import Model


class Reason(StrEnum):
    """Why a model is asked; kept with the turn as `rota`."""

    DEFAULT = "padrao"
    NEGOTIATION = "negociacao"
    COMPLAINT = "reclamacao"
    LOW_CONFIDENCE = "baixa_confianca"
    """Corrected by the doctor, much at once, or a tool that did not understand the model."""
    REPAIR = "reparo"
    """The draft before was not fit to be sent."""
    BUDGET = "orcamento"
    DEADLINE = "prazo"


CHOSEN_BY_TEXT: Final = (Reason.NEGOTIATION, Reason.COMPLAINT, Reason.LOW_CONFIDENCE)
"""For these the larger model may be configured."""

_MUCH_CHARACTERS: Final = 700
"""Written at once: several subjects, most of the time."""

_AMOUNT: Final = r"(?:(?:r\$ ?)?\d[\d.]{2,}|\d+ ?(?:mil|k|reais|conto))"
_PATTERNS: Final = {
    Reason.NEGOTIATION: (
        r"\b(?:melhor|aument|sub|cobr|negoci|reajust)\w*\b.{0,25}\b(?:valor|preco|proposta|oferta)",
        r"\b(?:valor|preco|proposta|oferta|plantao|esta|ta|muito)\b.{0,15}"
        r"\b(?:baix|pouc|defasad|frac|desvaloriz|ruim)",
        r"\b(?:valor|preco)\b.{0,20}\b(?:melhor|maior|mais alto)",
        r"\bpag\w+ (?:mais|melhor|so|pouco|mal)\b",
        r"\bconsegu\w+ (?:algo |um pouco )?(?:mais|melhor)\b",
        rf"\b(?:faz|fazem|fecho|topo|aceito|vou|consegue|consegu\w+ por|por menos de) (?:por )?"
        rf"(?:menos de )?{_AMOUNT}\b",
        r"\b(?:contraproposta|negociar|negocia|desconto|barganh\w+|nao compensa|nao vale a pena)\b",
        rf"\be por {_AMOUNT}",
    ),
    Reason.COMPLAINT: (
        r"\b(?:absurd|pessim|horriv|ridicul|palhacada|desrespeit|decepcion|insatisfeit|indignad|"
        r"revoltant|vergonh)",
        r"\b(?:reclama|reclamar|reclamacao|falta de respeito|fui enganad|me enganaram)\b",
        r"\b(?:pagamento|repasse|dinheiro)\b.{0,30}\b(?:atras|nao caiu|nao veio|nao chegou|cade)",
        r"\b(?:atras|nao recebi|cade)\w*\b.{0,30}\b(?:pagamento|repasse|dinheiro|valor)",
        r"\bninguem (?:me )?(?:respond|avis|fal|resolv)",
        r"\b(?:me deixaram|terceira vez|de novo isso|sempre isso)\b",
    ),
    Reason.LOW_CONFIDENCE: (
        r"\bnao (?:foi|e|era) (?:isso|o que|esse que|essa que)\b",
        r"\b(?:nao entend(?:eu|i)|entendeu errado|ta errado|esta errado|voce errou|vc errou)\b",
        r"\b(?:eu )?ja (?:falei|disse|expliquei|respondi|te disse|te falei)\b",
        r"\bnao (?:pedi|perguntei|falei|disse) isso\b",
        r"\b(?:le|leia|olha) (?:de novo|direito)\b",
    ),
}
_COMPILED: Final = {reason: re.compile("|".join(each)) for reason, each in _PATTERNS.items()}


@dataclass(frozen=True, slots=True)
class Route:
    """The model to ask, and why."""

    size: Model
    reason: Reason


def route(pending: Sequence[str], large_for: Collection[Reason] = CHOSEN_BY_TEXT) -> Route:
    """Choose the model for a turn; `large_for` names what the larger one is for."""
    reason = _reason(pending)
    return Route(Model.LARGE if reason in large_for else Model.SMALL, reason)


def _reason(pending: Sequence[str]) -> Reason:
    text = plain(" \n ".join(pending))
    found = (reason for reason, pattern in _COMPILED.items() if pattern.search(text))
    much = Reason.LOW_CONFIDENCE if len(text) > _MUCH_CHARACTERS else Reason.DEFAULT
    return next(found, much)
