"""Campaigns reach each doctor at most once, and nobody who is not to be written to."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from tests.integration.sql.conftest import INSTANCE, Julia, lid, phone, together
from tests.integration.sql.courting import FRIDAY, MONDAY, Courting
from tests.integration.sql.test_steering import statements

pytestmark = pytest.mark.integration

WINDOW = "campanha_janela"


@pytest_asyncio.fixture(loop_scope="session")
async def courting(julia: Julia) -> Courting:
    """Monday, ten o'clock, one number."""
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    return courting


async def test_a_doctor_reads_an_opening_and_the_body_with_name_and_specialty(
    courting: Courting,
) -> None:
    await courting.doctor(1, primeiro_nome="Rita")
    campanha = await courting.start(
        aberturas=["Oi, {nome}, tudo bem?"], corpo="Tenho plantões de {especialidade}."
    )

    assert await courting.run() == ["Oi, Rita, tudo bem?\n\nTenho plantões de anestesiologia."]
    assert await courting.recipients(campanha) == {("enviada", None): 1}
    assert await courting.run() == []
    assert (await courting.progress(campanha))["status"] == "concluida"


async def test_a_doctor_without_a_name_is_greeted_without_one(courting: Courting) -> None:
    await courting.doctor(1, primeiro_nome=None, nome_whatsapp="🌻 drª")
    await courting.start(aberturas=["Oi, {nome}, tudo bem?"], corpo="{nome}, posso falar?")

    assert await courting.run() == ["Oi, tudo bem?\n\nPosso falar?"]


