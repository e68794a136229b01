"""What a manager may ask for, understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

type CopilotTarget = Literal["global", "campanha", "conversa"]
type CopilotMode = Literal["ligado", "desligado", "padrao"]
type ReportKind = Literal["diario", "periodo", "semanal"]


class Verb(StrEnum):
    """The commands, by the word that the reference page teaches."""

    STATUS = "status"
    PAUSE = "pausar"
    RESUME = "retomar"
    TAKE_OVER = "assumir"
    GIVE_BACK = "devolver"
    METRICS = "metricas"
    DOCTOR = "medico"
    BLOCK = "bloquear"
    UNBLOCK = "desbloquear"
    SHIFTS = "vagas"
    REPORT = "relatorio"
    COPILOT = "copiloto"
    FOCUS = "foco"
    HELP = "ajuda"


@dataclass(frozen=True, slots=True)
class Status:
    """How is she?"""


@dataclass(frozen=True, slots=True)
class Help:
    """What can I ask for?"""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop what `scope` covers; empty: everything."""

    reason: str
    scope: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Let what `scope` covers go on."""

    reason: str
    scope: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A person has the conversation; `who`: a phone, or the id of a conversation or a doctor."""

    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Julia has it again."""

    who: str


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was counted from `since` to before `until`; `name`: how the period is called."""

    name: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Doctor:
    """What do we know of her?"""

    who: str


@dataclass(frozen=True, slots=True)
class Block:
    """We write to her no more."""

    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unblock:
    """We may write to her again."""

    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shifts:
    """Which shifts are open?"""

    specialty: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The newest report."""

    kind: ReportKind | None = None


@dataclass(frozen=True, slots=True)
class CopilotStatus:
    """Where do answers wait for a person's word?"""


@dataclass(frozen=True, slots=True)
class SwitchCopilot:
    """Let answers wait for a person's word, or no more.

    `named`: the campaign's name, or a phone or id of the conversation; "" of everything.
    """

    target: CopilotTarget
    named: str
    mode: CopilotMode
    reason: str


@dataclass(frozen=True, slots=True)
class FocusStatus:
    """What is put first?"""


@dataclass(frozen=True, slots=True)
class SetFocus:
    """Put this first until then."""

    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class EndFocus:
    """Put nothing first any more."""


type Order = (
    Status
    | Help
    | Pause
    | Resume
    | TakeOver
    | GiveBack
    | Metrics
    | Doctor
    | Block
    | Unblock
    | Shifts
    | Report
    | CopilotStatus
    | SwitchCopilot
    | FocusStatus
    | SetFocus
    | EndFocus
)


class Misunderstood(Exception):
    """Not understood: the message says what in Portuguese, plain; `example` how it is written."""

    def __init__(self, message: str, *, example: str) -> None:
        super().__init__(message)
        self.example = example
