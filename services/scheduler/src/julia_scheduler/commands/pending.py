"""A critical order as it waits for its confirmation: everything in it is known and fixed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from julia_scheduler.commands.orders import CopilotMode, CopilotTarget, Verb


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, JsonValue]:
        """As the database keeps it."""
        return self.model_dump(mode="json")


class _Pending(_Kept):
    motivo: str


class PendingPause(_Pending):
    """`campanha`: the name of the campaign in the scope."""

    verbo: Literal[Verb.PAUSE] = Verb.PAUSE
    escopo: dict[str, str] = Field(default_factory=dict)
    campanha: str | None = None
    ate: AwareDatetime | None = None


class PendingResume(_Pending):
    """`campanha`: as of a pause."""

    verbo: Literal[Verb.RESUME] = Verb.RESUME
    escopo: dict[str, str] = Field(default_factory=dict)
    campanha: str | None = None


class PendingBlock(_Pending):
    """Her name is not kept with it."""

    verbo: Literal[Verb.BLOCK] = Verb.BLOCK
    medico_id: str


class PendingUnblock(_Pending):
    """Her name is not kept with it."""

    verbo: Literal[Verb.UNBLOCK] = Verb.UNBLOCK
    medico_id: str


class PendingCopilot(_Pending):
    """`id`: of the campaign or conversation; `campanha`: the campaign's name."""

    verbo: Literal[Verb.COPILOT] = Verb.COPILOT
    alvo: CopilotTarget
    id: str | None = None
    campanha: str | None = None
    modo: CopilotMode


class PendingFocus(_Kept):
    """`conteudo`: None ends what holds."""

    verbo: Literal[Verb.FOCUS] = Verb.FOCUS
    conteudo: str | None = None
    ate: AwareDatetime | None = None


type Pending = Annotated[
    PendingPause | PendingResume | PendingBlock | PendingUnblock | PendingCopilot | PendingFocus,
    Field(discriminator="verbo"),
]

_PENDING: TypeAdapter[Pending] = TypeAdapter(Pending)


def pending_of(kept: Mapping[str, JsonValue]) -> Pending:
    """What the database kept. Raises `ValueError` for what no version of ours has kept."""
    return _PENDING.validate_python(kept)


def is_over(pending: Pending, now: datetime) -> bool:
    """Whether a pause would stop nothing any more, and a focus hold for nobody."""
    if not isinstance(pending, PendingPause | PendingFocus):
        return False
    return pending.ate is not None and pending.ate <= now
