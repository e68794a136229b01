"""What the brain's tools do in a turn is what its commit leaves in the database, or nothing is."""

import json
from datetime import UTC, datetime, time
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.sql.shifts import SAO_PAULO, Shifts

from julia_brain.testing import SteppedClock
from julia_brain.tools.calls import ToolCall
from julia_brain.tools.toolbox import Toolbox
from julia_common.database import (
    HoldShift,
    HospitalsFound,
    SearchShifts,
    ShiftHeld,
    ShiftsFound,
    TurnBegun,
)
from julia_common.database.model import Arguments

pytestmark = pytest.mark.integration


class Turn:
    """A begun turn with its tools, on the real functions."""

    def __init__(self, julia: Julia, begun: Any) -> None:
        self.julia = julia
        self.begun = begun
        self.tools = Toolbox(
            self,
            TurnBegun.model_validate(begun),
            conversa_id=begun["conversa_id"],
            token=begun["token"],
            clock=SteppedClock(datetime.now(UTC)),
        )

    async def search_shifts(self, search: SearchShifts) -> ShiftsFound:
        return ShiftsFound.model_validate(await self._call("search_shifts", search))

    async def hold_shift(self, hold: HoldShift) -> ShiftHeld:
        return ShiftHeld.model_validate(await self._call("hold_shift", hold))

    async def hospital_info(self, *, nome: str) -> HospitalsFound:
        return HospitalsFound.model_validate(await self.julia.call("hospital_info", nome=nome))

    async def _call(self, function: str, p: Arguments) -> Any:
        return await self.julia.call(function, **p.model_dump(mode="json", exclude_none=True))

    async def use(self, name: str, **arguments: object) -> Any:
        result = await self.tools.run(ToolCall("toolu_1", name, arguments))
        assert not result.is_error, result.content
        return json.loads(result.content)

    async def commit(self, text: str) -> Any:
        return await self.julia.commit(
            self.begun,
            text,
            holds=list(self.tools.holds),
            effects=self.tools.effects.model_dump(mode="json", exclude_none=True),
        )


@pytest.fixture
def shifts(julia: Julia) -> Shifts:
    return Shifts(julia)


async def test_a_conversation_books_refuses_notes_and_gives_back(
    julia: Julia, shifts: Shifts
) -> None:
    await shifts.doctor()
    wanted, *refused = [await shifts.offer(days) for days in (3, 10, 17)]
    reminded_at = datetime.combine(shifts.day(2), time(10), SAO_PAULO)

    first = Turn(julia, await shifts.turn(text="o primeiro eu quero, os outros não"))
    found = await first.use("buscar_vagas", regiao="campinas")
    assert [one["vaga_id"] for one in found["vagas"]] == [wanted, *refused]
    assert found["vagas"][0]["valor"] == "R$ 1.500"
    await first.use("buscar_info_hospital", nome_hospital="são luis")
    booked = await first.use("reservar_plantao", vaga_id=wanted)
    assert booked["status"] == "reservada"
    for vaga in refused:
        await first.use("registrar_opt_out", escopo="vaga", motivo="longe", vaga_id=vaga)
    await first.use("salvar_memoria", informacao="Prefere Campinas", tipo="preferencia")
    await first.use(
        "agendar_lembrete",
        data_hora=reminded_at.replace(tzinfo=None).isoformat(),
        contexto="dezembro",
        mensagem="Oi! Combinamos de falar hoje.",
    )
    assert (await first.commit("Fechado!"))["status"] == "confirmado"

    assert (await shifts.vaga(wanted))["status"] == "reservada"
    assert {str(row["vaga_id"]) for row in await julia.sql("select * from recusas_vagas")} == set(
        refused
    )
    assert await julia.value("select content from doctor_context") == "Prefere Campinas"
    reminder = (await julia.sql("select * from fila_mensagens where kind = 'lembrete'"))[0]
    assert reminder["agendar_para"] == reminded_at

    later = Turn(julia, await shifts.turn(text="não vou poder ir"))
    evidence = later.tools.evidence()
    assert evidence.booked == {wanted}
    assert {hospital.nome for hospital in evidence.hospitals} == {"Hospital São Luiz"}
    assert (await later.use("buscar_vagas"))["total"] == 0
    assert (await later.use("reservar_plantao", vaga_id=wanted))["status"] == "ja_reservada"
    await later.use("cancelar_reserva", vaga_id=wanted, motivo="viagem")
    assert (await later.commit("Cancelei!"))["status"] == "confirmado"

    assert (await shifts.vaga(wanted))["status"] == "aberta"
    assert await shifts.claims(wanted) == ["cancelada"]


async def test_the_tools_of_a_turn_that_was_overtaken_leave_nothing(
    julia: Julia, shifts: Shifts
) -> None:
    await shifts.doctor()
    wanted = await shifts.offer()
    turn = Turn(julia, await shifts.turn(text="esse sim, depois férias"))
    await turn.use("buscar_vagas")
    await turn.use("reservar_plantao", vaga_id=wanted)
    await turn.use("registrar_opt_out", escopo="mes", motivo="férias", palavras="depois férias")

    await julia.take_over_by_sql(turn.begun["conversa_id"])

    assert (await turn.commit("Fechado!"))["status"] == "recusado"
    assert (await shifts.vaga(wanted))["status"] == "aberta"
    assert await shifts.claims(wanted) == ["liberada"]
    assert await julia.sql("select * from fatos_conversa") == []
    assert await julia.value("select sem_contato_ate from medicos") is None
