"""What Claude is shown of a conversation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from julia_brain.domain.persona import PERSONA

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")

MAX_MESSAGE_CHARACTERS: Final = 4_000
"""Of one message; what is longer is cut, with a note that says so."""

MAX_HISTORY_CHARACTERS: Final = 12_000
"""Of all earlier messages; the oldest are left out first."""

MAX_NAME_CHARACTERS: Final = 40
"""Names come from WhatsApp profiles, where anything may be written."""

_WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")

_MEDIA = {
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


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who wrote it (`medico`, `julia` or `gestor`), what kind it is, and its text."""

    author: str
    kind: str
    text: str
    quoted: str | None = None
    attachment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoctorFacts:
    """What the persona may know of the doctor; no phone number, no document."""

    first_name: str | None = None
    specialty: str | None = None
    city: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class PromptTurn:
    """One element of the model's `messages`; each text becomes a block."""

    role: Literal["user", "assistant"]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that the model is given. `persona` never changes and may be cached; `situation` does."""

    persona: str
    situation: str
    turns: tuple[PromptTurn, ...]

    def with_note(self, note: str) -> "Prompt":
        """The same prompt with an annotation of ours after the pending messages."""
        last = self.turns[-1]
        noted = replace(last, texts=(*last.texts, f"[{note}]"))
        return replace(self, turns=(*self.turns[:-1], noted))


def build_prompt(
    doctor: DoctorFacts, history: Sequence[Said], pending: Sequence[Said], now: datetime
) -> Prompt:
    """Make the prompt of a turn; the pending messages are its last turn, alone.

    `now` is only shown, as the date and time in São Paulo.
    """
    earlier = [_turn(said) for said in _window(history) if _rendered(said)]
    if earlier and earlier[0].role == "assistant":
        earlier.insert(0, PromptTurn("user", ("[início da conversa mostrado a partir daqui]",)))
    last = PromptTurn("user", tuple(_rendered(said) or "[mensagem vazia]" for said in pending))
    return Prompt(PERSONA, _situation(doctor, now), (*_merged(earlier), last))


def _situation(doctor: DoctorFacts, now: datetime) -> str:
    local = now.astimezone(SAO_PAULO)
    lines = [f"Agora: {_WEEKDAYS[local.weekday()]}, {local:%d/%m/%Y %H:%M} (Brasília)."]
    place = "/".join(part for part in (doctor.city, doctor.state) if part)
    facts = [
        f"{name}: {_one_line(value)}"
        for name, value in (
            ("primeiro nome", (doctor.first_name or "")[:MAX_NAME_CHARACTERS]),
            ("especialidade", doctor.specialty),
            ("cidade", place),
        )
        if value
    ]
    if facts:
        lines.append(f"Sobre a pessoa ({'; '.join(facts)}).")
    return "\n".join(lines)


def _window(history: Sequence[Said]) -> list[Said]:
    kept: list[Said] = []
    left = MAX_HISTORY_CHARACTERS
    for said in reversed(history):
        left -= min(len(said.text), MAX_MESSAGE_CHARACTERS)
        if left < 0:
            break
        kept.append(said)
    return kept[::-1]


def _turn(said: Said) -> PromptTurn:
    match said.author:
        case "julia":
            return PromptTurn("assistant", (_rendered(said),))
        case "medico":
            return PromptTurn("user", (_rendered(said),))
        case _:  # shown as an annotation, or Júlia would learn to write as somebody else
            return PromptTurn("user", (f"[a equipe respondeu: {_one_line(said.text)}]",))


def _merged(turns: Sequence[PromptTurn]) -> list[PromptTurn]:
    merged: list[PromptTurn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = PromptTurn(turn.role, merged[-1].texts + turn.texts)
        else:
            merged.append(turn)
    return merged


def _rendered(said: Said) -> str:
    """The message as the model reads it; annotations of ours stand in brackets on a line."""
    lines = []
    if said.quoted:
        lines.append(f"[em resposta a: {_one_line(said.quoted)[:200]}]")
    if said.kind == "reacao":
        lines.append(f"[reagiu com {_one_line(said.text)}]" if said.text else "[tirou a reação]")
        return "\n".join(lines)
    if said.kind in _MEDIA:
        lines.append(f"[{_described(said)}]")
    # Only we annotate: a line of the doctor's cannot look like one of ours.
    text = re.sub(r"^(\s*)\[", r"\1(", said.text.strip(), flags=re.MULTILINE)
    if len(text) > MAX_MESSAGE_CHARACTERS:
        text = f"{text[:MAX_MESSAGE_CHARACTERS]}\n[a mensagem é mais longa e foi cortada aqui]"
    if text:
        lines.append(text)
    return "\n".join(lines)


def _described(said: Said) -> str:
    name = _MEDIA[said.kind]
    seconds = said.attachment.get("seconds")
    return f"{name} de {seconds} s" if isinstance(seconds, int) else name


def _one_line(text: str) -> str:
    # A doctor's name or a quoted text must not be able to open a line of its own.
    return " ".join(text.split()).replace("[", "(").replace("]", ")")
