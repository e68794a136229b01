"""Reminders and offers go when they may: never in the way of a reply, never twice."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia, lid, phone, together
from tests.integration.sql.proactive import (
    FRIDAY,
    MONDAY,
    SAO_PAULO,
    move_to,
    offer,
    promise,
    remind,
    reminder,
    sent,
    silent_month,
)
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration


async def refusal(julia: Julia, conversa: str, **p: Any) -> tuple[str, str | None]:
    claim = await julia.claim(conversa, **p)
    return claim["status"], claim.get("motivo")


async def test_a_reminder_goes_at_its_time_whatever_the_hour_and_once(julia: Julia) -> None:
    await move_to(julia, FRIDAY, 18, 0)
    at = julia.now() + timedelta(hours=9)  # Saturday, 3 in the morning.
    conversa = await promise(julia, reminder(at))

    assert await refusal(julia, conversa) == ("vazio", None)
    assert (await julia.call("due_doorbells", limit=10))["conversas"] == []
    await julia.later(hours=9, seconds=1)
    bells = (await julia.call("due_doorbells", limit=10))["conversas"]
    assert [bell["conversa_id"] for bell in bells] == [conversa]

    claims = await together(10, lambda _: julia.claim(conversa))
    (claim,) = [c for c in claims if c["status"] == "enviar"]
    assert (claim["kind"], claim["conteudo"]) == ("lembrete", "Oi! Você pediu pra te chamar hoje.")
    assert claim["turno_id"] is None
    await julia.record(claim)
    assert await sent(julia, conversa) == []
    assert (
        await julia.value(
            "select origem from interacoes where tipo = 'saida' order by id desc limit 1"
        )
        == "lembrete"
    )


async def held_up(julia: Julia, hour: int, minute: int, until: int) -> str:
    """A reminder was due at that time, and a pause that began before ends at `until` o'clock."""
    await move_to(julia, MONDAY, hour, minute)
    conversa = await promise(julia, reminder(julia.now() + timedelta(minutes=1)))
    await julia.pause()
    hours = (until - hour) % 24
    await julia.later(hours=hours, minutes=-minute)
    await julia.resume()
    return conversa


@pytest.mark.parametrize(
    ("hour", "minute", "until"),
    [(21, 30, 3), (21, 59, 22), (18, 10, 5), (17, 0, 4)],
    ids=["in the night", "late in the evening", "before seven", "from the afternoon"],
)
async def test_a_reminder_that_was_held_up_wakes_nobody(
    julia: Julia, hour: int, minute: int, until: int
) -> None:
    conversa = await held_up(julia, hour, minute, until)
    await julia.later(minutes=16)

    assert await refusal(julia, conversa) == ("recusado", "horario")
    await julia.call("expire_replies", limit=10)
    row = (await julia.parts(conversa))[-1]
    assert row["next_ring_at"].astimezone(SAO_PAULO).strftime("%H:%M") == "07:00"
    left = row["next_ring_at"] - julia.now()
    await julia.later(seconds=left.total_seconds() + 60)
    await julia.call("expire_replies", limit=10)

    assert await sent(julia, conversa) == ["lembrete"]
    notices = await julia.sql("select tipo from notificacoes_gestor")
    assert "lembrete_nao_enviado" not in {notice["tipo"] for notice in notices}


async def test_a_reminder_that_is_a_little_late_goes_at_night_too(julia: Julia) -> None:
    await move_to(julia, MONDAY, 3, 0)
    conversa = await promise(julia, reminder(julia.now() + timedelta(minutes=1)))
    await julia.pause()
    await julia.later(minutes=15)
    await julia.resume()

    assert await sent(julia, conversa) == ["lembrete"]


async def test_a_repeated_commit_and_a_second_promise_remind_once(julia: Julia) -> None:
    await move_to(julia, MONDAY, 8, 0)
    at = julia.now() + timedelta(hours=9)
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    effects = {"lembretes": [reminder(at)]}
    await together(5, lambda _: julia.commit(turn, "Tá!", effects=effects))
    await sent(julia, conversa)

    again = at.replace(second=0, microsecond=0)
    await promise(julia, reminder(again, "Outra vez com outras palavras"))
    await promise(julia, reminder(at + timedelta(minutes=30), "Mais tarde"))

    await julia.later(hours=10)
    rows = await julia.sql(
        "select conteudo from fila_mensagens where kind = 'lembrete' order by agendar_para"
    )
    assert [r["conteudo"] for r in rows] == ["Outra vez com outras palavras", "Mais tarde"]
    assert await sent(julia, conversa) == ["lembrete", "lembrete"]


