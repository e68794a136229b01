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
