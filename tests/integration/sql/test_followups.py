"""Who does not answer hears of us three times more, later each time; who answers, never again."""

import uuid
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from tests.integration.sql.conftest import INSTANCE, Julia, together
from tests.integration.sql.courting import FRIDAY, MONDAY, SATURDAY, Courting

pytestmark = pytest.mark.integration

LIGHT, NEWS, LAST = "Conseguiu ver", "me conta a região", "última mensagem"
OFFER = "Apareceu um plantão"


@pytest_asyncio.fixture(loop_scope="session")
async def courting(julia: Julia) -> Courting:
    """Monday, ten o'clock; one number, one doctor."""
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(1, primeiro_nome="Rita")
    return courting


@pytest_asyncio.fixture(loop_scope="session")
async def medico(julia: Julia, courting: Courting) -> str:
    """The doctor, to whom a campaign has just written."""
    await courting.start()
    assert len(await courting.run()) == 1
    return str(await julia.value("select id from medicos"))


async def at_ten(courting: Courting, days: int) -> None:
    """Go to ten o'clock in so many days."""
    now = courting.local()
    at = now.replace(hour=10, minute=0, second=30, microsecond=0) + timedelta(days=days)
    await courting.julia.later(seconds=(at - now).total_seconds())


async def sent_on(courting: Courting, days: int) -> list[str]:
    """Run the daily job on each of so many days; say what was sent and after how many days."""
    texts = []
    for day in range(1, days + 1):
        await at_ten(courting, 1)
        await courting.plan()
        texts += [f"{day}: {text}" for text in await courting.send()]
    return texts


async def test_silence_is_followed_up_after_2_5_and_15_days_and_then_left_in_peace(
    courting: Courting, julia: Julia, medico: str
) -> None:
    assert await courting.stage(medico) == "msg_enviada"

    first = await sent_on(courting, 40)

    # From message to message: Wednesday, Monday, Tuesday two weeks later.
    assert [text.partition(":")[0] for text in first] == ["2", "7", "22"]
    for text, words in zip(first, [LIGHT, NEWS, LAST], strict=True):
        assert words in text
        assert "Rita" in text
    assert await courting.stage(medico) == "nao_respondeu"
    assert await julia.value("select stage_jornada from medicos") == "nao_respondeu"
    origins = await julia.sql("select origem from interacoes order by id")
    assert [row["origem"] for row in origins] == ["campanha", "followup", "followup", "followup"]