async def test_the_next_campaign_begins_otherwise_than_the_last(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    openings = ["Oi!", "Olá!"]
    await courting.start(aberturas=openings)
    (first,) = await courting.run()
    await julia.later(days=3, seconds=1)
    await courting.start(aberturas=openings)
    (second,) = await courting.run()

    assert {first.split("\n")[0], second.split("\n")[0]} == set(openings)


async def test_the_filters_choose_the_audience(courting: Courting) -> None:
    await courting.doctor(1)
    await courting.doctor(2, specialty="Pediatria")
    await courting.doctor(3, cidade="São José", estado="SC")
    await courting.doctor(4, cidade="Recife", estado="PE")
    await courting.doctor(5, stage_jornada="ativo")
    for publico, expected in [
        ({}, 5),
        ({"especialidades": ["anestesiologia"]}, 4),
        ({"regioes": ["sp"]}, 3),
        ({"regioes": ["Sul", "recife"]}, 2),
        ({"regioes": ["sao jose"], "especialidades": ["Pediatria"]}, 0),
        ({"stages": ["ativo"]}, 1),
    ]:
        campanha = await courting.draft(publico=publico)
        seen = await courting.julia.call("campanha_previa", campanha_id=campanha)
        assert (publico, seen["publico"]) == (publico, expected)


async def test_who_was_in_another_campaign_can_be_left_out(courting: Courting) -> None:
    await courting.doctor(1)
    first = await courting.start()
    await courting.run()
    await courting.doctor(2)

    draft = await courting.draft(publico={"excluir_campanhas": [first]})
    seen = await courting.julia.call("campanha_previa", campanha_id=draft)

    assert seen["publico"] == 1


async def test_a_preview_tells_who_is_left_out_and_how_long_it_takes_and_changes_nothing(
    courting: Courting, julia: Julia
) -> None:
    for n in range(30):
        await courting.doctor(n, instance=INSTANCE if n < 20 else None)
    await courting.doctor(30, opted_out=True)
    await courting.doctor(31, telefone=None)
    await courting.doctor(32, especialidade_id=None)
    await courting.doctor(33, sem_contato_ate=julia.now() + timedelta(days=9))
    await courting.doctor(34, canario=True)
    campanha = await courting.draft(corpo="Plantões de {especialidade}?")

    seen = await julia.call("campanha_previa", campanha_id=campanha, max_hora=10, max_dia=20)

    example = seen.pop("exemplo")
    assert "Ana" in example
    assert "Plantões de anestesiologia?" in example
    assert seen == {
        "publico": 34,
        "alvo": 31,
        "por_numero": {INSTANCE: 20, "a_distribuir": 11},
        "adiados": {"sem_contato": 1},
        "excluidos": {"opt_out": 1, "sem_telefone": 1, "sem_especialidade": 1},
        # 60 % of the day's ceiling; 31 of 12 a day.
        "por_dia": 12,
        "dias_uteis": 3,
    }
    assert await courting.recipients(campanha) == {}
    assert await courting.feed() == 0


@pytest.mark.parametrize(
    ("draft", "complaint"),
    [
        ({"corpo": "Oi, {nomee}"}, "nothing is known to put in place of {nomee}"),
        ({"corpo": "Plantão no {hospital}"}, "in place of {hospital}"),
        ({"aberturas": ["Oi, {nome"]}, "in place of {"),
        ({"publico": {"cidades": ["Campinas"]}}, "publico has no filter cidades"),
        ({"publico": {"regioes": "SP"}}, "publico has no filter regioes"),
        ({"publico": {"especialidades": ["Anestesia"]}}, "no specialty Anestesia"),
        ({"publico": {"regioes": ["Xiririca"]}}, "no doctor lives in Xiririca"),
        ({"publico": {"stages": ["perdido"]}}, "nobody who may be written to"),
    ],
)
async def test_a_campaign_that_is_written_wrong_does_not_start(
    courting: Courting, draft: dict[str, Any], complaint: str
) -> None:
    await courting.doctor(1)
    campanha = await courting.draft(**draft)

    refusal = await courting.julia.refusal("campanha_iniciar", campanha_id=campanha, por="ana")

    assert complaint in str(refusal)
    assert await courting.feed() == 0


async def test_a_plain_update_starts_nothing_and_changes_no_text_of_what_has_begun(
    courting: Courting,
) -> None:
    await courting.doctor(1)
    draft = await courting.draft()
    with pytest.raises(asyncpg.PostgresError, match="has no recipients yet"):
        await courting.julia.sql("update campanhas set status = 'ativa'")
    await courting.start(draft)
    with pytest.raises(asyncpg.PostgresError, match="has begun"):
        await courting.julia.sql("update campanhas set corpo = 'x'")


async def test_starting_twice_draws_the_recipients_once(courting: Courting) -> None:
    for n in range(3):
        await courting.doctor(n)
    campanha = await courting.draft(quantidade_alvo=2)
    answers = await together(4, lambda _: courting.manage("campanha_iniciar", campanha))
    await courting.doctor(4)
    answers.append(await courting.manage("campanha_iniciar", campanha))

    assert {answer["destinatarios"] for answer in answers} == {2}
    assert [answer.get("ja_iniciada", False) for answer in answers].count(False) == 1


async def test_a_number_has_a_window_and_no_more_in_the_outbox(courting: Courting) -> None:
    await courting.number("outro")
    for n in range(30):
        await courting.doctor(n, instance=[INSTANCE, "outro"][n % 2] if n < 28 else None)
    await courting.start()

    assert await courting.feed(limit=7) == 20
    assert await courting.feed() == 0
    rows = await courting.outbox()
    assert {row["instance"]: 0 for row in rows} == {INSTANCE: 0, "outro": 0}
    assert len([row for row in rows if row["instance"] == "outro"]) == 10
    await courting.julia.sql(
        "update fila_mensagens set status = 'enviada', enviada_em = api.agora() "
        "where instance = 'outro'"
    )
    assert await courting.feed() == 5


async def test_doctors_without_a_number_get_one_and_keep_it(courting: Courting) -> None:
    await courting.number("outro")
    medicos = [await courting.doctor(n) for n in range(10)]
    await courting.start()
    await courting.feed()

    rows = await courting.outbox()
    by_number = [[row["instance"] for row in rows].count(i) for i in (INSTANCE, "outro")]
    assert by_number == [5, 5]
    kept = await courting.julia.sql("select id, instance from medicos")
    assert {str(row["id"]): row["instance"] for row in kept} == {
        str(row["medico_id"]): row["instance"] for row in rows
    }
    assert len(medicos) == len(rows)


async def test_several_schedulers_and_one_that_dies_write_to_each_doctor_once(
    courting: Courting, julia: Julia
) -> None:
    for n in range(10):
        await courting.doctor(n)
    campanha = await courting.start()
    async with julia.pool.acquire() as dying:
        transaction = dying.transaction()
        await transaction.start()
        await julia.call_on(dying, "feed_campaigns", limit=5)
        await transaction.rollback()

    await together(6, lambda _: julia.call("feed_campaigns", limit=4))
    await courting.feed()

    rows = await courting.outbox()
    assert len(rows) == len({row["medico_id"] for row in rows}) == 10
    assert await courting.recipients(campanha) == {("na_fila", None): 10}


async def test_nothing_is_fed_at_night_or_during_a_pause(courting: Courting, julia: Julia) -> None:
    await courting.doctor(1)
    await courting.start()
    await courting.move_to(FRIDAY, 20)
    assert await courting.feed() == 0
    await courting.move_to(MONDAY, 8)
    await julia.pause()
    assert await courting.feed() == 0
    await julia.resume()
    assert await courting.feed() == 1


async def test_a_pause_of_one_campaign_holds_no_other_up(courting: Courting, julia: Julia) -> None:
    for n in range(12):
        await courting.doctor(n)
    paused = await courting.start()
    await courting.feed()
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo) "
        "values ('pausado', 'x', 'manual', jsonb_build_object('campanha', $1::text))",
        paused,
    )
    await courting.doctor(20)
    other = await courting.start(publico={"stages": ["novo"]})

    assert await courting.feed() > 0
    assert (await courting.progress(other))["na_fila"] > 0


