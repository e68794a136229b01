"""Everything at once, at random, with deaths; then the books are checked."""

import os
import random
import time
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.sql.world import MAX_DIA, MAX_HORA, NUMBERS, World

pytestmark = [pytest.mark.integration, pytest.mark.faults]

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))


@pytest.mark.timeout(max(120, SECONDS * 4))
async def test_nothing_is_lost_doubled_disordered_or_sent_after_a_stop(
    julia: Julia, sql_dsn: str
) -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    print(f"SEED={seed}")  # noqa: T201 - to repeat a failure
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    before = await julia.value(deadlocks)
    # A deadlock must be found before a lock timeout hides it.
    async with asyncpg.create_pool(
        sql_dsn, min_size=2, max_size=24, server_settings={"deadlock_timeout": "20ms"}
    ) as pool:
        world = World(Julia(pool, sql_dsn), seed)
        await world.market.open()
        await world.connect()
        for _ in range(10):
            await world.write()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            await world.live(workers=16, acts=8)
        await world.drain()
        outcomes = await world.julia.sql("select outcome, count(*) from fila_mensagens group by 1")
        print(dict(world.done), dict(map(tuple, outcomes)), world.julia.timeouts)  # noqa: T201

        await check_messages(world)
        await check_outbox(world)
        await check_deliveries(world)
        await check_stops(world)
        await check_contacts(world)
        await check_ceilings(world)
        await check_proofs(world)
        await world.market.check()
    assert await julia.value(deadlocks) == before


async def check_proofs(world: World) -> None:
    """The nightly proofs, which read the same record, find nothing either."""
    found = await world.julia.call(
        "nightly_proofs",
        de=world.drained_from.replace(year=2020).isoformat(),
        ate=(world.julia.now() + timedelta(hours=1)).isoformat(),
        max_hora=MAX_HORA,
        max_dia=MAX_DIA,
    )
    assert {name: proof for name, proof in found.items() if proof["violacoes"]} == {}


async def check_messages(world: World) -> None:
    """I1, I2: one row for each message, and each came to its end."""
    rows = await world.julia.sql("select * from interacoes where tipo = 'entrada'")
    assert Counter(r["key_id"] for r in rows) == Counter(
        m.arguments["key_id"] for m in world.messages
    )
    assert {r["situacao"] for r in rows} <= {
        "respondida", "humano", "apagada", "sem_resposta", "optout",
    }  # fmt: skip
    assert await none(
        world,
        "select i.id from interacoes i join inbox_keys k using (instance, key_id) "
        "where k.conversa_id <> i.conversa_id or k.interacao_id <> i.id",
    )
    # What counts as answered has a turn, and that turn was not taken back.
    assert await none(
        world,
        """
        select i.id from interacoes i left join turnos t on t.id = i.turno_id
         where i.tipo = 'entrada' and i.situacao = 'respondida' and (t.id is null or (
           t.outcome = 'resposta' and not exists (
             select from fila_mensagens f where f.turno_id = t.id
                and f.outcome not in ('SUPERSEDED', 'JOINED'))))
        """,
    )
    assert await none(
        world,
        "select id from conversations where lease_token is not null or due_at is not null",
    )


async def check_outbox(world: World) -> None:
    """Every part came to an end that says why, and every attempt too."""
    parts = await world.julia.sql("select * from fila_mensagens")
    assert {p["status"] for p in parts} <= {"enviada", "erro", "cancelada", "estacionada"}
    assert all(p["outcome"] for p in parts)
    # Stale is only what was under way at a stop and came back unsent after it, and the rest of a
    # turn that was half sent when its conversation was united with another.
    assert await none(
        world,
        "select f.id from fila_mensagens f join conversations c on c.id = f.conversa_id "
        "where f.outcome = 'BLOCKED_STALE' and f.kind = 'reply' and c.status <> 'completed' "
        "and not exists (select from envios e where e.fila_id = f.id)",
    )
    assert not any(p["reservado"] for p in parts)
    assert await none(world, "select claim_id from envios where status in ('aberto', 'incerto')")
    # A turn that was not sent whole was stopped by something that a person knows of.
    assert await none(
        world,
        """
        select t.id from turnos t join fila_mensagens f on f.turno_id = t.id
         where f.outcome in ('TURN_FAILED', 'PARKED', 'FAILED_VALIDATION', 'EXPIRED')
           and not exists (select from handoffs h where h.conversa_id = t.conversa_id)
           and not exists (select from conversations c where c.id = t.conversa_id
                                                         and c.status = 'completed')
        """,
    )


