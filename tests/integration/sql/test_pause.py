"""After the commit of a stop nothing is committed and nothing is claimed."""

import asyncio
import random
import time

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia, together

pytestmark = pytest.mark.integration


async def due(julia: Julia) -> list[str]:
    answer = await julia.call("due_turns", owner=julia.owner, limit=100)
    return [turn["conversa_id"] for turn in answer["turns"]]


async def test_a_pause_refuses_commits_and_leaves_the_messages_due(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    await julia.pause()

    renewed = await julia.call("renew_turn", conversa_id=conversa, token=turn["token"])
    assert renewed["paused"]
    refused = await julia.commit(turn)
    assert (refused["status"], refused["motivo"]) == ("recusado", "pausa")
    assert await due(julia) == []
    assert (await julia.begin(conversa))["status"] == "pausado"
    assert await julia.situations(conversa) == ["pendente"]

    await julia.resume()
    assert await due(julia) == [conversa]
    assert (await julia.commit(await julia.begin(conversa)))["status"] == "confirmado"


async def test_messages_are_received_during_a_pause(julia: Julia) -> None:
    await julia.pause()

    answer = await julia.receive()

    assert (answer["status"], answer["paused"]) == ("nova", True)
    await julia.resume()
    await julia.later(seconds=2)
    assert await due(julia) == [answer["conversa_id"]]


async def test_a_pause_holds_sends_back_and_a_resume_lets_them_go(julia: Julia) -> None:
    conversa = await julia.talk("um")
    await julia.pause()

    assert (await julia.claim(conversa))["motivo"] == "pausa"
    assert (await julia.call("backlog"))["paused"]

    await julia.resume()
    assert (await julia.claim(conversa))["status"] == "enviar"


async def test_what_was_claimed_before_the_pause_is_recorded(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim = await julia.claim(conversa)
    await julia.pause()

    assert (await julia.record(claim))["fila_status"] == "enviada"
    assert (await julia.claim(conversa))["motivo"] == "pausa"


async def test_what_got_old_in_a_pause_goes_to_a_person_untold(julia: Julia) -> None:
    asked = (await julia.receive())["conversa_id"]
    replied = await julia.talk("resposta", number="5521977776666")
    await julia.pause()
    await julia.later(minutes=31)
    assert (await julia.call("expire_replies", limit=10))["transferidas"] == 0

    await julia.resume()

    assert (await julia.begin(asked))["status"] == "transferido"
    assert (await julia.claim(replied))["motivo"] == "vencida"
    assert (await julia.call("expire_replies", limit=10))["transferidas"] == 1
    assert await julia.value("select count(*) from fila_mensagens where kind <> 'reply'") == 0
    triggers = await julia.sql("select distinct trigger_type from handoffs")
    assert [row["trigger_type"] for row in triggers] == ["resposta_vencida"]


@pytest.mark.parametrize("status", ["pausado", "manutencao", "erro"])
async def test_anything_but_active_stops(julia: Julia, status: str) -> None:
    conversa = await julia.talk("um")
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via) values ($1, 'x', 'sistema')",
        status,
    )

    assert (await julia.claim(conversa))["motivo"] == "pausa"


@pytest.mark.parametrize(
    "statement",
    [
        "update julia_status set status = 'ativo'",
        "delete from julia_status",
        "truncate julia_status",
    ],
)
async def test_the_status_is_append_only_and_says_so(julia: Julia, statement: str) -> None:
    await julia.pause()

    with pytest.raises(asyncpg.RaiseError, match="julia_status is append-only") as caught:
        await julia.sql(statement)

    assert "INSERT a new row" in caught.value.hint


async def test_the_numbers_are_in_the_order_of_the_commits(julia: Julia) -> None:
    """Whoever looks sees each number only after all smaller ones (a rolled-back one never)."""
    chance = random.Random(7)
    seen: list[set[int]] = []
    done = asyncio.Event()

    async def insert(_: int) -> None:
        async with julia.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await asyncio.sleep(chance.random() / 50)
            await connection.execute(
                "insert into julia_status (status, motivo, alterado_via) "
                "values ('pausado', 'x', 'api')"
            )
            await asyncio.sleep(chance.random() / 100)
            await (transaction.rollback() if chance.random() < 0.2 else transaction.commit())

    async def watch() -> None:
        while not done.is_set():
            seen.append({row["id"] for row in await julia.sql("select id from julia_status")})

    watching = asyncio.create_task(watch())
    await together(40, insert)
    done.set()
    await watching

    final = {row["id"] for row in await julia.sql("select id from julia_status")}
    assert len(final) > 20
    for ids in seen:
        assert ids == {i for i in final if i <= max(ids, default=0)}
    times = await julia.sql("select created_at from julia_status order by id")
    assert times == sorted(times)


