"""Functions by which a JuliaStatus resource stops and resumes Julia."""

from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc

type Scope = dict[str, str]
"""Of `especialidade`, `estado`, `campanha`, `instancia`, joined by AND; empty: everything."""


class ApplyStatus(Arguments):
    """What a resource asks for; `por` is the field manager that wrote it.

    `confirmed`: the resource was read anew, so that what is older than what the database knows was
    restored, and is no late news.
    """

    uid: str
    namespace: str
    nome: str
    generation: int
    paused: bool
    scope: Scope | None = None
    until: AwareDatetime | None = None
    reason: str | None = None
    request: str | None = None
    por: str | None = None
    confirmed: bool = True


class StatusApplied(Answer):
    """`id` of the row of `julia_status` that was written, None when none was.

    `repetida`: no new decision; `observada`: a new, restored or older spec that would resume;
    `vencida`: its time was up; `antiga`: not `confirmed`, and older than what is known: nothing is
    done.
    """

    status: Literal["pausada", "retomada", "repetida", "observada", "vencida", "antiga"]
    id: str | None = None


class StatusRemoved(Answer):
    """`id` of the row that ended its pauses, None when none stood."""

    status: Literal["removida", "desconhecida"]
    id: str | None = None


class StandingPause(Answer):
    """A pause that covers the whole scope of the resource; `propria`: the resource's own."""

    id: str
    escopo: Scope
    ate: AwareDatetime | None = None
    motivo: str
    via: str
    por: str | None = None
    desde: AwareDatetime
    propria: bool


class LastChange(Answer):
    """A row of `julia_status`; `propria`: the resource wrote it."""

    id: str
    status: str
    motivo: str
    via: str
    por: str | None = None
    em: AwareDatetime
    escopo: Scope = Field(default_factory=dict)
    propria: bool


class StatusOf(Answer):
    """How a resource's scope stands: counts of sends and of what waits.

    `em_voo`: sends claimed and not recorded; `inicios_tardios`: claimed before the stop and begun
    more than 2 s after it; `reservas_apos`: claimed after it, which must be none; `parciais`:
    pauses of a part of the scope; `ultima`: the last row whose scope meets it; `encerrada`: the row
    that ended the resource's own last pause, None while that stands or when its time was up.
    """

    status: Literal["conhecida", "desconhecida"]
    pausa: bool = False
    escopo: Scope = Field(default_factory=dict)
    generation: int = 0
    pausas: tuple[StandingPause, ...] = ()
    parciais: int = 0
    desde: datetime | None = None
    ultima: LastChange | None = None
    encerrada: LastChange | None = None
    em_voo: int = 0
    inicios_tardios: int = 0
    reservas_apos: int = 0
    entrada: int = 0
    saida: int = 0


class ChangeStatus(Arguments):
    """A manager's decision; `op_id` makes it happen once, whoever repeats it."""

    op_id: str
    status: Literal["ativo", "pausado"]
    motivo: str
    via: Literal["slack", "api"]
    por: str
    escopo: Scope | None = None
    ate: AwareDatetime | None = None


class StatusChanged(Answer):
    """`id` of the row of `julia_status`; `paused`: whether everything is stopped now."""

    status: Literal["registrada", "repetida"]
    id: str
    paused: bool


class ExpiredAnnounced(Answer):
    """How many pauses had come to their end, and how many soon will (each was told now)."""

    encerradas: int
    terminando: int


_APPLIED: Final = TypeAdapter(StatusApplied)
_REMOVED: Final = TypeAdapter(StatusRemoved)
_STATE: Final = TypeAdapter(StatusOf)
_CHANGED: Final = TypeAdapter(StatusChanged)
_ANNOUNCED: Final = TypeAdapter(ExpiredAnnounced)


class Stopping:
    """See `docs/reference/rpc.md`, Stop and resume."""

    _rpc: Rpc

    async def apply_status(self, wanted: ApplyStatus) -> StatusApplied:
        """Show what a resource asks for; acts once for each decision."""
        return await self._rpc.call("apply_status", wanted, _APPLIED)

    async def remove_status(self, *, uid: str, por: str | None = None) -> StatusRemoved:
        """End what the resource had set, and nothing else."""
        return await self._rpc.call("remove_status", {"uid": uid, "por": por}, _REMOVED)

    async def status_of(self, *, uid: str) -> StatusOf:
        """How the resource's scope stands now, whoever made it so."""
        return await self._rpc.call("status_of", {"uid": uid}, _STATE)

    async def change_status(self, change: ChangeStatus) -> StatusChanged:
        """Stop or resume on a manager's word."""
        return await self._rpc.call("change_status", change, _CHANGED)

    async def announce_expired(self) -> ExpiredAnnounced:
        """Tell managers of the pauses whose time is up or soon will be, each once."""
        return await self._rpc.call("announce_expired", {}, _ANNOUNCED)
