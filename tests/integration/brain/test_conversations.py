"""Conversations with tools, on the real database and the simulated Claude."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from julia_brain.domain.composing import user_of
from julia_dev.brain_scene import until

pytestmark = pytest.mark.integration

HOSPITAL = "Hospital Santa Clara"


@pytest.fixture
async def vaga(doctors) -> str:
    """An open night shift of anaesthesia in Campinas, for R$ 1.500; its id."""
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    async with doctors.db.acquire() as db:
        await db.execute(
            "insert into especialidades (nome) values ('Anestesiologia') on conflict do nothing"
        )
        hospital = await db.fetchval(
            "insert into hospitais (nome, cidade, estado, endereco_formatado)"
            " values ($1, 'Campinas', 'SP', 'Rua das Acácias, 120') returning id",
            HOSPITAL,
        )
        return str(
            await db.fetchval(
                "insert into vagas (hospital_id, especialidade_id, data, hora_inicio, hora_fim,"
                " valor_centavos) select $1, id, $2, '19:00', '07:00', 150000"
                " from especialidades where nome = 'Anestesiologia' returning id",
                hospital,
                day,
            )
        )


async def answers(doctors, number: int) -> list[str]:
    async def said() -> list[str] | None:
        outbox = await doctors.outbox()
        return outbox if len(outbox) >= number else None

    return await until(said)


async def assert_costs_match(doctors, claude) -> None:
    """Each conversation cost what Claude billed for it."""
    rows = await doctors.db.fetch(
        "select conversa_id, sum(custo_usd) as usd, sum(chamadas) as calls from turnos group by 1"
    )
    billed = (await claude.control.get("/tally", params={"by": "user"})).json()

    assert {user_of(str(row["conversa_id"])): (row["usd"], row["calls"]) for row in rows} == {
        user: (Decimal(str(bill["cost_usd"])), bill["requests"]) for user, bill in billed.items()
    }


async def test_a_shift_is_found_booked_and_given_back_in_a_conversation(
    brain, doctors, claude, vaga
) -> None:
    await doctors.write("Oi, tem plantão de anestesia em Campinas?")
    (offer,) = await answers(doctors, 1)
    assert HOSPITAL in offer
    assert "R$ 1.500" in offer

    await doctors.write("quero esse, pode reservar")
    await answers(doctors, 2)
    booked = (await doctors.db.fetch("select * from reservas"))[0]
    shift = (await doctors.db.fetch("select * from vagas"))[0]
    assert (booked["status"], shift["status"]) == ("confirmada", "reservada")
    assert str(booked["vaga_id"]) == vaga
    assert shift["medico_id"] == booked["medico_id"]

    await doctors.write("preciso cancelar esse plantão")
    await answers(doctors, 3)
    assert await doctors.db.fetchval("select status from reservas") == "cancelada"
    assert await doctors.db.fetchval("select status from vagas") == "aberta"

    turns = await doctors.db.fetch("select * from turnos where turn_seq is not null")
    assert {turn["prompt_id"] for turn in turns} == {"persona-1"}
    assert {turn["outcome"] for turn in turns} == {"resposta"}
    await assert_costs_match(doctors, claude)
    read = sum(turn["cache_read_tokens"] for turn in turns)
    fresh = sum(turn["input_tokens"] + turn["cache_write_tokens"] for turn in turns)
    assert read > fresh


async def test_a_person_who_takes_over_leaves_no_hold_behind(brain, doctors, claude, vaga) -> None:
    await doctors.write("tem plantão de anestesia em Campinas?")
    await answers(doctors, 1)
    await claude.fault("slow", seconds=1.5, times=None)
    await doctors.write("quero esse, pode reservar")

    async def held() -> bool:
        return bool(await doctors.db.fetchval("select true from reservas where status='segurada'"))

    await until(held)
    await doctors.person_types("Oi, aqui é a Bia")
    await until(lambda: doctors.controlled_by("human"))

    async def dropped() -> bool:
        return bool(
            await doctors.db.fetchval("select true from turnos where outcome = 'descartado'")
        )

    await until(dropped)

    assert await doctors.db.fetchval("select status from reservas") == "liberada"
    assert await doctors.db.fetchval("select status from vagas where id = $1::uuid", vaga) == (
        "aberta"
    )
    assert await doctors.turns() == ["resposta"]
    await assert_costs_match(doctors, claude)


async def test_a_rejected_draft_is_stored_nowhere(brain, doctors, claude) -> None:
    lie = "Tem um plantão no Hospital Inventado por R$ 9.999!"
    denial = "Não sou um robô, sou uma pessoa!"
    await claude.control.post("/answers", json=[{"text": lie}, {"text": denial}])

    await doctors.write("oi, tudo bem?")
    (said,) = await answers(doctors, 1)

    assert "assistente virtual" in said
    everything = await doctors.db.fetchval(
        "select string_agg(t, ' ') from (select f::text t from fila_mensagens f"
        " union all select i::text from interacoes i union all select t::text from turnos t) x"
    )
    assert "9.999" not in everything
    assert "uma pessoa!" not in everything
    await assert_costs_match(doctors, claude)


async def test_an_opt_out_that_only_claude_understands_ends_with_the_confirmation(
    brain, doctors, claude
) -> None:
    await claude.control.post(
        "/answers",
        json={
            "content": [
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "registrar_opt_out",
                    "input": {"escopo": "definitivo", "motivo": "pediu"},
                }
            ]
        },
    )

    await doctors.write("olha, por hoje e sempre, deu")
    await until(doctors.outbox)

    assert await doctors.kinds() == ["optout_confirmation"]
    assert await doctors.turns() == ["sem_resposta"]
    assert await doctors.db.fetchval("select opted_out from medicos")
    await until(doctors.rings)