async def test_of_a_draft_that_was_not_committed_nobody_is_reminded(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.receive(text="Deixa, não precisa")

    refused = await julia.commit(turn, effects={"lembretes": [reminder(julia.now())]})

    assert refused["motivo"] == "mensagens_novas"
    assert await julia.parts(conversa) == []


async def test_a_reply_goes_before_a_reminder_that_is_due(julia: Julia) -> None:
    conversa = await remind(julia)
    await julia.receive(text="e amanhã?")

    # Nothing of our own accord while the doctor waits for an answer.
    assert await refusal(julia, conversa) == ("recusado", "medico_espera")
    await julia.answer(conversa, "um", "dois")

    assert await sent(julia, conversa) == ["reply", "reply", "lembrete"]


async def test_a_message_on_another_number_is_unanswered_too(julia: Julia) -> None:
    conversa = await remind(julia)
    other = (await julia.receive(instance="outro-numero"))["conversa_id"]

    assert await refusal(julia, conversa) == ("recusado", "medico_espera")
    await julia.answer(other)
    assert await sent(julia, conversa) == ["lembrete"]


async def test_tomorrows_reminder_is_no_reason_to_ring_today(julia: Julia) -> None:
    conversa = await promise(julia, reminder(julia.now() + timedelta(days=1)))
    got = await julia.receive(text="obrigada")
    await julia.make_due(got["conversa_id"])
    await julia.commit(await julia.begin(conversa), "De nada!")

    claim = await julia.claim(conversa)

    assert (claim["kind"], claim["mais"]) == ("reply", False)
    assert not (await julia.record(claim))["mais"]


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23 07:59:59.999", "2026-11-23 08:00"),  # Monday
        ("2026-11-23 08:00", None),
        ("2026-11-27 19:59:59.999", None),
        ("2026-11-27 20:00", "2026-11-30 08:00"),  # Friday to Monday
        ("2026-11-24 20:00", "2026-11-25 08:00"),
        ("2026-11-28 12:00", "2026-11-30 08:00"),
        ("2026-11-29 07:00", "2026-11-30 08:00"),
    ],
)
async def test_we_write_first_from_eight_to_eight_on_weekdays_in_sao_paulo(
    julia: Julia, now: str, opens: str | None
) -> None:
    answer = await julia.value(
        "select private.opens_at($1::text::timestamp at time zone 'America/Sao_Paulo') "
        "at time zone 'America/Sao_Paulo'",
        now,
    )
    assert answer == (opens and datetime.fromisoformat(opens))


async def test_an_offer_waits_for_the_morning_and_is_rung_then(julia: Julia) -> None:
    conversa = await julia.talk("oi")
    await sent(julia, conversa)
    await move_to(julia, FRIDAY, 20, 0, 1)
    await offer(julia, conversa)

    assert (await julia.call("backlog"))["outbound_due"] == 1
    assert await refusal(julia, conversa) == ("recusado", "horario")
    # Nothing is late: no alarm over the weekend.
    assert (await julia.call("backlog"))["outbound_due"] == 0
    assert (await julia.call("due_doorbells", limit=10))["conversas"] == []
    await move_to(julia, MONDAY, 7, 59, 55)
    assert await refusal(julia, conversa) == ("recusado", "horario")
    await julia.later(seconds=8)
    assert (await julia.call("due_doorbells", limit=10))["conversas"] != []
    assert await sent(julia, conversa) == ["oferta"]


async def test_no_offer_is_claimed_after_hours_that_ended_while_it_queued(julia: Julia) -> None:
    conversa = await julia.talk("oi")
    await sent(julia, conversa)
    await offer(julia, conversa)
    await move_to(julia, FRIDAY, 19, 59, 59)
    closes = julia.now().replace(microsecond=0) + timedelta(seconds=1)
    async with julia.pool.acquire() as other, other.transaction():
        await other.execute("select from whatsapp_instances for no key update")
        await asyncio.sleep((closes - julia.now()).total_seconds() - 0.2)
        claim = asyncio.create_task(julia.claim(conversa))
        await asyncio.sleep((closes - julia.now()).total_seconds() + 0.05)

    assert (await claim)["motivo"] == "horario"


async def test_an_offer_that_waits_for_the_morning_holds_no_reminder_up(julia: Julia) -> None:
    await move_to(julia, FRIDAY, 21, 0)
    conversa = await julia.talk("oi")
    await sent(julia, conversa)
    await offer(julia, conversa)
    await remind(julia)

    assert await sent(julia, conversa) == ["lembrete"]


