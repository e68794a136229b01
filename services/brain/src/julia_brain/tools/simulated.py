"""The tools of a draft that nobody sends: they look, and do nothing."""

from typing import Final

from julia_brain.ports import Shifts
from julia_brain.tools.calls import ToolCall
from julia_brain.tools.schemas import BY_NAME
from julia_common.database import HoldShift, HospitalsFound, SearchShifts, ShiftHeld, ShiftsFound

_READING: Final = ("buscar_vagas", "buscar_info_hospital")
"""The others change something, once a commit makes it final."""

_SIMULATED: Final = "simulado"


class SimulatedHolds:
    """Shifts that are really looked up and never held.

    A hold is the only thing that a `Toolbox` does at once; the rest of its work is effects, which a
    draft without a commit leaves behind. The answer is that of a success, because a model that was
    told of a simulation would write of one.
    """

    def __init__(self, shifts: Shifts) -> None:
        """Look up in `shifts`."""
        self._shifts = shifts

    async def search_shifts(self, search: SearchShifts) -> ShiftsFound:
        """Find open shifts."""
        return await self._shifts.search_shifts(search)

    async def hold_shift(self, hold: HoldShift) -> ShiftHeld:
        """Pretend."""
        return ShiftHeld(status="segurada", reserva_id=f"{_SIMULATED}-{hold.vaga_id}")

    async def hospital_info(self, *, nome: str) -> HospitalsFound:
        """Look a hospital up."""
        return await self._shifts.hospital_info(nome=nome)


def noted(call: ToolCall) -> str:
    """A call as a report names it: what was only simulated says so."""
    if call.name not in BY_NAME:
        return "desconhecida"
    return call.name if call.name in _READING else f"{call.name} ({_SIMULATED})"
