"""What puts everything off to next month: "esse mês não", "só mês que vem"."""

import re
from collections.abc import Sequence
from typing import Final

from julia_brain.domain.opt_out.words import NEGATIONS, WORDS
from julia_brain.domain.wording import SENTENCES, word_set

MONTHS: Final = frozenset({"essemes", "proximomes"})
"""The words of a canonical text for this month and the next."""

_OFFER_WORDS: Final = WORDS.words("VAGA")
_PAUSE: Final = word_set("pausar segurar suspender interromper pausa")
_MESSAGES: Final = WORDS.words("MSG") | word_set("envio envios")
_PUT_OFF: Final = (
    word_set(
        """
        mas olha para em ate por pode podem poderia podemos eu me mais pegar plantao vaga nada
        nenhum conseguir consigo poder trabalhar fazer dar assumir receber mensagem contato chamar
        mandar procurar contatar falar escrever voltar volto volta volte vou posso quero do rola
        pego tenho como agenda disponibilidade disponivel estou esta pretendo de tempo condicoes
        vai ir ja gostaria interesse ser contatado espaco data horario so somente apenas agora
        depois partir conversamos conversar ver vemos retorno falamos totalmente completamente meu
        com pensar chance sem e a mes escala gente conversa fala se dar do la deu conta
        conte contem contar comigo precisa precisam durante
        """
    )
    | NEGATIONS
    | _PAUSE
    | _MESSAGES
    | WORDS.words("FULL")
    | MONTHS
)
"""All that may be said beside "esse mês não": what is not named here limits it to something."""

_MEANS: Final = word_set(
    "como agenda disponibilidade tempo condicoes data espaco horario interesse"
)


def rests_this_month(said: str) -> bool:
    """Whether one part of a sentence puts everything off to next month: "esse mês não"."""
    for sentence in SENTENCES.findall(said):
        if sentence.endswith("?") and not sentence.startswith((" pode ", " podem ")):
            continue
        named = sentence
        if " proximomes " in sentence:  # "mês que vem sim, esse não dá"
            named = _THIS_ONE.sub(" essemes", sentence)
        parts = re.split(r"[,.?]| mas ", named)
        if any(_puts_off(part.split()) for part in parts):
            return True
    return False


_THIS_ONE = re.compile(r"(?<=[,.?]) esse(?= (?:nao|ja|estou) )")


def _puts_off(words: Sequence[str]) -> bool:
    named = set(words)
    if not named & MONTHS or not named <= _PUT_OFF:
        return False
    if "tenho" in named and not named & _MEANS:
        return False  # "não tenho nenhum plantão esse mês" wants one
    if "essemes" in named:
        paused = named & _PAUSE and named & _MESSAGES and not named & _OFFER_WORDS
        return bool(paused or named & (NEGATIONS | WORDS.words("FULL") | {"deu"}))
    month = words.index("proximomes")
    if words[max(0, month - 1)] == "do" or named & NEGATIONS:
        return False
    asked = named & word_set("chamar procurar falar contatar escrever mandar conversamos falamos")
    return bool(named & _ONLY or (asked and not named & _OFFER_WORDS))


_ONLY: Final = frozenset({"so", "somente", "apenas"})