async def test_no_claim_and_no_commit_is_dated_after_the_pause(julia: Julia) -> None:
    """Thirty times, in the middle of twenty who claim and commit."""
    waits = []
    for trial in range(30):
        await one_trial(julia, trial, waits)

    late = await julia.sql(
        """
        with stops as (
          select created_at as since, lead(created_at) over (order by id) as until, status
            from julia_status
        ), acts as (
          select claimed_at as at from envios union all select committed_at from turnos
        )
        select count(*) as acts, count(*) filter (where exists (
                 select from stops where status = 'pausado' and at >= since
                                     and at < coalesce(until, 'infinity'))) as late
          from acts
        """
    )
    assert late[0]["acts"] > 100, "the pause came when nothing was going on"
    assert late[0]["late"] == 0
    # Generous: it waits for transactions of milliseconds.
    assert max(waits) < 5


async def one_trial(julia: Julia, trial: int, waits: list[float]) -> None:
    numbers = [f"5511{trial:03d}{n:06d}" for n in range(10)]

    async def prepare(n: int):
        conversa = (await julia.receive(numbers[n]))["conversa_id"]
        await julia.make_due(conversa)
        turn = await julia.begin(conversa)
        if n % 2:
            await julia.commit(turn, "um", "dois")
        return turn

    turns = await together(10, prepare)

    async def work(n: int) -> None:
        turn = turns[n % 10]
        if n % 2 == 0 and n < 10:
            await julia.commit(turn, "um", "dois")
        claim = await julia.claim(turn["conversa_id"])
        if claim["status"] == "enviar":
            await julia.record(claim)
            await julia.claim(turn["conversa_id"])

    async def stop() -> None:
        await asyncio.sleep(random.Random(trial).random() / 10)
        started = time.monotonic()
        await julia.pause()
        waits.append(time.monotonic() - started)

    await asyncio.gather(*(work(n) for n in range(20)), stop())
    for turn in turns:
        assert (await julia.claim(turn["conversa_id"]))["status"] != "enviar"
    await julia.resume()


async def test_an_idle_session_stops_neither_other_claims_nor_a_pause(julia: Julia) -> None:
    """A manager forgot a transaction that holds one conversation."""
    held = await julia.talk("um", number="5521977776666")
    free = await together(10, lambda n: julia.talk("um", number=f"55119{n:08d}"))
    turn = await julia.begin((await julia.receive("5521977776666"))["conversa_id"])
    assert turn["status"] == "aguardar"

    async with julia.pool.acquire() as idle:
        transaction = idle.transaction()
        await transaction.start()
        await idle.execute("update conversations set escalation_reason = 'x' where id = $1", held)

        answers = await together(
            11, lambda n: julia.call_once("claim_next", **julia.claiming([held, *free][n]))
        )
        await julia.pause()
        await julia.resume()

        assert [a["status"] for a in answers].count("enviar") == 10
        assert (await julia.claim(held))["motivo"] == "ocupada"
        # What must wait gives up before its caller does.
        assert (
            await julia.refusal("renew_turn", conversa_id=held, token=turn["token"])
        ).sqlstate == ("55P03")
        await transaction.rollback()
    assert (await julia.claim(held))["status"] == "enviar"


async def test_an_idle_session_that_holds_a_doctor_stops_no_other(julia: Julia) -> None:
    held = await julia.talk("um")
    free = await julia.talk("um", number="5521977776666")

    async with julia.pool.acquire() as idle, idle.transaction():
        await idle.execute("update medicos set cidade = 'Campinas' where telefone like '%8777_'")

        assert (await julia.claim(held))["motivo"] == "ocupada"
        assert (await julia.claim(free))["status"] == "enviar"
