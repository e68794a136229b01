"""What gauges and histograms are told: how long doctors wait, the last day, the jobs' last runs."""

from datetime import datetime
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia

pytestmark = pytest.mark.integration


async def reply_times(julia: Julia, conversa: str) -> Any:
    claim = await julia.claim(conversa)
    assert claim["status"] == "enviar"
    return (await julia.record(claim))["resposta"]


async def test_a_reply_tells_how_long_its_doctor_waited_since_the_webhook(julia: Julia) -> None:
    conversa = (await julia.receive(idade_ms=400))["conversa_id"]
    await julia.later(seconds=3)
    await julia.answer(conversa, "um", "dois")

    times = await reply_times(julia, conversa)

    assert 3400 <= times["idade_ms"] < 6400
    assert (times["espera_ms"], times["retida"]) == (1200, False)
    assert await reply_times(julia, conversa) is None  # the second part


async def test_the_quiet_of_a_burst_is_told_apart_whole(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    for _ in range(4):
        await julia.later(seconds=1)
        await julia.receive()
    await julia.later(seconds=2)
    await julia.answer(conversa)

    times = await reply_times(julia, conversa)

    # Three seconds after the first message nothing is waited for any more.
    assert 2900 <= times["espera_ms"] <= 3000
    assert times["idade_ms"] >= 6000


async def test_a_message_without_a_webhook_is_waited_for_since_it_was_stored(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.later(seconds=7)
    await julia.answer(conversa)

    assert 7000 <= (await reply_times(julia, conversa))["idade_ms"] < 10_000


async def test_what_a_pause_held_up_says_so(julia: Julia) -> None:
    before = await julia.talk("um")
    during = (await julia.receive("5521977776666"))["conversa_id"]
    await julia.pause()
    assert (await julia.claim(before))["motivo"] == "pausa"
    await julia.later(minutes=3)
    await julia.resume()
    await julia.answer(during)
    after = await julia.talk("um", number="5521977776667")

    held = [(await reply_times(julia, one))["retida"] for one in (before, during, after)]

    assert held == [True, True, False]


async def test_what_a_ceiling_held_up_says_so(julia: Julia) -> None:
    first = await julia.talk("um")
    held = await julia.talk("um", number="5521977776666")
    await julia.record(await julia.claim(first, max_hora=1))
    assert (await julia.claim(held, max_hora=1))["motivo"] == "teto_hora"

    assert (await reply_times(julia, held))["retida"] is True


async def test_a_ceiling_tells_when_the_oldest_of_what_it_counts_leaves(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    [number] = (await julia.call("rate_usage"))["instances"]
    assert (number["hora_livre_s"], number["dia_livre_s"]) == (None, None)

    await julia.record(await julia.claim(conversa))
    await julia.later(minutes=10)
    await julia.record(await julia.claim(conversa))

    [number] = (await julia.call("rate_usage"))["instances"]
    # The window is an hour, two seconds and the POST's timeout.
    assert 2990 < number["hora_livre_s"] <= 3012
    assert 85_790 < number["dia_livre_s"] <= 85_812


async def test_what_is_no_reply_has_no_times(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)

    assert await reply_times(julia, conversa) is None


async def test_what_got_old_in_a_pause_is_told_apart_from_what_was_late(julia: Julia) -> None:
    late = (await julia.receive())["conversa_id"]
    await julia.talk("um", number="5521977776666")
    await julia.later(minutes=31)
    assert (await julia.begin(late))["motivo"] == "vencida"
    assert (await julia.call("expire_replies", limit=10))["retidas"] == 0

    paused = (await julia.receive("5521977776667"))["conversa_id"]
    await julia.talk("um", number="5521977776668")
    await julia.pause()
    await julia.later(minutes=31)
    await julia.resume()

    assert (await julia.begin(paused))["motivo"] == "retida"
    answer = await julia.call("expire_replies", limit=10)
    assert (answer["transferidas"], answer["retidas"]) == (1, 1)


async def test_the_last_day_is_counted_without_what_is_older(julia: Julia) -> None:
    suspicion = {"padrao": "robo", "trecho": "você é um robô"}
    await julia.receive("5521900000001", suspeita_bot=suspicion)
    await julia.later(hours=25)
    await julia.receive("5521900000002", suspeita_bot=suspicion)
    await julia.receive("5521900000002", suspeita_bot=suspicion)
    marked = await julia.receive("5521900000003", suspeita_bot=suspicion)
    await julia.sql(
        "update metricas_deteccao_bot set falso_positivo = true where medico_id = $1",
        marked["medico_id"],
    )
    taken = (await julia.receive("5521900000004"))["conversa_id"]
    await julia.take_over_by_sql(taken)
    await julia.receive("5521900000005", text="PARE", opt_out={"motivo": "pediu"})
    await julia.opt_out_by_sql("5521900000001")
    await julia.later(seconds=30)

    seen = await julia.call("activity")

    assert seen["conversando"] == 4
    assert seen["suspeitas"] == {"medicos": 1, "por_padrao": {"robo": 2}}
    assert seen["transferencias"] == {"manual": 1}
    assert (seen["com_pessoas"], seen["abertas"]) == (1, {"ai": 4, "human": 1})
    assert 29 <= seen["com_pessoas_idade_s"] < 60
    assert seen["opt_outs"] == {"definitivo": 2, "mes": 0, "vaga": 0}
    assert set(seen["funil"]) == {"contatados", "responderam", "convertidos", "plantoes"}


async def test_the_last_hours_answers_and_hand_offs_are_counted_without_what_people_took(
    julia: Julia,
) -> None:
    await julia.talk("um", number="5521900000001")
    await julia.later(minutes=61)
    await julia.talk("um", number="5521900000002")
    await julia.talk("um", number="5521900000003")
    for number, trigger in (
        ("5521900000004", "baixa_confianca"),
        ("5521900000005", "indisponibilidade"),
        ("5521900000006", "manual"),
        ("5521900000007", "contato_unificado"),
    ):
        conversa = (await julia.receive(number))["conversa_id"]
        taken = {"conversa_id": conversa, "trigger_type": trigger, "motivo": "m", "notify": False}
        await julia.call("take_over", **taken)

    seen = await julia.call("activity")

    assert seen["ultima_hora"] == {"respondidos": 2, "transferidas": 2}


async def test_a_message_without_an_end_counts_once_its_window_is_over(julia: Julia) -> None:
    await julia.receive()
    await julia.later(minutes=29)
    assert (await julia.call("activity"))["sem_desfecho"] == 0

    await julia.later(minutes=2)
    assert (await julia.call("activity"))["sem_desfecho"] == 1

    await julia.pause()
    assert (await julia.call("activity"))["sem_desfecho"] == 0


async def test_the_last_good_run_of_each_job_is_told(julia: Julia) -> None:
    first, second = julia.ago(minutes=10), julia.ago(minutes=5)
    for at, ok in ((first, True), (second, False)):
        run = {"job": "canario", "scheduled_at": at.isoformat(), "owner": julia.owner}
        await julia.call("claim_job", **run, lease_s=60)
        await julia.call("finish_job", **run, ok=ok)

    runs = (await julia.call("last_runs", jobs=["canario", "relatorio"]))["jobs"]

    assert {job: datetime.fromisoformat(at) for job, at in runs.items()} == {"canario": first}