async def test_the_second_follow_up_offers_a_real_shift_and_remembers_which(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await courting.shifts.offer(9, hospital="Santa Casa", specialty="Pediatria")
    elsewhere = await courting.shifts.hospital("Hospital do Rio", cidade="Rio", estado="RJ")
    await courting.shifts.offer(8, hospital_id=uuid.UUID(elsewhere))
    await courting.shifts.offer(8, "07:00-19:00")  # Too soon after the follow-up.
    vaga = await courting.shifts.offer(20)

    texts = await sent_on(courting, 7)

    assert OFFER in texts[-1]
    assert "Hospital São Luiz" in texts[-1]
    assert "R$ 1.500." in texts[-1]
    facts = await julia.sql("select chave, dados -> 'hospital' ->> 'nome' from fatos_conversa")
    assert [tuple(fact) for fact in facts] == [(vaga, "Hospital São Luiz")]


async def test_after_a_discovery_campaign_nothing_is_offered(courting: Courting) -> None:
    await courting.shifts.offer(20)
    await courting.start(tipo="discovery")
    await courting.run()

    assert NEWS in (await sent_on(courting, 7))[-1]


RESTRICT = (
    "insert into doctor_context (medico_id, tipo, content) "
    "select id, $1, 'não faço plantão noturno' from medicos"
)


@pytest.mark.parametrize(("tipo", "words"), [("restricao", NEWS), ("preferencia", OFFER)])
async def test_who_has_restrictions_is_offered_no_shift_that_nobody_compared_with_them(
    courting: Courting, julia: Julia, medico: str, tipo: str, words: str
) -> None:
    await courting.shifts.offer(20)
    await julia.sql(RESTRICT, tipo)

    assert words in (await sent_on(courting, 7))[-1]


async def test_a_restriction_noted_before_the_claim_withdraws_the_offer(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await courting.shifts.offer(20)
    await sent_on(courting, 6)
    await at_ten(courting, 1)
    assert await courting.plan() == 1
    await julia.sql(RESTRICT, "restricao")

    assert await courting.send() == []
    (text,) = await sent_on(courting, 1)
    assert NEWS in text


async def test_a_shift_that_is_gone_by_the_claim_is_not_offered(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await courting.shifts.offer(20)
    await sent_on(courting, 6)
    await at_ten(courting, 1)
    assert await courting.plan() == 1
    await julia.sql("update vagas set valor_centavos = 100")

    assert await courting.send() == []
    await julia.sql("update vagas set status = 'fechada'")
    (text,) = await sent_on(courting, 1)
    assert NEWS in text


async def test_an_answer_ends_the_chain_and_withdraws_what_waits(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await at_ten(courting, 2)
    assert await courting.plan() == 1
    await courting.reply(1)

    assert await courting.send() == []
    assert [row["outcome"] for row in await courting.outbox("followup")] == ["SUPERSEDED"]
    assert await courting.stage(medico) == "respondeu"
    assert await julia.value("select stage_jornada from medicos") == "respondeu"
    assert await sent_on(courting, 30) == []


@pytest.mark.parametrize("tipo", ["reacao", "audio"])
async def test_whatever_the_doctor_sends_is_an_answer(
    courting: Courting, julia: Julia, medico: str, tipo: str
) -> None:
    await julia.receive(courting.phone(1), "", tipo=tipo)

    assert await courting.stage(medico) == "respondeu"


async def test_an_answer_on_another_number_counts(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await at_ten(courting, 2)
    assert await courting.plan() == 1
    await courting.reply(1, instance="outro")

    assert await courting.send() == []
    assert await sent_on(courting, 30) == []


@pytest.mark.parametrize("tipo", ["texto", "reacao"])
async def test_an_answer_on_another_number_counts_however_late_it_comes(
    courting: Courting, julia: Julia, medico: str, tipo: str
) -> None:
    await at_ten(courting, 2)
    written = julia.now()
    await julia.later(minutes=1)
    assert await courting.plan() == 1
    await julia.receive(courting.phone(1), "oi", instance="outro", provider_at=written, tipo=tipo)
    await julia.sql("update interacoes set situacao = 'respondida' where situacao = 'pendente'")

    assert await courting.send() == []
    assert [row["outcome"] for row in await courting.outbox("followup")] == ["SUPERSEDED"]
    assert await sent_on(courting, 30) == []


async def test_an_answer_on_another_number_that_comes_days_late_ends_the_chain(
    courting: Courting, julia: Julia, medico: str
) -> None:
    assert len(await sent_on(courting, 2)) == 1
    written = julia.now()
    await julia.later(hours=30)
    await julia.receive(courting.phone(1), "oi", instance="outro", provider_at=written)

    assert await sent_on(courting, 30) == []


@pytest.mark.parametrize("tipo", ["texto", "reacao"])
async def test_an_answer_that_came_before_we_knew_that_the_message_was_sent_counts(
    courting: Courting, julia: Julia, tipo: str
) -> None:
    await courting.start()
    await courting.feed()
    conversa = str((await courting.outbox())[0]["conversa_id"])
    claim = await courting.claim(conversa)
    await julia.receive(courting.phone(1), "oi!", tipo=tipo)
    await julia.record(claim)

    assert (await julia.conversation(conversa))["stage"] == "respondeu"


async def test_what_was_written_long_ago_and_arrives_now_is_no_answer(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await julia.later(days=1)
    await julia.receive(courting.phone(1), "velha", provider_at=julia.ago(days=5))
    assert await courting.stage(medico) == "msg_enviada"

    await julia.later(days=3)
    late = julia.ago(days=3)
    await julia.receive(courting.phone(1), "perdida três dias", provider_at=late)
    assert await courting.stage(medico) == "respondeu"


async def test_a_follow_up_of_a_weekend_goes_on_monday_at_eight(
    courting: Courting, julia: Julia
) -> None:
    await courting.move_to(FRIDAY, 9)
    await courting.start()
    await courting.run()
    await courting.move_to(SATURDAY, 10)
    assert await courting.plan() == 0
    await at_ten(courting, 1)
    assert await courting.plan() == 1
    assert await courting.send() == []

    await courting.move_to(MONDAY, 8)
    assert len(await courting.send()) == 1


async def test_planning_again_or_by_several_at_once_plans_once(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await at_ten(courting, 2)
    done = await together(5, lambda _: julia.call("plan_followups", limit=10))
    await at_ten(courting, 1)

    assert sum(answer["planejados"] for answer in done) == 1
    assert await courting.plan() == 0


async def test_one_doctor_has_one_chain(courting: Courting, julia: Julia, medico: str) -> None:
    await julia.later(hours=1)
    await courting.number("outro")
    await julia.sql(
        "insert into conversations (medico_id, instance, stage, stage_at) "
        "select id, 'outro', 'msg_enviada', api.agora() from medicos"
    )
    await at_ten(courting, 3)

    assert await courting.plan() == 1
    # On the number that the doctor has.
    assert (await courting.outbox("followup"))[0]["instance"] == INSTANCE


@pytest.mark.parametrize(
    "obstacle",
    [
        "update conversations set controlled_by = 'human'",
        "update conversations set status = 'completed'",
        "update medicos set opted_out = true",
        "update medicos set sem_contato_ate = api.agora() + interval '1 month'",
        "update medicos set deleted_at = api.agora()",
        "insert into diretrizes (tipo, conteudo, medico_id, origem) "
        "select 'bloqueado', 'x', id, 'slack' from medicos",
        "select private.remind(c, gen_random_uuid(), jsonb_build_array(jsonb_build_object("
        "'quando', api.agora() + interval '9 days', 'contexto', 'x', 'mensagem', 'x'))) "
        "from conversations c",
    ],
)
async def test_who_is_not_to_be_written_to_is_not_followed_up(
    courting: Courting, julia: Julia, medico: str, obstacle: str
) -> None:
    await julia.sql(obstacle)
    await at_ten(courting, 3)

    assert await courting.plan() == 0


async def test_two_months_after_the_last_word_a_doctor_may_be_written_to_again(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await sent_on(courting, 22)
    campanha = await courting.start()
    await courting.move_to(MONDAY, 10)
    await courting.plan()
    assert await courting.run() == []
    assert await courting.recipients(campanha) == {("pendente", "descanso"): 1}
    assert await courting.stage(medico) == "nao_respondeu"

    await julia.later(days=55)
    assert await courting.plan() == 0
    assert await courting.stage(medico) == "recontato"
    await courting.start()
    await courting.move_to(MONDAY, 10)
    assert len(await courting.run()) == 1
    assert await courting.stage(medico) == "msg_enviada"


async def test_whom_whatsapp_does_not_know_is_left_in_peace(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await at_ten(courting, 2)
    await courting.plan()
    conversa = str((await courting.outbox("followup"))[0]["conversa_id"])
    claim = await courting.claim(conversa)
    await julia.record(claim, "nao_enviada", permanent=True, motivo="exists:false")

    assert await courting.stage(medico) == "nao_respondeu"
    assert await sent_on(courting, 10) == []


async def test_who_books_has_answered_for_good(courting: Courting, julia: Julia) -> None:
    vaga = await courting.shifts.offer(9)
    medico = await julia.value("select id from medicos")
    await courting.shifts.book(vaga, courting.phone(1))
    await julia.receive(courting.phone(1), "obrigada")

    assert await courting.stage(str(medico)) == "reservou"


async def test_an_offer_of_a_freed_shift_begins_a_chain_too(
    courting: Courting, julia: Julia
) -> None:
    conversa = await courting.reply(1)
    await julia.later(minutes=1)
    await julia.sql(
        "select private.enqueue_proactive(gen_random_uuid(), $1, 'oferta', 'Abriu', api.agora(), "
        "api.agora() + interval '1 day', '{}')",
        uuid.UUID(conversa),
    )
    assert await courting.send() == ["Abriu"]

    assert (await julia.conversation(conversa))["stage"] == "msg_enviada"


@pytest.mark.parametrize(
    ("stage", "since", "due"),
    [
        ("msg_enviada", "2026-11-23 14:30", "2026-11-25 14:30"),
        ("followup_1_enviado", "2026-11-25 10:01", "2026-11-30 00:00"),
        ("followup_2_enviado", "2026-11-30 19:59", "2026-12-15 00:00"),
        ("respondeu", "2026-11-23 14:30", None),
    ],
)
async def test_hours_of_silence_are_exact_and_days_the_calendars(
    julia: Julia, stage: str, since: str, due: str | None
) -> None:
    found = await julia.value(
        "select (private.next_followup($1, $2::text::timestamp at time zone 'America/Sao_Paulo'))"
        ".vence_em at time zone 'America/Sao_Paulo'",
        stage,
        since,
    )
    assert found == (due and datetime.fromisoformat(due))


async def test_the_chain_goes_along_to_the_number_that_a_person_gave_the_doctor(
    courting: Courting, julia: Julia, medico: str
) -> None:
    await courting.number("novo-numero")
    await at_ten(courting, 2)
    assert await courting.plan() == 1
    await julia.call("mover_medicos", de=INSTANCE, para="novo-numero", por="ana")
    await courting.send()
    assert len(await sent_on(courting, 5)) == 1

    stages = await julia.sql("select instance, stage from conversations order by instance")
    assert [tuple(row) for row in stages] == [
        (INSTANCE, "novo"),
        ("novo-numero", "followup_1_enviado"),
    ]
    sent = await julia.sql("select instance from envios where kind = 'followup'")
    assert [row["instance"] for row in sent] == ["novo-numero"]