async def test_what_nobody_waits_for_leaves_two_fifths_of_the_ceilings_to_replies(
    julia: Julia,
) -> None:
    await move_to(julia, MONDAY, 9, 0)
    numbers = [f"55119{n:08d}" for n in range(8)]
    conversations = [await remind(julia, number=n) for n in numbers]
    await julia.later(hours=2)
    for conversa in conversations:
        await offer(julia, conversa)

    claims = await together(16, lambda n: julia.claim(conversations[n % 8], max_hora=10))

    # What the doctors asked for goes before what they did not.
    assert [c["kind"] for c in claims if c["status"] == "enviar"] == ["lembrete"] * 6
    assert {c["motivo"] for c in claims if c["status"] == "recusado"} <= {
        "teto_proativo",
        "preterida",
        "ocupada",
        "envio_em_aberto",
    }
    waiting = (await julia.receive("5521977776666"))["conversa_id"]
    await julia.answer(waiting, "um", "dois", "três", "quatro")
    replies = []
    while (claim := await julia.claim(waiting, max_hora=10))["status"] == "enviar":
        replies.append(claim["kind"])
        await julia.record(claim)
    assert replies == ["reply"] * 4
    assert (
        await julia.value("select count(*) from envios where claimed_at > $1", julia.ago(minutes=9))
        == 10
    )


async def test_the_days_ceiling_has_the_same_headroom(julia: Julia) -> None:
    await move_to(julia, MONDAY, 8, 0)
    conversa = await promise(julia, reminder(julia.now() + timedelta(minutes=1)))
    await julia.later(hours=2)

    # One reply was sent today: of two, 60 % is one.
    assert await refusal(julia, conversa, max_dia=2) == ("recusado", "teto_proativo")
    claim = await julia.claim(conversa, max_dia=4)
    assert claim["kind"] == "lembrete"


async def test_a_pause_holds_reminders_and_offers(julia: Julia) -> None:
    await move_to(julia, MONDAY, 10, 0)
    conversa = await remind(julia)
    await offer(julia, conversa)

    await julia.pause()
    assert await refusal(julia, conversa) == ("recusado", "pausa")
    await julia.resume()

    assert await sent(julia, conversa) == ["lembrete", "oferta"]


async def test_a_person_who_takes_over_is_told_what_was_promised(julia: Julia) -> None:
    at = julia.now() + timedelta(days=1)
    conversa = await promise(julia, reminder(at, "Já saiu a escala?"))
    await offer(julia, conversa)

    await julia.take_over_by_sql(conversa)

    card = await julia.value(
        "select metadata -> 'lembretes' -> 0 ->> 'texto' from handoffs where conversa_id = $1",
        conversa,
    )
    assert card == "Já saiu a escala?"
    await julia.give_back(conversa)
    await julia.later(days=1, seconds=1)
    assert await sent(julia, conversa) == []
    outcomes = [p["outcome"] for p in await julia.parts(conversa) if p["kind"] != "reply"]
    assert outcomes[:2] == ["BLOCKED_HUMAN_CONTROL"] * 2


async def test_closing_a_conversation_ends_its_reminders(julia: Julia) -> None:
    conversa = await remind(julia)

    await julia.sql("update conversations set status = 'completed' where id = $1", conversa)

    assert await julia.states(conversa) == ["enviada", "cancelada"]


async def test_an_opt_out_for_good_cancels_reminders_even_if_the_doctor_writes_again(
    julia: Julia,
) -> None:
    conversa = await promise(julia, reminder(julia.now() + timedelta(hours=1)))
    await offer(julia, conversa)
    await julia.opt_out_by_sql()
    await julia.later(hours=2)
    await julia.answer((await julia.receive(text="voltei"))["conversa_id"], "que bom")

    assert await sent(julia, conversa) == ["reply"]
    outcomes = {p["kind"]: p["outcome"] for p in await julia.parts(conversa)}
    assert outcomes["lembrete"] == outcomes["oferta"] == "BLOCKED_OPTED_OUT"


async def test_a_silent_month_stops_offers_and_earlier_reminders_until_it_ends(
    julia: Julia,
) -> None:
    await move_to(julia, MONDAY, 10, 0)
    next_month = await julia.value(
        "select date_trunc('month', api.agora()) + interval '1 month 3 days'"
    )
    conversa = await promise(
        julia, reminder(julia.now() + timedelta(minutes=1), "cedo"), reminder(next_month, "depois")
    )
    await silent_month(julia, conversa)
    await offer(julia, conversa)
    # Asked for after it: that one the doctor wants.
    await promise(julia, reminder(julia.now() + timedelta(minutes=2), "pedido depois"))
    await julia.later(minutes=3)

    claim = await julia.claim(conversa)

    assert claim["conteudo"] == "pedido depois"
    await julia.record(claim)
    outcomes = {p["conteudo"]: p["outcome"] for p in await julia.parts(conversa)}
    assert outcomes["cedo"] == outcomes["Abriu um plantão"] == "BLOCKED_OPTED_OUT"
    await julia.later(seconds=(next_month - julia.now()).total_seconds() + 1)
    assert (await julia.claim(conversa))["conteudo"] == "depois"


