"""A run of a job is done once, whoever and however many the schedulers are."""

import uuid

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, together

pytestmark = pytest.mark.integration

AT = "2026-11-22T12:00:00Z"


async def claim(julia: Julia, owner: str) -> str:
    answer = await julia.call("claim_job", job="catchup", scheduled_at=AT, owner=owner, lease_s=60)
    return answer["status"]


async def finish(julia: Julia, owner: str) -> str:
    answer = await julia.call(
        "finish_job", job="catchup", scheduled_at=AT, owner=owner, ok=True, detalhes={"n": 1}
    )
    return answer["status"]


async def test_of_twenty_schedulers_one_has_the_run(julia: Julia) -> None:
    owners = [str(uuid.uuid4()) for _ in range(20)]

    answers = await together(20, lambda n: claim(julia, owners[n]))

    assert sorted(answers) == ["de_outro"] * 19 + ["seu"]
    owner = owners[answers.index("seu")]
    assert await finish(julia, owner) == "ok"
    assert await claim(julia, owner) == "feito"


async def test_old_runs_and_processes_long_gone_are_forgotten(julia: Julia) -> None:
    owner = str(uuid.uuid4())
    await claim(julia, owner)
    await julia.call("due_turns", owner=owner, limit=1)

    await julia.later(days=31)
    later = await julia.value("select api.agora()")
    await julia.call(
        "claim_job", job="catchup", scheduled_at=later.isoformat(), owner=owner, lease_s=60
    )

    assert await julia.value("select count(*) from execucoes") == 1
    assert await julia.value("select count(*) from processos") == 0


async def test_a_dead_schedulers_run_is_taken_over(julia: Julia) -> None:
    dead, alive = str(uuid.uuid4()), str(uuid.uuid4())
    await claim(julia, dead)
    assert await claim(julia, alive) == "de_outro"
    await julia.later(seconds=61)

    assert await claim(julia, alive) == "seu"

    assert await finish(julia, dead) == "perdido"
    assert await finish(julia, alive) == "ok"


async def test_the_catch_up_overlaps_its_last_window_and_reaches_back_a_day_at_most(
    julia: Julia,
) -> None:
    await julia.call("connection_changed", instance=INSTANCE, state="open")

    async def window() -> dict:
        return (await julia.call("catchup_windows"))["instances"][0]

    first = await window()
    connected = await julia.value("select first_connected_at from whatsapp_instances")
    assert first["since"].startswith(connected.strftime("%Y-%m-%dT%H:%M"))

    await julia.later(hours=3)
    until = (await window())["until"]
    await julia.call("catchup_done", instance=INSTANCE, until=until, found=0)
    await julia.later(minutes=10)
    span = "select extract(epoch from $1::text::timestamptz - $2::text::timestamptz) / 60"
    second = await window()
    # What a number that was cut off for an hour brings is dated before the last window's end.
    assert 69.9 < await julia.value(span, second["until"], second["since"]) < 70.5

    await julia.later(hours=30)
    third = await window()
    assert 1439 < await julia.value(span, third["until"], third["since"]) < 1441


async def test_only_ids_neither_received_nor_sent_are_missing(julia: Julia) -> None:
    await julia.receive(key_id="IN")
    conversa = await julia.talk("um")
    await julia.record(await julia.claim(conversa), provider_message_id="OUT")

    answer = await julia.call("missing_keys", instance=INSTANCE, key_ids=["NEW", "IN", "OUT"])

    assert answer == {"missing": ["NEW"]}


async def test_the_backlog_counts_what_is_due_and_its_age(julia: Julia) -> None:
    empty = await julia.call("backlog")
    assert (empty["inbound_due"], empty["outbound_due"], empty["uncertain"]) == (0, 0, 0)

    await julia.receive("5521977776666")
    await julia.talk("um")
    await julia.uncertain(await julia.talk("dois", number="5531966665555"))
    await julia.later(seconds=60)

    full = await julia.call("backlog")
    assert (full["inbound_due"], full["outbound_due"], full["uncertain"]) == (1, 1, 1)
    assert 59 < full["inbound_oldest_s"] < 90
    assert 59 < full["outbound_oldest_s"] < 90


RUN = {"job": "relatorio", "lease_s": 60, "tentativas": 2}


async def take(julia: Julia, owner: str, *ats: str, **how: object) -> list[tuple[str, int]]:
    """Try to take a run of these times; which time it is, and the how manieth attempt."""
    runs = [RUN | {"scheduled_at": at} | how for at in ats]
    taken = (await julia.call("claim_runs", owner=owner, runs=runs))["runs"]
    return [(run["scheduled_at"][11:16], run["tentativa"]) for run in taken]


