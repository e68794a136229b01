"""Conversations with tools, on the real database and the simulated Claude."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from julia_brain.domain.composing import user_of
from julia_brain.settings import Settings
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
                    "input": {
                        "escopo": "definitivo",
                        "motivo": "pediu",
                        "palavras": "por hoje e sempre, deu",
                    },
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


async def test_what_a_turn_costs_does_not_grow_with_its_history(brain, doctors, claude) -> None:
    """Summaries replace whole blocks: the 200th message costs what the 40th did."""

    async def summed_up(before: int) -> int | None:
        ends = await doctors.db.fetchval("select resumo_ate from conversations")
        return ends if ends is not None and ends > before else None

    async def ask(number: int) -> int:
        await doctors.write(f"e aí, alguma novidade? ({number})")

        async def answered() -> bool:
            return len(await doctors.turns()) >= number

        await until(answered)
        return await doctors.db.fetchval(
            "select input_tokens + cache_read_tokens + cache_write_tokens from turnos"
            " where turn_seq is not null order by committed_at desc limit 1"
        )

    await ask(1)
    await exchanged(doctors, 40)
    full = await ask(2)
    first = await until(lambda: summed_up(0))
    await exchanged(doctors, 200)
    later = await ask(3)
    await until(lambda: summed_up(first))
    at_last = await ask(4)

    assert later < full * 1.2
    assert at_last < full
    shown = str((await claude.requests())[-1])
    assert "[resumo da conversa até aqui: " in shown
    assert shown.count("assunto de antes") <= 40
    outcomes = await doctors.db.fetch("select outcome from turnos where turn_seq is null")
    assert {row["outcome"] for row in outcomes} == {"resumo"}
    await assert_costs_match(doctors, claude)


async def exchanged(doctors, count: int) -> None:
    """So many messages went back and forth meanwhile: written straight into the table."""
    await doctors.db.execute(
        "insert into interacoes (medico_id, conversa_id, instance, tipo, autor_tipo, tipo_conteudo,"
        " conteudo, provider_at, received_at, situacao)"
        " select medico_id, id, instance, who.tipo, who.autor, 'texto',"
        " 'Um assunto de antes, o de número ' || n, now(), now(), who.situacao"
        " from conversations, generate_series(1, $1::int) n join (values"
        " (0, 'entrada', 'medico', 'respondida'), (1, 'saida', 'julia', 'enviada'))"
        " as who (odd, tipo, autor, situacao) on who.odd = n % 2 order by n",
        count,
    )


async def test_a_shadow_drafts_along_and_leaves_no_trace_where_doctors_look(
    brain, doctors, claude, vaga, settings
) -> None:
    await doctors.db.execute(
        "insert into prompts (id, nome, versao, tipo, conteudo, modelo) select 'sombra-1', nome,"
        " 'sombra', 'sombra', conteudo || ' Seja breve.', 'claude-sonnet-5-5' from prompts"
    )
    await doctors.write("Oi, tem plantão de anestesia em Campinas?")
    await answers(doctors, 1)
    await doctors.write("quero esse, pode reservar")
    sent = await answers(doctors, 2)

    async def drafted() -> list | None:
        drafts = await doctors.db.fetch(
            "select s.*, t.model from rascunhos_sombra s join turnos t on t.id = s.custo_id"
            " order by s.created_at"
        )
        return drafts if len(drafts) == 2 else None

    offer, booking = await until(drafted)

    assert offer["ferramentas"] == ["buscar_vagas"]
    assert HOSPITAL in offer["texto"]
    assert booking["ferramentas"] == ["reservar_plantao (simulado)"]
    assert {draft["model"] for draft in (offer, booking)} == {"claude-sonnet-5-5"}
    assert await doctors.outbox() == sent
    assert await doctors.db.fetchval("select count(*) from reservas") == 1
    assert await doctors.db.fetchval("select count(*) from fatos_conversa") == 1
    assert await doctors.turns() == ["resposta", "resposta"]
    await assert_costs_match(doctors, claude)
    report = await reported(settings)
    assert f"sombra · sombra-1\n  ferramentas da sombra: {booking['ferramentas'][0]}" in report
    figures = json.loads(report.splitlines()[-1])
    assert figures["turnos"] == 2
    assert figures["sombras"][0]["rascunho"]["grande"] == 1.0
    assert figures["sombras"][0]["enviado"]["grande"] == 0.0


async def reported(settings: Settings) -> str:
    """What `make shadow ARGS=--textos` prints."""
    report = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "julia_dev.shadow", "--textos"),
        env={
            **os.environ,
            "SUPABASE_URL": settings.supabase_url,
            "SUPABASE_SERVICE_KEY": settings.supabase_service_key.get_secret_value(),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await report.communicate()
    assert report.returncode == 0
    return printed.decode()


async def test_a_new_prompt_is_used_by_the_next_turn_of_a_new_doctor(
    brain, doctors, claude
) -> None:
    """No restart: a row is enough. Whoever has a version keeps it."""
    await doctors.write("oi", doctor=1)
    await answers(doctors, 1)
    await doctors.db.execute(
        "insert into prompts (id, nome, versao, tipo, conteudo, peso) select 'persona-2', nome,"
        " '2', tipo, conteudo || ' Agradeça sempre.', 1000 from prompts"
    )

    for doctor in (1, 2, 3, 4):
        await doctors.write("bom dia", doctor=doctor)
    await answers(doctors, 5)

    used = await doctors.db.fetch(
        "select a.prompt_id as given, t.prompt_id, t.conversa_id from turnos t"
        " join conversations c on c.id = t.conversa_id"
        " join prompt_atribuicoes a using (medico_id) order by t.committed_at"
    )
    assert all(turn["given"] == turn["prompt_id"] for turn in used)
    old = used[0]["conversa_id"]
    assert {turn["prompt_id"] for turn in used if turn["conversa_id"] == old} == {"persona-1"}
    # Of three who drew among 1,001 shares, at least one has the new version.
    new = [user_of(str(turn["conversa_id"])) for turn in used if turn["prompt_id"] == "persona-2"]
    assert new
    bodies = [request["body"] for request in await claude.requests()]
    shown = {body["metadata"]["user_id"]: body["system"][0]["text"] for body in bodies}
    assert all(shown[user].endswith("Agradeça sempre.") for user in new)
    assert not shown[user_of(str(old))].endswith("Agradeça sempre.")