async def test_a_doctor_whom_a_pause_covers_keeps_nobody_else_waiting(
    courting: Courting, julia: Julia
) -> None:
    for n in range(15):
        await courting.doctor(n, specialty="Pediatria")
    await courting.start()
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo) "
        """values ('pausado', 'x', 'manual', '{"especialidade": "Pediatria"}')"""
    )
    await courting.doctor(20)
    await courting.start(publico={"especialidades": ["Anestesiologia"]})

    assert await courting.feed(limit=5) == 1


async def test_a_scheduled_campaign_begins_at_its_time(courting: Courting, julia: Julia) -> None:
    await courting.doctor(1)
    campanha = await courting.start(agendar_para=julia.now() + timedelta(hours=2))

    assert (await courting.progress(campanha))["status"] == "agendada"
    await courting.manage("campanha_pausar", campanha)
    assert (await courting.manage("campanha_retomar", campanha))["status"] == "agendada"
    assert await courting.feed() == 0
    await julia.later(hours=2)
    assert await courting.feed() == 1


async def test_a_stopped_campaign_sends_nothing_until_it_goes_on(
    courting: Courting, julia: Julia
) -> None:
    for n in range(12):
        await courting.doctor(n)
    campanha = await courting.start()
    await courting.feed()

    await courting.manage("campanha_pausar", campanha)
    assert await courting.run() == []
    assert {row["status"] for row in await courting.outbox()} == {"pendente"}
    await courting.manage("campanha_retomar", campanha)
    assert len(await courting.run()) == 10
    assert len(await courting.run()) == 2
    await courting.feed()
    history = await julia.sql(
        "select h ->> 'status', h ->> 'por' from campanhas, jsonb_array_elements(historico) h"
    )
    assert [tuple(change) for change in history] == [
        ("ativa", "ana"),
        ("pausada", "ana"),
        ("ativa", "ana"),
        ("concluida", "sistema"),
    ]


async def test_a_cancelled_campaign_withdraws_what_waits_whoever_cancels_it(
    courting: Courting, julia: Julia
) -> None:
    for n in range(12):
        await courting.doctor(n)
    campanha = await courting.start()
    await courting.feed()

    await julia.sql("update campanhas set status = 'cancelada', alterada_por = 'ana'")

    assert await courting.run() == []
    assert await courting.recipients(campanha) == {("pulada", "campanha_encerrada"): 12}
    refusal = await julia.refusal("campanha_retomar", campanha_id=campanha, por="ana")
    assert "is cancelada and cannot become ativa" in str(refusal)


