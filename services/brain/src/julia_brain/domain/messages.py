"""The messages of a conversation as the model reads them.

Annotations of ours stand in brackets, which nobody else's text has, and what identifies people is
masked.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from julia_brain.domain.masking import masked
from julia_brain.domain.media import is_remark
from julia_brain.domain.prompt import SAO_PAULO, PromptTurn
from julia_common.database import HistoryMessage, PendingMessage

WRITTEN: Final = frozenset({"texto", "imagem", "video", "documento"})
"""Kinds of messages whose text the doctor wrote: a caption counts like a text."""

MAX_MESSAGE_CHARACTERS: Final = 4_000
"""Of one message; what is longer is cut, with a note that says so."""

MAX_HISTORY_CHARACTERS: Final = 12_000
"""Of all earlier messages; when there is more the oldest are left out."""

HISTORY_STEP_CHARACTERS: Final = 4_000
"""At least so much is left out at a time: a beginning that moved with each turn could not be
cached."""

_QUOTED_CHARACTERS: Final = 200

_MEDIA: Final = {
    "audio": "áudio",
    "imagem": "imagem",
    "video": "vídeo",
    "documento": "documento",
    "figurinha": "figurinha",
    "contato": "contato",
    "localizacao": "localização",
    "enquete": "enquete",
    "outro": "mensagem de um tipo que não consigo ler",
}
_WHO: Final = {"julia": "Júlia", "medico": "Pessoa"}
_EDITED: Final = "[mensagem editada pela pessoa depois de respondida]"
_BEGINNING: Final = "[a conversa mostrada começa aqui]"


def pending_texts(pending: Sequence[PendingMessage]) -> tuple[str, ...]:
    """The messages to be answered, one text each; none is empty."""
    return tuple(_pending(message) or "[mensagem vazia]" for message in pending)


def history_turns(history: Sequence[HistoryMessage], summary: str | None) -> tuple[PromptTurn, ...]:
    """The conversation so far: the summary of what is not shown any more, then the messages."""
    turns = [turn for message in _window(history) if (turn := _earlier(message))]
    if summary:
        turns.insert(
            0, PromptTurn("user", (f"[resumo da conversa até aqui: {one_line(summary)}]",))
        )
    elif turns and turns[0].role == "assistant":
        turns.insert(0, PromptTurn("user", (_BEGINNING,)))
    return tuple(_merged(turns))


def one_line(text: str) -> str:
    """Somebody's text, masked, so that it cannot open a line of its own or close a bracket."""
    return " ".join(_plain(text).split())


_BRACKETS: Final = str.maketrans("[]\uff3b\uff3d", "()()")
_JOINS_EMOJI: Final = frozenset({"\u200d", "\ufe0f"})
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode's controls, format characters and separators of lines."""


def _plain(text: str) -> str:
    """Somebody's text, masked, that cannot be taken for an annotation of ours."""
    seen = (
        char
        if char == "\n" or char in _JOINS_EMOJI or unicodedata.category(char) not in _UNSEEN
        else ("" if unicodedata.category(char) == "Cf" else " ")
        for char in text.replace("\r\n", "\n")
    )
    return masked("".join(seen)).translate(_BRACKETS)


def line_of(message: HistoryMessage) -> str:
    """An earlier message on one line, with who wrote it and when; empty if there is no text."""
    who = _WHO.get(message.autor_tipo, "Equipe")
    text = one_line(_shown(message.tipo_conteudo, message.conteudo, message.leitura))
    when = message.at.astimezone(SAO_PAULO)
    return f"{who} ({when:%d/%m %H:%M}): {text}" if text else ""


def size_of(message: HistoryMessage) -> int:
    """The characters of an earlier message that are shown at most."""
    return sum(
        min(len(text), MAX_MESSAGE_CHARACTERS) for text in (message.conteudo, message.leitura or "")
    )


def _window(history: Sequence[HistoryMessage]) -> Sequence[HistoryMessage]:
    sizes = [size_of(message) for message in history]
    excess = sum(sizes) - MAX_HISTORY_CHARACTERS
    if excess <= 0:
        return history
    to_leave_out = -(-excess // HISTORY_STEP_CHARACTERS) * HISTORY_STEP_CHARACTERS
    first = 0
    while to_leave_out > 0 and first < len(history) - 1:
        to_leave_out -= sizes[first]
        first += 1
    return history[first:]


def _earlier(message: HistoryMessage) -> PromptTurn | None:
    match message.autor_tipo:
        case "julia":
            text = message.conteudo.strip()
            return PromptTurn("assistant", (text,)) if text else None
        case "medico":
            text = _shown(message.tipo_conteudo, message.conteudo, message.leitura)
            if text and message.editada:
                text = f"{_EDITED}\n{text}"
            return PromptTurn("user", (text,)) if text else None
        case _:  # shown as an annotation, or Júlia would learn to write as somebody else
            return PromptTurn("user", (f"[a equipe respondeu: {one_line(message.conteudo)}]",))


def _merged(turns: Sequence[PromptTurn]) -> list[PromptTurn]:
    merged: list[PromptTurn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = PromptTurn(turn.role, merged[-1].blocks + turn.blocks)
        else:
            merged.append(turn)
    return merged


def _pending(message: PendingMessage) -> str:
    shown = _shown(message.tipo_conteudo, message.conteudo, message.leitura, message.anexos or {})
    if message.quoted is None or not message.quoted.text:
        return shown
    quoted = one_line(message.quoted.text)[:_QUOTED_CHARACTERS]
    return f"[em resposta a: {quoted}]\n{shown}".rstrip()


def _shown(
    kind: str, text: str, reading: str | None, attachment: Mapping[str, Any] | None = None
) -> str:
    if kind == "reacao":
        return f"[reagiu com {one_line(text)}]" if text else "[tirou a reação]"
    lines = []
    if kind in _MEDIA:
        lines.append(f"[{_described(kind, attachment or {})}]")
    if text.strip():
        lines.append(_theirs(text))
    if reading and is_remark(reading):
        lines.append(reading)
    elif reading:
        lines.append(f"[o que o anexo diz: {one_line(reading)[:MAX_MESSAGE_CHARACTERS]}]")
    return "\n".join(lines)


def _theirs(text: str) -> str:
    text = _plain(text).strip()
    if len(text) > MAX_MESSAGE_CHARACTERS:
        return f"{text[:MAX_MESSAGE_CHARACTERS]}\n[a mensagem é mais longa e foi cortada aqui]"
    return text


def _described(kind: str, attachment: Mapping[str, Any]) -> str:
    seconds = attachment.get("seconds")
    return f"{_MEDIA[kind]} de {seconds} s" if isinstance(seconds, int) else _MEDIA[kind]
