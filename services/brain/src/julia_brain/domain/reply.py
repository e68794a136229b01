"""From the model's text to what may be sent: is it fit, and in which parts."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

PART_CHARACTERS: Final = 400
"""A part longer than this is broken at a sentence end where there is one."""

MAX_PARTS: Final = 3
MAX_CHARACTERS: Final = PART_CHARACTERS * MAX_PARTS

_SENTENCE_END = re.compile(r"(?<=[.!?…])[)\"'”]*\s+|\n+")
_ORPHAN_CHARACTERS: Final = 40


class Flaw(StrEnum):
    """Why a draft must not be sent."""

    EMPTY = "vazia"
    TRUNCATED = "cortada"
    REFUSED = "recusada"
    TOO_LONG = "longa"
    UNEXPECTED_STOP = "parada_inesperada"
    MACHINE_TEXT = "texto_de_maquina"
    DENIES_BEING_AI = "nega_ser_ia"


_STOPS = {
    "max_tokens": Flaw.TRUNCATED,
    "model_context_window_exceeded": Flaw.TRUNCATED,
    "refusal": Flaw.REFUSED,
}
_GOOD_STOPS = ("end_turn", "stop_sequence")

_MACHINE_TEXT = re.compile(
    r"```|<\/?(?:function|tool|antml|thinking|invoke|system)|\"(?:tool_use|type|role)\"\s*:"
    r"|^\s*[{\[]\s*\"|\btoolu_|\bmsg_[0-9A-Za-z]{8}",
    re.IGNORECASE | re.MULTILINE,
)
_DENIES_BEING_AI = re.compile(
    r"\b(?:n[ãa]o sou|n[ãa]o é|nem sou)\s+(?:(?:um|uma|o|a|nenhum|nenhuma)\s+)?"
    r"(?:rob[ôo]|bot|chatbot|ia\b|i\.a\.|m[áa]quina|intelig[êe]ncia artificial"
    r"|assistente virtual|atendimento autom[áa]tico)"
    r"|(?<!não )(?<!nao )\bsou\s+(?:(?:um|uma)\s+)?"
    r"(?:pessoa|humana|humano|gente de verdade|gente)\b",
    re.IGNORECASE,
)
_NEVER_SAID = {Flaw.MACHINE_TEXT: _MACHINE_TEXT, Flaw.DENIES_BEING_AI: _DENIES_BEING_AI}

INSTRUCTIONS: Final = {
    Flaw.EMPTY: "a sua resposta veio vazia; escreva a mensagem a enviar",
    Flaw.TRUNCATED: "a sua resposta foi cortada; escreva de novo em no máximo duas frases curtas",
    Flaw.REFUSED: "responda com gentileza sem tratar do que não pode, ou ofereça alguém da equipe",
    Flaw.TOO_LONG: "a sua resposta ficou longa demais; escreva de novo em no máximo duas frases",
    Flaw.UNEXPECTED_STOP: "responda com uma mensagem curta em texto, sem usar ferramentas",
    Flaw.MACHINE_TEXT: "responda só com a mensagem em texto simples, sem código nem marcações",
    Flaw.DENIES_BEING_AI: "você é uma assistente virtual e não pode negar isso; escreva de novo",
}
"""What the model is told when a draft has a flaw, for its one second try."""


def tidy(text: str) -> str:
    """The text without what cannot be stored or shown: control characters, lone surrogates."""
    return "".join(
        char for char in text if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"}
    ).strip()


def flaw_of(text: str, stop_reason: str | None) -> Flaw | None:
    """What is wrong with a draft, or None when it may be sent."""
    if stop_reason in _STOPS:
        return _STOPS[stop_reason]
    if stop_reason not in _GOOD_STOPS:
        return Flaw.UNEXPECTED_STOP
    text = text.strip()
    if not re.search(r"\w", text) and not _is_emoji(text):
        return Flaw.EMPTY
    if len(text) > MAX_CHARACTERS:
        return Flaw.TOO_LONG
    return next((flaw for flaw, pattern in _NEVER_SAID.items() if pattern.search(text)), None)


def split(text: str) -> tuple[str, ...]:
    """The parts in which a fit reply is sent: usually one, at most `MAX_PARTS`.

    Nothing is lost: the parts joined are the text, up to white space between sentences.
    """
    text = text.strip()
    if len(text) <= PART_CHARACTERS + _ORPHAN_CHARACTERS:
        return (text,)
    parts: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        if not sentence:
            continue
        if parts and (
            len(parts) == MAX_PARTS or len(parts[-1]) + 1 + len(sentence) <= PART_CHARACTERS
        ):
            parts[-1] = f"{parts[-1]} {sentence}"
        else:
            parts.append(sentence)
    if len(parts) > 1 and len(parts[-1]) < _ORPHAN_CHARACTERS:
        last = parts.pop()
        parts[-1] = f"{parts[-1]} {last}"
    return tuple(parts)


def _is_emoji(text: str) -> bool:
    return any(ord(char) > 0x2190 for char in text)  # noqa: PLR2004 - arrows, symbols and beyond
