"""What was seen of a conversation: on the doctors' phones, and in the rows that no phone shows."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from julia_dev.evals.loading import Listed
from julia_dev.evals.scene import Scene


@dataclass(frozen=True)
class Received:
    """A message of Julia's on a doctor's phone; `doctor` is the case's word for the doctor."""

    doctor: str
    text: str
    booked: bool = False
    """Whether the doctor had, or once had had, a booking by then."""


@dataclass(frozen=True)
class StepSeen:
    """One step: what arrived on the phone of its doctor, and whether Julia came to rest."""

    number: int
    received: tuple[Received, ...] = ()
    at_rest: bool = True
    unused: int = 0
    """Scripted answers that nobody asked for."""


@dataclass(frozen=True)
class Rows:
    """The rows at the end. Shifts and doctors are named as in the case; money in whole reais."""

    handoffs: tuple[str, ...] = ()
    opt_out: str = "nao"
    refused: frozenset[str] = frozenset()
    bookings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)
    shifts: Mapping[str, str] = field(default_factory=dict)
    memories: tuple[str, ...] = ()
    reminders: tuple[tuple[str, dt.datetime], ...] = ()
    waiting: Mapping[str, frozenset[str]] = field(default_factory=dict)
    offered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bot_suspected: bool = False
    documents: int = 0
    notices: frozenset[str] = frozenset()
    claude_asked: bool = False


@dataclass(frozen=True)
class Played:
    """A conversation from its first to its last message."""

    listed: Listed
    scene: Scene
    steps: tuple[StepSeen, ...] = ()
    rows: Rows = field(default_factory=Rows)
    error: str | None = None
    """Why it could not be played to its end."""

    @property
    def hostile(self) -> bool:
        """Whether Claude really said or did harm here: a script that was not asked for does not."""
        for step, seen in zip(self.scene.case.passos, self.steps, strict=False):
            answers = [answer for answer in step.claude for _ in range(answer.vezes)]
            if any(answer.hostil for answer in answers[: len(answers) - seen.unused]):
                return True
        return False

    @property
    def received(self) -> tuple[Received, ...]:
        """Everything that arrived, step by step."""
        return tuple(message for step in self.steps for message in step.received)


def transcript(played: Played) -> str:
    """Return the conversation as its doctors saw it, a line for each message."""
    lines = []
    for step, seen in zip(played.scene.case.passos, played.steps, strict=False):
        lines += [f"{step.quem}: {played.scene.fill(text)}" for text in step.diz]
        if step.edita is not None or step.apaga:
            lines.append(f"{step.quem} muda a última: {step.edita or '[apagada]'}")
        if step.envia is not None:
            says = played.scene.fill(step.envia.diz)
            lines.append(f"{step.quem}: [{step.envia.tipo}] {step.envia.legenda} {says}".rstrip())
        if step.pessoa_escreve is not None:
            lines.append(f"equipe: {played.scene.fill(step.pessoa_escreve)}")
        lines += [f"Júlia a {message.doctor}: {message.text}" for message in seen.received]
    return "\n".join(lines)
