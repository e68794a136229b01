"""Whether the words that a model quotes are the doctor's own, and refuse.

Sanity of a request to be left alone, not its reading: that is the model's. The lists are broad, so
that no real request is turned away, and still have nothing of who only asks for shifts.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from julia_brain.domain.checks.words import tokens
from julia_brain.domain.wording import BREAKS, spelled


def is_quoted(words: str, said: Sequence[str]) -> bool:
    """Whether the words stand in what was said, in one piece; it may go on in a next message.

    Accents, case, punctuation, shorthand and slips make no difference.
    """
    return any(_holds(form(" . ".join(said)), form(words)) for form in _FORMS)


def refuses(words: str) -> bool:
    """Whether a word denies, stops, leaves, is fed up, or says that the number is wrong."""
    return _REFUSING.search(_plain(words)) is not None


def postpones(words: str) -> bool:
    """Whether a word says that this is no time for offers."""
    return _POSTPONING.search(_plain(words)) is not None


def agrees_to_stop(words: str, asked: str) -> bool:
    """Whether the words say yes to our question whether to stop."""
    questions = re.findall(r"[^.?]+(?=\?)", spelled(asked))
    return _AGREEING.search(_plain(words)) is not None and any(map(_STOPPING.search, questions))


def _plain(text: str) -> str:
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return [word for word in spelled(text).split() if word not in BREAKS]


_FORMS: Final[tuple[Callable[[str], list[str]], ...]] = (_words, tokens)


def _holds(whole: Sequence[str], part: Sequence[str]) -> bool:
    length = len(part)
    return length > 0 and any(
        whole[start : start + length] == part for start in range(len(whole) - length + 1)
    )


def _any_of(stems: str, words: str, *phrases: str) -> re.Pattern[str]:
    """Words that begin with one of `stems`, whole `words`, and `phrases`."""
    begun, whole = "|".join(stems.split()), "|".join(words.split())
    return re.compile("|".join((rf"\b(?:{begun})", rf"\b(?:{whole})\b", *phrases)))


_STOPPING_STEMS: Final = (
    "parar parem parand parei cess interromp suspend encerr cancel deix desist evit "
    "tirar tirem retir remov remoc exclu apag delet elimin risc descadastr desinscrev desativ "
    "inativ desvincul deslig limp esquec desaparec dispens poup livr bloque block bani banir "
    "descart desconsider ignor saia sair saind stop unsub"
)
_STOPPING_WORDS: Final = "pare paro tire tira sai saio suma sumam sumir some off"
_STOPPING_PHRASES: Final = (
    r"\bpara (?:de|com|ja|agora)\b",
    r"^para$",
    r"\b(?:estou|to|me|cai|caia|dou) fora\b",
)

_STOPPING: Final = _any_of(_STOPPING_STEMS, _STOPPING_WORDS, *_STOPPING_PHRASES)
_REFUSING: Final = _any_of(
    f"{_STOPPING_STEMS} nao nunca jamais nenhum ninguem recus rejeit abandon larg aposent "
    "cheg bast cans fart satur esgot enche enchend incomod perturb importun invas spam golp "
    "errad engan falec morre morri denunci process autoriz consent interess sosseg adeus dispost",
    f"{_STOPPING_WORDS} nem nada sem deu acabou saco paz mudei mudou trocou trocado menos vaza "
    "vazar xo erra negativo",
    *_STOPPING_PHRASES,
    r"\bfim\b(?! de semana)",
)
_POSTPONING: Final = _any_of(
    "feria viaj licenc paus descans ocupad lotad corrid complet fechad apertad",
    "depois cheio cheia adiante",
)
_AGREEING: Final = _any_of(
    "confirm concord aceit exat certez",
    "sim s ss isso claro pode podem quero ok okay favor gostaria prefiro positivo aham uhum certo",
)
