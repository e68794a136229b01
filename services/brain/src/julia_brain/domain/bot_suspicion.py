"""Whether a doctor suspects a machine; counted, and never a reason to deny it."""

import re
from dataclasses import dataclass
from typing import Final

from julia_brain.domain.wording import spelled


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The pattern's name and the words that matched, in their plain spelling."""

    padrao: str
    trecho: str


def suspicion_of(text: str) -> Suspicion | None:
    """The first suspicion that the text voices, or None."""
    plain = f" {spelled(text)} "
    if _THE_TRADE.search(plain):
        return None
    for name, pattern in _PATTERNS.items():
        if found := pattern.search(plain):
            return Suspicion(name, found[0].strip(" .,?"))
    return None


_THE_TRADE: Final = re.compile(
    r" (?:cirurg\w*|robotic[ao]s?|vinci|davinci|prostatectomia|laparoscopi\w*|console"
    r"|ressonancia|radiologia|laudos?|curso|congresso|artigo|pesquisa|aula) "
)
"""Robots and artificial intelligence that doctors work with."""

_A = r"(?:(?:um|uma|o|a|so|apenas|algum|alguma|esse|tipo) ){0,2}"
_YOU = r"(?:voce|isso|isto|tu|julia|aqui|ai|esse numero|quem fala)"
_IS = r"(?:e|eh|es|seja|seria|parece|ser|sera|era|esta)"
_TO = r"(?:falando|falo|conversando|converso|falar|conversar|papo|respondendo|tratando)"

_PATTERNS: Final = {
    "robo": re.compile(
        r" (?:robos?|robozinho|robozao|robotizad[oa]|robotic|bots?|chatbots?|chat bot|androide) "
    ),
    "inteligencia_artificial": re.compile(
        rf" (?:{_YOU} (?:nao )?{_IS} {_A}(?:ia|inteligencia artificial|ai)"
        rf"|{_IS} (?:uma|a|so uma|por) ia|{_IS} {_A}inteligencia artificial"
        rf"|{_TO} (?:com|por) {_A}(?:ia|inteligencia artificial|chat ?gpt|gpt)"
        rf"|{_YOU} (?:nao )?{_IS} {_A}(?:chat ?gpt|gpt|claude|gemini|siri|alexa)"
        rf"|{_IS} (?:o |a |um )?(?:chat ?gpt|gpt)"
        rf"|(?:usa|usam|usando|feito por|feita por|gerad[oa] por|escrit[oa] por|resposta de) "
        rf"{_A}(?:ia|chat ?gpt|gpt|inteligencia artificial)"
        r"|(?:inteligencia artificial|chat ?gpt) \?|uma ia \?|(?<=^ )e ia \?) "
    ),
    "maquina": re.compile(
        rf" (?:{_YOU} (?:nao )?{_IS} {_A}(?:maquina|computador|programa|software|algoritmo)"
        rf"|{_TO} (?:com|por) {_A}(?:maquina|computador|programa|sistema|parede)) "
    ),
    "automatico": re.compile(
        r" (?:(?:mensagem|mensagens|resposta|respostas|atendimento|isso e|texto|conversa|disparo) "
        r"(?:\w+ )?(?:automatic[oa]s?|automatizad[oa]s?|automatico|pront[oa]s?|programad[oa]s?"
        r"|robotizad[oa]s?|decorad[oa]s?|copiad[oa]s?|ensaiad[oa]s?)"
        r"|copia e cola|copiou e colou|ctrl ?c|(?:isso|aqui|tudo) (?:e )?automatic[oa]"
        r"|atendente virtual"
        r"|assistente virtual|atendimento virtual|resposta padrao) "
    ),
    "pessoa_de_verdade": re.compile(
        rf" (?:{_YOU} (?:nao )?{_IS} (?:mesmo )?{_A}"
        r"(?:human[oa]|pessoa|gente|real|de verdade|alguem)(?! indicad| que indicou)"
        rf"|{_TO} (?:com|por) {_A}(?:pessoa|ser human[oa]|human[oa]|gente|alguem)(?: mesmo)?"
        r"(?: de (?:verdade|carne)| real| human[oa]| \?)"
        r"|(?:pessoa|gente|alguem|humano) (?:de verdade|real|de carne)"
        r"|(?:pessoa|human[oa]|gente) ou (?:com )?(?:um |uma )?(?:maquina|computador|sistema)"
        r"|e gente mesmo|com (?:um )?ser human[oa]|voce (?:existe|e de verdade)"
        r"|human[oa] ou (?:maquina|ia|robo)|e human[oa] (?:mesmo )?\?"
        r"|tem (?:alguem|gente|uma pessoa) (?:ai|por tras|atras)) "
    ),
}