async def check_deliveries(world: World) -> None:
    """I4: each part reached WhatsApp at most once, in order, and the books know it."""
    by_part = Counter(d.claim["fila_id"] for d in world.deliveries)
    assert max(by_part.values()) == 1, "delivered twice"
    parts = {str(p["id"]): p for p in await world.julia.sql("select * from fila_mensagens")}
    for part in parts.values():
        arrived = str(part["id"]) in by_part
        if part["status"] != "estacionada":
            assert (part["status"] == "enviada") == arrived, dict(part)
    # A person's message overtakes Julia's, and an answer what nobody waits for.
    overtaken = {
        r["kind"] for r in await world.julia.sql("select kind from regras_envio where proativo")
    }
    order: dict[str, list[tuple[int, int, str]]] = {}
    for delivery in world.deliveries:
        part = parts[delivery.claim["fila_id"]]
        if part["kind"] != "human_agent" and part["kind"] not in overtaken:
            order.setdefault(delivery.conversa, []).append(
                (part["turn_seq"], part["part"], part["kind"])
            )
    for conversa, sent in order.items():
        assert sent == sorted(sent), conversa
    assert await none(
        world,
        """
        select s.key_id from sent_ids s join envios e using (claim_id)
          join fila_mensagens f on f.id = s.fila_id
         where e.fila_id <> s.fila_id or e.instance <> s.instance or e.status <> 'enviado'
            or f.status <> 'enviada'
        """,
    )
    bound = {
        r["key_id"]: str(r["fila_id"]) for r in await world.julia.sql("select * from sent_ids")
    }
    truth = {d.key_id: d.claim["fila_id"] for d in world.deliveries}
    assert {key: fila for key, fila in bound.items() if truth[key] != fila} == {}
    said = await world.julia.sql("select fila_id from interacoes where fila_id is not null")
    enviada = [i for i, p in parts.items() if p["status"] == "enviada"]
    assert sorted(str(r["fila_id"]) for r in said) == sorted(enviada)


async def check_stops(world: World) -> None:
    """I3: Julia said nothing while a person had the conversation, and nothing in a pause."""
    claims = await world.julia.sql(
        "select e.*, f.kind from envios e join fila_mensagens f on f.id = e.fila_id"
    )
    late = [
        c for c in claims
        if c["kind"] in {"reply", "lembrete"}
        and world.stopped_at(str(c["conversa_id"]), c["claimed_at"])
    ]  # fmt: skip
    assert late == []
    assert await none(
        world,
        """
        with stops as (
          select status, created_at as since, lead(created_at) over (order by id) as until
            from julia_status
        ), acts as (
          select e.claimed_at as at from envios e join fila_mensagens f on f.id = e.fila_id
           where f.kind <> 'human_agent'
          union all select committed_at from turnos where turn_seq is not null
        )
        select at from acts join stops on status = 'pausado' and at >= since and at < until
        """,
    )


async def check_contacts(world: World) -> None:
    """Each person became one contact with one open conversation on each number."""
    assert await world.julia.value("select count(*) from medicos where merged_into is null") == len(
        world.doctors
    )
    for table in (
        "contact_identities", "conversations", "interacoes", "fila_mensagens", "doctor_context",
        "prompt_atribuicoes",
    ):  # fmt: skip
        left = f"select 1 from {table} join medicos m on m.id = medico_id where m.merged_into is not null"  # noqa: E501, S608
        assert await none(world, left), table
    open_ = await world.julia.value(
        "select count(*) from conversations where status <> 'completed'"
    )
    assert open_ == len(world.doctors) * len(NUMBERS)


async def check_ceilings(world: World) -> None:
    """I5: while the ceilings were on, no window of the record exceeded them."""
    fullest = await world.julia.sql(
        """
        select max(hora) as hora, max(dia) as dia from (
          select count(*) over (partition by instance order by claimed_at range between
                   interval '1 hour 12 seconds' preceding and current row) as hora,
                 count(*) over (partition by instance order by claimed_at range between
                   interval '1 day 12 seconds' preceding and current row) as dia
            from envios where conta and claimed_at < $1) w
        """,
        world.drained_from,
    )
    assert fullest[0]["hora"] <= MAX_HORA
    assert fullest[0]["dia"] <= MAX_DIA


async def none(world: World, query: str) -> bool:
    rows = await world.julia.sql(query)
    assert rows == [], query
    return True
