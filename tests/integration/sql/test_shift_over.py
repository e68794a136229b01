"""Managers are asked once whether a shift took place; the first answer counts, written down."""

import uuid
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import PHONE, Julia, together
from tests.integration.sql.shifts import Shifts
from tests.integration.sql.test_erasure import erase

pytestmark = pytest.mark.integration


@pytest.fixture
def shifts(julia: Julia) -> Shifts:
    return Shifts(julia)


async def ask(julia: Julia, limit: int = 50) -> int:
    return (await julia.call("ask_of_shifts", limit=limit))["perguntadas"]


async def after(julia: Julia, vaga: str, **delta: float) -> None:
    """Go to so long after the shift's end."""
    fim = await julia.value("select fim from vagas where id = $1", uuid.UUID(vaga))
    await julia.later(seconds=(fim + timedelta(**delta) - julia.now()).total_seconds())


async def over(julia: Julia, shifts: Shifts) -> str:
    """A booked shift of which managers were asked."""
    vaga = await shifts.offer(1)
    await shifts.book(vaga)
    await after(julia, vaga, hours=3)
    assert await ask(julia) == 1
    return vaga


async def decide(julia: Julia, vaga: str, decisao: str = "aconteceu", por: str = "ana") -> Any:
    return await julia.call("decidir_plantao", vaga_id=vaga, decisao=decisao, por=por)


async def decisions(julia: Julia) -> list[tuple[str, str]]:
    rows = await julia.sql("select decisao, por from decisoes_plantoes order by created_at")
    return [tuple(row) for row in rows]