async def test_an_offer_of_a_shift_that_the_doctor_refused_meanwhile_is_void(
    julia: Julia,
) -> None:
    await move_to(julia, MONDAY, 10, 0)
    conversa = await julia.talk("oi")
    await sent(julia, conversa)
    refused, other = [await Shifts(julia).offer(days) for days in (3, 5)]
    for vaga in (refused, other):
        await offer(julia, conversa, vaga, vaga_id=vaga)
    await julia.sql(
        "insert into recusas_vagas (medico_id, vaga_id, motivo) "
        "select id, $1, 'longe' from medicos",
        refused,
    )

    assert (await julia.claim(conversa))["conteudo"] == other
    assert {p["conteudo"]: p["outcome"] for p in await julia.parts(conversa)}[
        refused
    ] == "BLOCKED_OPTED_OUT"


async def test_a_manager_may_end_the_silence(julia: Julia) -> None:
    await move_to(julia, MONDAY, 10, 0)
    conversa = await julia.talk("oi")
    await sent(julia, conversa)
    await silent_month(julia, conversa)

    await julia.sql("update medicos set sem_contato_ate = null")
    await offer(julia, conversa)

    assert await sent(julia, conversa) == ["oferta"]


async def test_a_reminder_that_could_not_go_for_half_a_day_is_told_to_managers(
    julia: Julia,
) -> None:
    conversa = await remind(julia, "Já saiu a escala?")
    await julia.later(hours=13)

    assert await refusal(julia, conversa) == ("recusado", "vencida")
    for _ in range(2):
        await julia.call("expire_replies", limit=10)

    assert await sent(julia, conversa) == []
    notices = await julia.sql("select tipo, dados ->> 'texto' as texto from notificacoes_gestor")
    assert [tuple(n) for n in notices] == [("lembrete_nao_enviado", "Já saiu a escala?")]
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


@pytest.mark.parametrize("result", ["nao_enviada", "incerta"])
async def test_a_reminder_that_failed_is_told_to_managers_and_takes_nobody_over(
    julia: Julia, result: str
) -> None:
    conversa = await remind(julia)
    claim = await julia.claim(conversa)

    if result == "nao_enviada":
        await julia.record(claim, "nao_enviada", permanent=True)
    else:
        await julia.record(claim, "incerta")
        await julia.later(seconds=100)
        await julia.settle(claim, "nenhuma")

    notices = {row["tipo"] for row in await julia.sql("select tipo from notificacoes_gestor")}
    assert notices - {"envio_estacionado"} == {"lembrete_nao_enviado"}
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_a_reminder_goes_along_when_two_contacts_are_united(julia: Julia) -> None:
    await move_to(julia, MONDAY, 8, 0)
    await promise(julia, reminder(julia.now() + timedelta(hours=1), "do telefone"))
    by_lid = (await julia.receive(identities=[lid("77001")]))["conversa_id"]
    await julia.make_due(by_lid)
    promised = {"lembretes": [reminder(julia.now() + timedelta(hours=2), "do lid")]}
    await julia.commit(await julia.begin(by_lid), "Tá!", effects=promised)
    await sent(julia, by_lid)

    united = (await julia.receive(text="oi", identities=[phone(), lid("77001")]))["conversa_id"]
    await julia.answer(united, "oi")
    assert await sent(julia, united) == ["reply"]

    await julia.later(hours=3)
    words = []
    while (claim := await julia.claim(united))["status"] == "enviar":
        words.append(claim["conteudo"])
        await julia.record(claim)
    assert words == ["do telefone", "do lid"]


async def test_what_is_uncertain_holds_a_reminder_up(julia: Julia) -> None:
    conversa = await julia.talk("um")
    await julia.uncertain(conversa)
    await julia.sql(
        "select private.remind(c, $1, $2) from conversations c",
        uuid.uuid4(),
        f'[{{"quando": "{julia.now().isoformat()}", "contexto": "x", "mensagem": "lembra"}}]',
    )

    assert await refusal(julia, conversa) == ("recusado", "envio_em_aberto")