async def end(julia: Julia, owner: str, at: str, **how: object) -> None:
    answer = await julia.call("finish_job", job="relatorio", scheduled_at=at, owner=owner, **how)
    assert answer["status"] == "ok"


EIGHT, TEN = "2026-11-23T08:00:00Z", "2026-11-23T10:00:00Z"


async def test_of_twenty_replicas_one_begins_a_run_and_no_other_of_the_same_job(
    julia: Julia,
) -> None:
    owners = [str(uuid.uuid4()) for _ in range(20)]

    taken = await together(20, lambda n: take(julia, owners[n], EIGHT, TEN))

    assert sorted(taken) == [[]] * 19 + [[("08:00", 1)]]
    owner = owners[taken.index([("08:00", 1)])]
    await end(julia, owner, EIGHT, ok=True)
    assert await take(julia, owner, EIGHT, TEN) == [("10:00", 1)]


async def test_a_run_that_failed_is_begun_again_after_its_pause_by_anybody(julia: Julia) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    await take(julia, first, EIGHT)
    await end(julia, first, EIGHT, ok=False, detalhes={"erro": "Retryable"}, retry_in_s=30)

    assert await take(julia, second, EIGHT, TEN) == []
    await julia.later(seconds=31)
    assert await take(julia, second, EIGHT, TEN) == [("08:00", 2)]


async def test_a_run_that_kills_its_replicas_ends_and_says_so(julia: Julia) -> None:
    for attempt in (1, 2):
        assert await take(julia, str(uuid.uuid4()), EIGHT) == [("08:00", attempt)]
        assert await take(julia, str(uuid.uuid4()), EIGHT) == []
        await julia.later(seconds=61)

    assert await take(julia, str(uuid.uuid4()), EIGHT) == []

    [run] = await julia.sql("select ok, finished_at, detalhes from execucoes")
    assert (run["ok"], run["finished_at"] is None) == (False, False)
    assert "abandonada" in run["detalhes"]


async def test_a_run_left_open_ends_when_a_later_one_begins(julia: Julia) -> None:
    owner = str(uuid.uuid4())
    await take(julia, owner, EIGHT)
    await julia.later(seconds=61)

    assert await take(julia, owner, TEN) == [("10:00", 1)]

    [left] = await julia.sql("select ok, detalhes from execucoes where finished_at is not null")
    assert not left["ok"]
    assert "superada" in left["detalhes"]


async def test_what_may_only_be_resumed_is_not_begun(julia: Julia) -> None:
    owner = str(uuid.uuid4())
    assert await take(julia, owner, EIGHT, so_retomar=True) == []

    await take(julia, owner, EIGHT)
    await julia.later(seconds=61)

    assert await take(julia, owner, EIGHT, so_retomar=True) == [("08:00", 2)]


async def store(julia: Julia, *days: tuple[str, str, str | None]) -> dict:
    rows = [{"dia": day, "nome": name, "uf": uf} for day, name, uf in days]
    return await julia.call("store_holidays", desde="2026-01-01", feriados=rows)


async def holidays(julia: Julia) -> dict[str, str]:
    rows = await julia.sql("select dia::text, nome from feriados order by dia")
    return {row["dia"]: row["nome"] for row in rows}


CHRISTMAS = ("2026-12-25", "Natal", None)
STATES = (("2026-07-09", "Revolução", "SP"), ("2026-01-20", "São Sebastião", "RJ"))


async def test_holidays_are_the_nations_and_those_of_the_states_chosen(julia: Julia) -> None:
    assert await store(julia, CHRISTMAS, *STATES) == {"guardados": 1, "retirados": 0}
    try:
        await julia.sql("""update configuracoes set valor = '["SP"]' where chave = 'feriados_uf'""")
        assert await store(julia, CHRISTMAS, *STATES) == {"guardados": 1, "retirados": 0}
        assert await holidays(julia) == {"2026-07-09": "Revolução", "2026-12-25": "Natal"}
    finally:
        await julia.sql("update configuracoes set valor = '[]' where chave = 'feriados_uf'")

    assert await store(julia, CHRISTMAS, *STATES) == {"guardados": 0, "retirados": 1}


async def test_a_holiday_that_a_person_entered_stays_as_it_is(julia: Julia) -> None:
    await julia.sql(
        "insert into feriados (dia, nome) values ('2026-12-24', 'Folga'), ('2026-12-25', 'Festa')"
    )

    assert await store(julia, CHRISTMAS) == {"guardados": 0, "retirados": 0}

    assert await holidays(julia) == {"2026-12-24": "Folga", "2026-12-25": "Festa"}