class TestAsking:
    @pytest.mark.parametrize("status", ["reservada", "confirmada", "aguardando_confirmacao"])
    async def test_two_hours_after_its_end_and_not_before(
        self, julia: Julia, shifts: Shifts, status: str
    ) -> None:
        vaga = await shifts.offer(1, "19:00-07:00")
        reserva = await shifts.book(vaga)
        await julia.sql("update vagas set status = $1", status)

        await after(julia, vaga, hours=1, minutes=59, seconds=30)
        assert await ask(julia) == 0
        assert (await shifts.vaga(vaga))["status"] == status
        await julia.later(seconds=31)
        assert await ask(julia) == 1

        assert (await shifts.vaga(vaga))["status"] == "pendente_confirmacao"
        assert await shifts.claims(vaga) == ["confirmada"]
        assert reserva

    async def test_once(self, julia: Julia, shifts: Shifts) -> None:
        await over(julia, shifts)
        await julia.later(days=1)

        assert await ask(julia) == 0
        assert (await shifts.notices()).count("plantao_terminado") == 1

    async def test_several_replicas_ask_once(self, julia: Julia, shifts: Shifts) -> None:
        hours = ("00:00-02:00", "04:00-06:00", "08:00-10:00", "12:00-14:00", "16:00-18:00")
        for each in hours:
            await shifts.book(vaga := await shifts.offer(1, each))
        await after(julia, vaga, hours=3)

        answers = await together(4, lambda _: julia.call("ask_of_shifts", limit=50))

        assert sum(answer["perguntadas"] for answer in answers) == len(hours)
        assert (await shifts.notices()).count("plantao_terminado") == len(hours)

    async def test_no_more_at_once_than_asked_for(self, julia: Julia, shifts: Shifts) -> None:
        for each in ("08:00-10:00", "12:00-14:00", "16:00-18:00"):
            await shifts.book(vaga := await shifts.offer(1, each))
        await after(julia, vaga, hours=3)

        first = await julia.call("ask_of_shifts", limit=2)
        rest = await julia.call("ask_of_shifts", limit=2)

        assert first == {"perguntadas": 2, "mais": True}
        assert rest == {"perguntadas": 1, "mais": False}

    async def test_not_of_one_that_nobody_has(self, julia: Julia, shifts: Shifts) -> None:
        taken, opened = await shifts.offer(1), await shifts.offer(1)
        await shifts.book(taken)
        await julia.sql("update vagas set status = 'cancelada' where id = $1", uuid.UUID(taken))
        await after(julia, opened, hours=3)

        assert await ask(julia) == 0
        assert (await shifts.vaga(opened))["status"] == "aberta"

    async def test_not_of_the_distant_past(self, julia: Julia, shifts: Shifts) -> None:
        medico = await shifts.doctor()
        await shifts.offer(-9, status="confirmada", medico_id=medico)

        assert await ask(julia) == 0

    async def test_a_pause_does_not_hold_it_up(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer(1)
        await shifts.book(vaga)
        await julia.pause()
        await after(julia, vaga, hours=3)

        assert await ask(julia) == 1

    async def test_the_doctor_is_named_though_she_never_wrote(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        medico = await shifts.doctor()
        await julia.sql("update medicos set primeiro_nome = 'Helena'")
        vaga = await shifts.offer(1, status="confirmada", medico_id=medico)
        await after(julia, vaga, hours=3)
        await ask(julia)

        lent = await julia.call("due_notices", owner=str(uuid.uuid4()), limit=9, lease_s=9)

        (told,) = [one for one in lent["avisos"] if one["tipo"] == "plantao_terminado"]
        assert told["medico"]["nome"] == "Helena"
        assert told["vaga"]["hospital"] == "Hospital São Luiz"
        assert told["dados"]["vaga_id"] == vaga
        assert PHONE not in str(told)

    async def test_of_a_doctor_who_was_erased_meanwhile(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer(1)
        await shifts.book(vaga)
        await after(julia, vaga, hours=1)
        medico = str((await shifts.vaga(vaga))["medico_id"])
        await erase(julia, medico_id=medico)
        await julia.later(hours=2)
        assert await ask(julia) == 1

        lent = await julia.call("due_notices", owner=str(uuid.uuid4()), limit=9, lease_s=9)

        (told,) = [one for one in lent["avisos"] if one["tipo"] == "plantao_terminado"]
        assert (told["medico"], told["conversa_id"]) == (None, None)
        assert told["dados"] == {"vaga_id": vaga}

    async def test_again_when_its_hours_were_changed(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await over(julia, shifts)
        await julia.sql("update vagas set data = data + 2")
        assert await ask(julia) == 0

        await after(julia, vaga, hours=3)

        assert await ask(julia) == 1
        assert (await shifts.notices()).count("plantao_terminado") == 2


class TestAnswering:
    async def test_it_took_place(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await over(julia, shifts)

        assert (await decide(julia, vaga))["status"] == "realizada"

        row = await shifts.vaga(vaga)
        assert (row["status"], row["realizada_por"]) == ("realizada", "ana")
        assert row["realizada_em"] is not None
        assert row["medico_id"] is not None
        assert await shifts.claims(vaga) == ["confirmada"]
        assert await decisions(julia) == [("aconteceu", "ana")]

    async def test_it_did_not(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await over(julia, shifts)
        before = await shifts.notices()

        assert (await decide(julia, vaga, "nao_aconteceu"))["status"] == "nao_aconteceu"

        row = await shifts.vaga(vaga)
        assert (row["status"], row["cancelada_por"], row["medico_id"]) == ("cancelada", "ana", None)
        (claim,) = await julia.sql("select status, motivo from reservas")
        assert tuple(claim) == ("cancelada", "nao_aconteceu")
        assert await decisions(julia) == [("nao_aconteceu", "ana")]
        # Nobody is to be told of a shift that is over.
        assert await shifts.notices() == before

    async def test_of_many_who_answer_the_first_one_decides(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await over(julia, shifts)

        answers = await together(
            10,
            lambda n: decide(julia, vaga, ("aconteceu", "nao_aconteceu")[n % 2], f"gestor {n}"),
        )

        (first,) = [a for a in answers if a["status"] in {"realizada", "nao_aconteceu"}]
        late = [a for a in answers if a["status"] == "ja_decidida"]
        assert len(late) == 9
        [audit] = await decisions(julia)
        assert {(a["decisao"], a["por"]) for a in late} == {audit}
        assert (await shifts.vaga(vaga))["status"] == first["vaga_status"]

    async def test_by_hand_as_soon_as_it_is_over(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer(1)
        await shifts.book(vaga)
        await after(julia, vaga, minutes=-1)
        assert (await decide(julia, vaga))["status"] == "cedo"
        assert (await shifts.vaga(vaga))["status"] == "reservada"

        await julia.later(minutes=2)

        assert (await decide(julia, vaga))["status"] == "realizada"
        await julia.later(hours=3)
        assert await ask(julia) == 0

    async def test_what_a_manager_settled_by_sql_is_not_decided_again(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await over(julia, shifts)
        await julia.sql("update vagas set status = 'realizada'")

        decided = await decide(julia, vaga, "nao_aconteceu")

        assert (decided["status"], decided["vaga_status"]) == ("resolvida", "realizada")
        assert await decisions(julia) == []

    async def test_a_wrong_answer_is_put_right_by_the_statement_of_the_page(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await over(julia, shifts)
        medico = (await shifts.vaga(vaga))["medico_id"]
        await decide(julia, vaga, "nao_aconteceu")

        await julia.sql(
            "UPDATE vagas SET status = 'pendente_confirmacao', medico_id = $1 WHERE id = $2",
            medico,
            uuid.UUID(vaga),
        )

        assert (await decide(julia, vaga, "aconteceu", "bia"))["status"] == "realizada"
        assert await shifts.claims(vaga) == ["cancelada", "confirmada"]
        assert await decisions(julia) == [("nao_aconteceu", "ana"), ("aconteceu", "bia")]

    async def test_of_a_shift_that_is_not_there(self, julia: Julia) -> None:
        error = await julia.refusal(
            "decidir_plantao", vaga_id=str(uuid.uuid4()), decisao="aconteceu", por="ana"
        )

        assert isinstance(error, asyncpg.NoDataFoundError)
        assert "pendente_confirmacao" in str(error.hint)
