"""Functions of shifts: searching, holding, and what is known of hospitals."""

import datetime as dt
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter

from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc


class Hospital(Answer):
    """A hospital as its lookup row says; `endereco` is the only address that may be told."""

    id: str
    nome: str
    endereco: str | None = None
    cidade: str | None = None
    estado: str | None = None


class Shift(Answer):
    """A shift as a doctor may see it. Money in centavos; `data` and times are São Paulo's.

    `valor_tipo` says which amounts exist: `fixo` has `valor_centavos`, `faixa` the two bounds,
    `a_combinar` none. The bounds within which Julia may negotiate are not part of it.
    """

    id: str
    hospital: Hospital
    especialidade: str
    setor: str | None = None
    periodo: str | None = None
    tipo: str | None = None
    forma_recebimento: str | None = None
    data: dt.date
    inicio: AwareDatetime
    fim: AwareDatetime
    valor_tipo: Literal["fixo", "a_combinar", "faixa"]
    valor_centavos: int | None = None
    valor_minimo_centavos: int | None = None
    valor_maximo_centavos: int | None = None
    urgencia: Literal["normal", "alta", "urgente", "critica"] = "normal"
    status: str = "aberta"


class SearchShifts(Arguments):
    """Which open future shifts to look for; what is None does not restrict.

    Without `especialidade` the doctor's own counts. `dias_semana`: 0 is Monday. What overlaps a
    shift that the doctor has, or that the doctor refused, is left out.
    """

    conversa_id: str
    especialidade: str | None = None
    regiao: str | None = None
    hospital: str | None = None
    periodo: Literal["diurno", "noturno", "12h", "24h"] | None = None
    valor_minimo_centavos: int | None = None
    dias_semana: tuple[int, ...] = ()
    de: dt.date | None = None
    ate: dt.date | None = None
    limite: int = 5


class ShiftsFound(Answer):
    """At most `limite` shifts, the best first; `total` counts all that match."""

    vagas: tuple[Shift, ...] = ()
    total: int = 0
    especialidade: str | None = None


class HoldShift(Arguments):
    """Hold a shift for the doctor of this turn; `valor_centavos` is a price agreed on, if any."""

    conversa_id: str
    token: str
    turno_id: str
    control_epoch: int
    vaga_id: str
    valor_centavos: int | None = None


class ShiftHeld(Answer):
    """What became of a hold.

    `segurada`: ours for five minutes, final with the turn's commit. `ja_sua`: the doctor has booked
    it before. `preenchida`: somebody else has it. `conflito`: overlaps `conflito_com`, which the
    doctor has, rest included. `valor_recusado`: the price is outside the shift's bounds.
    `inexistente`, `encerrada` (past or cancelled). `perdido`: the turn is not ours any more.
    """

    status: Literal[
        "segurada",
        "ja_sua",
        "preenchida",
        "conflito",
        "valor_recusado",
        "inexistente",
        "encerrada",
        "perdido",
        "pausa",
    ]
    reserva_id: str | None = None
    expira_em: AwareDatetime | None = None
    vaga: Shift | None = None
    conflito_com: Shift | None = None
    alternativas: tuple[Shift, ...] = ()


class HospitalsFound(Answer):
    """Hospitals whose name or alias is like the one asked for, the likest first, at most three."""

    hospitais: tuple[Hospital, ...] = ()


_FOUND: Final = TypeAdapter(ShiftsFound)
_HELD: Final = TypeAdapter(ShiftHeld)
_HOSPITALS: Final = TypeAdapter(HospitalsFound)


class Booking:
    """See `docs/reference/rpc.md`, Shifts."""

    _rpc: Rpc

    async def search_shifts(self, search: SearchShifts) -> ShiftsFound:
        """Find open shifts for the doctor of a conversation."""
        return await self._rpc.call("search_shifts", search, _FOUND)

    async def hold_shift(self, hold: HoldShift) -> ShiftHeld:
        """Hold a shift within a turn; repeating it finds the same hold."""
        return await self._rpc.call("hold_shift", hold, _HELD)

    async def hospital_info(self, *, nome: str) -> HospitalsFound:
        """Look a hospital up by name or alias."""
        return await self._rpc.call("hospital_info", {"nome": nome}, _HOSPITALS)