async def test_a_message_that_was_being_fed_when_its_campaign_ended_is_not_sent(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    campanha = await courting.start()
    async with julia.pool.acquire() as feeding, feeding.transaction():
        await julia.call_on(feeding, "feed_campaigns", limit=5)
        cancelling = asyncio.create_task(courting.manage("campanha_cancelar", campanha))
        await asyncio.sleep(0.1)
    await cancelling

    assert await courting.send() == []
    assert await courting.recipients(campanha) == {("pulada", "campanha_encerrada"): 1}


async def test_nobody_who_opted_out_in_mid_flight_is_written_to(
    courting: Courting, julia: Julia
) -> None:
    for n in range(12):
        await courting.doctor(n)
    campanha = await courting.start()
    await courting.feed()
    queued = (await courting.outbox())[0]["medico_id"]
    waiting = await julia.value(
        "select medico_id from campanha_destinatarios where status = 'pendente' limit 1"
    )
    await julia.sql("update medicos set opted_out = true where id = any ($1)", [queued, waiting])

    texts = await courting.send() + await courting.run()

    assert len(texts) == 10
    assert await courting.recipients(campanha) == {
        ("enviada", None): 10,
        ("pulada", "opt_out"): 2,
    }
    assert not await julia.sql("select from envios where medico_id = any ($1)", [queued, waiting])


async def test_between_two_campaigns_a_doctor_has_three_days(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    await courting.start()
    second = await courting.start()
    assert len(await courting.run()) == 1

    assert await courting.recipients(second) == {("pendente", "envio_em_aberto"): 1}
    await julia.later(hours=2)
    assert await courting.run() == []
    assert await courting.recipients(second) == {("pendente", "intervalo"): 1}
    await julia.later(days=3)
    assert len(await courting.run()) == 1


async def test_a_message_that_nobody_knows_to_have_arrived_counts_for_the_three_days(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    await courting.start()
    await courting.feed()
    claim = await courting.claim(str((await courting.outbox())[0]["conversa_id"]))
    await julia.record(claim, "incerta")
    second = await courting.start()
    assert await courting.run() == []
    await julia.later(seconds=100)
    await julia.settle(claim, "nenhuma")

    await julia.later(hours=2)
    assert await courting.run() == []
    assert await courting.recipients(second) == {("pendente", "intervalo"): 1}
    await julia.later(days=3)
    assert len(await courting.run()) == 1


async def test_what_a_campaign_sends_again_is_not_held_up_by_its_own_first_attempt(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    await courting.start()
    await courting.feed()
    conversa = str((await courting.outbox())[0]["conversa_id"])
    claim = await courting.claim(conversa)
    await julia.record(claim, "incerta")
    for _ in range(2):
        await julia.later(seconds=31)
        settled = await julia.settle(claim, "negativa")
    assert settled["status"] == "reenviar"

    assert (await courting.claim(conversa))["tentativa"] == 2


async def test_after_two_campaigns_without_an_answer_there_is_no_third_until_the_doctor_writes(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    for _ in range(2):
        await courting.start()
        assert len(await courting.run()) == 1
        await julia.later(days=7)
    refusal = await julia.refusal("campanha_iniciar", campanha_id=await courting.draft(), por="ana")
    assert "nobody who may be written to" in str(refusal)

    await courting.reply(1)
    await julia.later(days=7)
    await courting.start()
    assert len(await courting.run()) == 1


@pytest.mark.parametrize(
    ("obstacle", "motivo"),
    [
        ("update medicos set sem_contato_ate = api.agora() + interval '2 days'", "sem_contato"),
        (
            "insert into diretrizes (tipo, conteudo, medico_id, origem) "
            "select 'bloqueado', 'x', id, 'slack' from medicos",
            "bloqueado",
        ),
        (
            "insert into conversations (medico_id, instance, controlled_by) "
            "select id, 'julia-teste', 'human' from medicos",
            "atendimento_humano",
        ),
        (
            "insert into conversations (medico_id, instance, stage, stage_at) select id, "
            "'julia-teste', 'nao_respondeu', api.agora() - interval '59 days' from medicos",
            "descanso",
        ),
        ("update medicos set ultima_entrada_em = api.agora() - interval '1 day'", "em_conversa"),
    ],
)
async def test_who_is_not_to_be_written_to_now_waits_for_another_day(
    courting: Courting, julia: Julia, obstacle: str, motivo: str
) -> None:
    await courting.doctor(1)
    await julia.sql(obstacle)
    campanha = await courting.start()

    assert await courting.run() == []
    assert await courting.recipients(campanha) == {("pendente", motivo): 1}
    await julia.sql("update conversations set controlled_by = 'ai'")
    await julia.sql("delete from diretrizes")
    await courting.move_to(MONDAY, 10)
    assert len(await courting.run()) == 1


async def test_what_changes_while_a_message_waits_is_seen_at_its_claim(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1, instance=INSTANCE)
    campanha = await courting.start()
    await courting.feed()
    # Another number of ours was handed to a person: nothing in this conversation says so.
    await courting.number("outro")
    await julia.sql(
        "insert into conversations (medico_id, instance, controlled_by) "
        "select id, 'outro', 'human' from medicos"
    )

    assert await courting.send() == []
    (row,) = await courting.outbox()
    assert row["outcome"] == "BLOCKED_HUMAN_CONTROL"
    assert await courting.recipients(campanha) == {("pendente", "atendimento_humano"): 1}


async def test_a_doctor_who_writes_first_is_not_sent_the_campaign_on_top(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    campanha = await courting.start()
    await courting.feed()
    await courting.reply(1)

    assert await courting.run() == []
    await julia.later(hours=2)
    assert await courting.run() == []
    assert await courting.recipients(campanha) == {("pendente", "em_conversa"): 1}
    await julia.later(days=2)
    assert len(await courting.run()) == 1


async def test_a_reaction_on_another_number_withdraws_what_waits(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    await courting.start()
    await courting.feed()
    await julia.receive(courting.phone(1), "👍", tipo="reacao", instance="outro")

    assert await courting.send() == []
    assert [row["outcome"] for row in await courting.outbox()] == ["SUPERSEDED"]


async def test_five_contacts_in_a_week_are_enough(courting: Courting, julia: Julia) -> None:
    await courting.doctor(1)
    campanha = await courting.start()
    await courting.run()
    await julia.sql(
        "insert into envios (claim_id, fila_id, conversa_id, medico_id, kind, instance, tentativa,"
        " text_hash, conta, claimed_at, deadline_at) "
        "select gen_random_uuid(), fila_id, conversa_id, medico_id, kind, instance, 1, 'x', true,"
        " claimed_at + n * interval '1 minute', deadline_at from envios, generate_series(1, 4) n"
    )
    await julia.later(days=4)
    second = await courting.start()

    assert campanha != second
    assert await courting.run() == []
    assert await courting.recipients(second) == {("pendente", "limite_semanal"): 1}
    await julia.later(days=3, minutes=1)
    assert len(await courting.run()) == 1


async def test_a_message_that_waited_too_long_goes_back_and_is_sent_once(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    campanha = await courting.start()
    await courting.feed()
    await courting.manage("campanha_pausar", campanha)
    await julia.later(days=7, seconds=1)
    await julia.call("expire_replies", limit=10)
    assert await courting.recipients(campanha) == {("pendente", "vencida"): 1}

    await courting.manage("campanha_retomar", campanha)
    await julia.later(hours=1, seconds=1)

    assert len(await courting.run()) == 1
    assert await courting.run() == []


async def test_what_may_have_arrived_is_not_sent_again_by_the_campaign(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    campanha = await courting.start()
    await courting.feed()
    conversa = str((await courting.outbox())[0]["conversa_id"])
    claim = await courting.claim(conversa)
    await julia.record(claim, "incerta")
    await julia.later(seconds=100)
    await julia.settle(claim, "nenhuma")

    assert await courting.recipients(campanha) == {("pulada", "incerta"): 1}
    assert await courting.run() == []


async def test_a_campaign_ends_at_its_time_with_whom_it_reached(
    courting: Courting, julia: Julia
) -> None:
    for n in range(12):
        await courting.doctor(n)
    campanha = await courting.start(termina_em=julia.now() + timedelta(hours=3))
    assert len(await courting.run()) == 10
    await julia.later(hours=3)
    assert await courting.run() == []

    assert (await courting.progress(campanha))["status"] == "concluida"
    assert await courting.recipients(campanha) == {
        ("enviada", None): 10,
        ("pulada", "campanha_encerrada"): 2,
    }


async def test_an_offer_to_many_ends_when_its_shift_is_taken(
    courting: Courting, julia: Julia
) -> None:
    vaga = await courting.shifts.offer(10)
    for n in range(12):
        await courting.doctor(n, instance=INSTANCE)
    campanha = await courting.start(
        tipo="oferta", vaga_id=uuid.UUID(vaga), corpo="Plantão no {hospital}, {quando}, {valor}."
    )
    await courting.feed()
    text = (await courting.outbox())[0]["conteudo"]
    assert "Plantão no Hospital São Luiz, " in text
    assert "R$ 1.500." in text
    facts = await julia.sql("select chave, dados ->> 'status' from fatos_conversa")
    assert [tuple(fact) for fact in facts] == [(vaga, "aberta")] * 10

    await julia.sql("update vagas set status = 'fechada'")

    assert await courting.run() == []
    assert (await courting.progress(campanha))["status"] == "concluida"
    assert await courting.recipients(campanha) == {("pulada", "campanha_encerrada"): 12}


class TestHeldShift:
    """A hold is over within minutes: it ends no campaign, and leaves nobody out."""

    async def offering(self, courting: Courting) -> tuple[str, str]:
        """A campaign that offers a shift to three doctors; the first reads it."""
        vaga = await courting.shifts.offer(10)
        for n in range(3):
            await courting.doctor(n, instance=INSTANCE)
        campanha = await courting.start(
            tipo="oferta", vaga_id=uuid.UUID(vaga), corpo="Plantão no {hospital}. Quer?"
        )
        await courting.julia.sql("update configuracoes set valor = '1' where chave = $1", WINDOW)
        assert len(await courting.run()) == 1
        return campanha, vaga

    @pytest_asyncio.fixture(loop_scope="session", autouse=True)
    async def one_at_a_time(self, julia: Julia) -> AsyncIterator[None]:
        yield
        await julia.sql("update configuracoes set valor = '10' where chave = $1", WINDOW)

    async def turn(self, courting: Courting) -> Any:
        """The doctor who was written to answers; the turn has begun."""
        n = await courting.julia.value(
            "select right(m.telefone, 1)::integer from medicos m "
            "join campanha_destinatarios d on d.medico_id = m.id where d.status = 'enviada'"
        )
        return await courting.shifts.turn(courting.phone(n), "quero")

    @pytest.mark.parametrize("end", ["lapses", "is given up"])
    async def test_a_campaign_goes_on_when_the_hold_of_its_shift(
        self, courting: Courting, julia: Julia, end: str
    ) -> None:
        campanha, vaga = await self.offering(courting)
        turn = await self.turn(courting)
        await courting.shifts.hold(turn, vaga)

        assert await courting.run() == []
        assert await courting.recipients(campanha) == {
            ("enviada", None): 1,
            ("pendente", "plantao_segurado"): 2,
        }
        if end == "is given up":
            await julia.commit(turn, "Tudo bem!")
            assert await courting.send() == ["Tudo bem!"]
        await julia.later(minutes=5, seconds=1)

        assert len(await courting.run()) == 1
        assert len(await courting.run()) == 1
        assert await courting.recipients(campanha) == {("enviada", None): 3}

    async def test_what_waits_in_the_outbox_during_a_hold_is_written_later(
        self, courting: Courting, julia: Julia
    ) -> None:
        campanha, vaga = await self.offering(courting)
        await courting.feed()
        await courting.shifts.hold(await self.turn(courting), vaga)

        assert await courting.send() == []
        assert (await courting.recipients(campanha))["pendente", "plantao_segurado"] == 1
        await julia.later(minutes=5, seconds=1)

        assert len(await courting.run()) == 1

    async def test_a_campaign_ends_when_the_hold_becomes_a_booking(
        self, courting: Courting, julia: Julia
    ) -> None:
        campanha, vaga = await self.offering(courting)
        turn = await self.turn(courting)
        held = await courting.shifts.hold(turn, vaga)
        await courting.feed()
        await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])
        await courting.feed()

        assert (await courting.progress(campanha))["status"] == "concluida"
        assert (await courting.recipients(campanha))["pulada", "plantao_segurado"] == 2

    async def test_a_draft_that_a_person_rejects_leaves_the_shift_to_the_others(
        self, courting: Courting, julia: Julia
    ) -> None:
        campanha, vaga = await self.offering(courting)
        await julia.sql("update campanhas set copiloto = true")
        turn = await self.turn(courting)
        held = await courting.shifts.hold(turn, vaga)
        assert (await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]]))["rascunho"]
        await julia.later(minutes=20)

        assert await courting.run() == []
        decided = await julia.call(
            "decide_draft", turno_id=turn["turno_id"], decisao="rejeitar", por="Bia"
        )
        assert decided["status"] == "rejeitado"
        await julia.later(minutes=11)

        assert len(await courting.run()) == 1
        assert (await courting.progress(campanha))["status"] == "ativa"

    async def test_a_hold_of_the_doctors_own_on_other_hours_puts_her_off(
        self, courting: Courting, julia: Julia
    ) -> None:
        vaga = await courting.shifts.offer(10)
        other = await courting.shifts.offer(10, "20:00-08:00", hospital="Outro")
        await courting.doctor(1, instance=INSTANCE)
        turn = await courting.shifts.turn(courting.phone(1))
        await courting.shifts.hold(turn, other)
        campanha = await courting.start(tipo="oferta", vaga_id=uuid.UUID(vaga), corpo="Quer?")

        assert await courting.run() == []
        assert await courting.recipients(campanha) == {("pendente", "plantao_segurado"): 1}
        await julia.later(minutes=5, seconds=1)
        assert await courting.run() == []
        assert await courting.recipients(campanha) == {("pendente", "em_conversa"): 1}


async def test_two_recipients_who_are_one_person_get_one_message(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    by_lid = await julia.receive(identities=[lid("77001")], provider_at=julia.ago(days=3))
    assert by_lid["status"] == "historico"
    campanha = await courting.start()
    await courting.feed()
    assert (await courting.progress(campanha))["na_fila"] == 2

    await julia.receive(identities=[phone(courting.phone(1)), lid("77001")], tipo="reacao")
    await julia.later(days=3)
    assert len(await courting.run()) == 1
    assert (await courting.progress(campanha))["destinatarios"] == 1


async def test_progress_counts_what_arrived_was_read_and_was_answered(
    courting: Courting, julia: Julia
) -> None:
    for n in range(4):
        await courting.doctor(n)
    campanha = await courting.start()
    await courting.run()
    keys = [row["provider_message_id"] for row in await courting.outbox()]
    for key, status in zip(keys, ["SERVER_ACK", "DELIVERY_ACK", "READ"], strict=False):
        await julia.call("record_ack", instance=INSTANCE, key_id=key, status=status)
    await julia.later(minutes=1)
    await courting.reply(1)
    await julia.receive(courting.phone(2), "pare", opt_out={"motivo": "palavra: pare"})
    await courting.run()

    told = await courting.progress(campanha)

    counted = ("destinatarios", "enviadas", "entregues", "lidas", "respostas", "opt_outs")
    assert [told[field] for field in counted] == [4, 4, 2, 1, 2, 1]
    assert told["enviadas_por_numero"] == {INSTANCE: 4}
    assert told["status"] == "concluida"


async def test_a_number_that_may_send_nothing_is_given_nothing(
    courting: Courting, julia: Julia
) -> None:
    await courting.number("banido", saude="banida")
    await courting.doctor(1, instance="banido")
    await courting.doctor(2)
    campanha = await courting.start()

    assert await courting.feed() == 1
    assert (await courting.outbox())[0]["instance"] == INSTANCE
    seen = await julia.call("campanha_previa", campanha_id=campanha)
    assert seen["dias_uteis"] is None


async def test_a_busy_conversation_keeps_nobody_else_waiting(
    courting: Courting, julia: Julia
) -> None:
    await courting.reply(1)
    await julia.later(days=7)
    await courting.doctor(2)
    campanha = await courting.start()
    async with julia.pool.acquire() as other, other.transaction():
        await other.execute("select from conversations for no key update")
        assert await courting.feed() == 1
    assert await courting.recipients(campanha) == {
        ("na_fila", None): 1,
        ("pendente", "ocupada"): 1,
    }
    await julia.later(minutes=1)
    assert await courting.feed() == 1


async def test_every_statement_of_the_reference_runs_in_its_order(
    courting: Courting, julia: Julia
) -> None:
    await courting.doctor(1)
    async with julia.pool.acquire() as console:
        # The settings and texts are not emptied after a test.
        transaction = console.transaction()
        await transaction.start()
        for statement in statements("campaigns.md"):
            campanha = await console.fetchval("select id from campanhas")
            await console.execute(statement.replace(":campanha", f"'{campanha}'"))
        history = await console.fetchval(
            "select jsonb_path_query_array(historico, '$[*].por') from campanhas"
        )
        await transaction.rollback()

    assert history == '["ana", "ana", "ana", "ana"]'
