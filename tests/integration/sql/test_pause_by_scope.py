"""A pause may cover some of the doctors, a number or a campaign; that stops, and nothing else."""

import asyncio
import json
import random
import uuid
from datetime import datetime
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, together

pytestmark = pytest.mark.integration

SP, RJ = "5511988887777", "5521977776666"
CAMPANHA = "0b9d0c3e-1111-4222-8333-444455556666"


async def say(julia: Julia, status: str, escopo: Any = None, ate: datetime | None = None) -> None:
    """Insert a row as a manager would; the scope is given as JSON."""
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo, ate) "
        "values ($1, 'teste', 'manual', $2, $3)",
        status,
        json.dumps(escopo or {}),
        ate,
    )


async def place(julia: Julia, number: str, estado: str, especialidade: str) -> None:
    await julia.sql(
        "insert into especialidades (nome) values ($1) on conflict do nothing", especialidade
    )
    await julia.sql(
        "update medicos set estado = $2, especialidade_id = "
        "(select id from especialidades where nome = $3) where telefone = $1",
        f"+{number}",
        estado,
        especialidade,
    )


async def waiting(julia: Julia, number: str, estado: str, especialidade: str) -> Any:
    """A doctor of that place wrote, and the turn has begun."""
    conversa = (await julia.receive(number))["conversa_id"]
    await place(julia, number, estado, especialidade)
    await julia.make_due(conversa)
    return await julia.begin(conversa)


async def campaign(julia: Julia) -> None:
    await julia.sql(
        "insert into campanhas (id, nome, tipo, corpo) values ($1, 'Maio', 'discovery', 'Oi!')",
        CAMPANHA,
    )


async def covered(julia: Julia, number: str, instance: str = INSTANCE, campanha: Any = None) -> Any:
    return await julia.value(
        "select private.paused_for(id, $2, $3) from medicos where telefone = $1",
        f"+{number}",
        instance,
        campanha,
    )


async def test_a_pause_of_a_state_stops_its_doctors_and_no_others(julia: Julia) -> None:
    stopped = await waiting(julia, SP, "SP", "Anestesiologia")
    free = await waiting(julia, RJ, "RJ", "Anestesiologia")

    await say(julia, "pausado", {"estado": "SP"})

    renewed = await julia.call(
        "renew_turn", conversa_id=stopped["conversa_id"], token=stopped["token"]
    )
    assert renewed["paused"]
    assert (await julia.commit(stopped))["motivo"] == "pausa"
    assert (await julia.commit(free))["status"] == "confirmado"
    assert (await julia.begin(stopped["conversa_id"]))["status"] == "pausado"
    assert (await julia.receive(SP))["paused"]
    assert not (await julia.receive(RJ))["paused"]
    assert (await julia.claim(free["conversa_id"]))["status"] == "enviar"


async def test_what_is_paused_crowds_out_nothing_that_is_free(julia: Julia) -> None:
    for n in range(12):
        await julia.receive(f"55119{n:08d}")
    await julia.sql("update medicos set estado = 'SP'")
    free = (await julia.receive(RJ))["conversa_id"]
    await julia.sql("update conversations set due_at = api.agora() - interval '1 minute'")
    await julia.sql("update conversations set due_at = api.agora() where id = $1", free)
    await say(julia, "pausado", {"estado": "SP"})

    answer = await julia.call("due_turns", owner=julia.owner, limit=5)

    assert [turn["conversa_id"] for turn in answer["turns"]] == [free]


async def test_the_fields_of_a_scope_are_joined_by_and(julia: Julia) -> None:
    await waiting(julia, SP, "SP", "Anestesiologia")
    await waiting(julia, RJ, "SP", "Pediatria")

    await say(julia, "pausado", {"estado": "sp", "especialidade": "PEDIATRIA"})

    assert [await covered(julia, SP), await covered(julia, RJ)] == [False, True]


async def test_a_pause_of_a_campaign_or_a_number_covers_only_that(julia: Julia) -> None:
    await waiting(julia, SP, "SP", "Anestesiologia")
    await campaign(julia)

    await say(julia, "pausado", {"campanha": CAMPANHA.upper()})
    assert not await covered(julia, SP)
    assert not await covered(julia, SP, campanha=str(uuid.uuid4()))
    assert await covered(julia, SP, campanha=CAMPANHA)

    await say(julia, "pausado", {"instancia": INSTANCE})
    assert await covered(julia, SP)
    assert not await covered(julia, SP, instance="outra")


async def test_a_doctor_of_whom_nothing_is_known_is_covered_by_no_pause_of_a_place(
    julia: Julia,
) -> None:
    await julia.receive(SP)

    await say(julia, "pausado", {"estado": "SP"})

    assert not await covered(julia, SP)


@pytest.mark.parametrize(
    ("active", "stands"),
    [
        ({}, False),
        ({"estado": "SP"}, False),
        ({"especialidade": "Pediatria"}, False),
        ({"estado": "SP", "especialidade": "Pediatria"}, False),
        ({"estado": "RJ"}, True),
        ({"estado": "SP", "especialidade": "Pediatria", "instancia": INSTANCE}, True),
        ({"campanha": CAMPANHA}, True),
    ],
)
async def test_an_active_row_lifts_pauses_of_the_same_or_a_narrower_scope(
    julia: Julia, active: dict[str, str], stands: bool
) -> None:
    await waiting(julia, SP, "SP", "Pediatria")
    await campaign(julia)
    await say(julia, "pausado", {"estado": "SP", "especialidade": "Pediatria"})

    await say(julia, "ativo", active)

    assert await covered(julia, SP) is stands


async def test_a_wide_pause_outlasts_an_active_row_of_a_part_and_a_narrow_one_beside_it(
    julia: Julia,
) -> None:
    await waiting(julia, SP, "SP", "Pediatria")
    await say(julia, "pausado")
    await say(julia, "pausado", {"estado": "SP"})

    await say(julia, "ativo", {"estado": "SP"})
    assert await julia.value("select private.paused()")
    assert await covered(julia, SP)

    await julia.resume()
    assert not await covered(julia, SP)


async def test_a_narrow_pause_stands_when_a_wide_one_runs_out(julia: Julia) -> None:
    await waiting(julia, SP, "SP", "Pediatria")
    await waiting(julia, RJ, "RJ", "Pediatria")
    await say(julia, "pausado", {"estado": "SP"})
    await say(
        julia, "manutencao", ate=await julia.value("select api.agora() + interval '1 minute'")
    )
    await say(julia, "erro", ate=await julia.value("select api.agora() + interval '1 hour'"))
    assert await covered(julia, RJ)

    await julia.later(hours=1)

    assert [await covered(julia, SP), await covered(julia, RJ)] == [True, False]
    assert not await julia.value("select private.paused()")


async def test_a_later_pause_does_not_shorten_one_that_stands(julia: Julia) -> None:
    await julia.pause()
    await say(julia, "pausado", ate=await julia.value("select api.agora() + interval '1 minute'"))

    await julia.later(hours=1)

    assert await julia.value("select private.paused()")


async def test_what_waited_for_the_end_of_a_pause_goes_on_by_itself(julia: Julia) -> None:
    turn = await waiting(julia, SP, "SP", "Pediatria")
    ate = await julia.value("select api.agora() + interval '10 minutes'")
    await say(julia, "pausado", {"estado": "SP"}, ate)
    assert (await julia.commit(turn))["motivo"] == "pausa"

    await julia.later(minutes=10)

    answer = await julia.call("due_turns", owner=julia.owner, limit=5)
    assert [due["conversa_id"] for due in answer["turns"]] == [turn["conversa_id"]]
    again = await julia.begin(turn["conversa_id"])
    assert (await julia.commit(again))["status"] == "confirmado"


@pytest.mark.parametrize(
    ("escopo", "complaint"),
    [
        ({"uf": "SP"}, "is not understood"),
        ({"estado": ["SP"]}, "is not understood"),
        ("SP", "is not understood"),
        ({"estado": "São Paulo"}, "there is no state São Paulo"),
        ({"especialidade": "Pedriatria"}, "there is no specialty Pedriatria"),
        ({"instancia": "julia-tste"}, "there is no number julia-tste"),
        ({"campanha": "de maio"}, "there is no campaign de maio"),
    ],
)
async def test_a_scope_that_could_cover_nothing_is_refused(
    julia: Julia, escopo: Any, complaint: str
) -> None:
    with pytest.raises(asyncpg.PostgresError, match=complaint):
        await say(julia, "pausado", escopo)

    assert await julia.value("select count(*) from julia_status") == 0


GONE = [
    ({"especialidade": "pediatria"}, "delete from especialidades where nome = 'Pediatria'"),
    ({"instancia": "julia-velha"}, "delete from whatsapp_instances where instance = 'julia-velha'"),
    ({"campanha": CAMPANHA}, "delete from campanhas"),
]


async def with_what_goes(julia: Julia) -> None:
    await julia.sql("insert into especialidades (nome) values ('Pediatria')")
    await julia.sql("insert into whatsapp_instances (instance) values ('julia-velha')")
    await campaign(julia)


@pytest.mark.parametrize(("escopo", "delete"), GONE)
async def test_an_active_row_lifts_the_pause_of_what_was_deleted(
    julia: Julia, escopo: dict[str, str], delete: str
) -> None:
    await with_what_goes(julia)
    await say(julia, "pausado", escopo)
    await julia.sql(delete)

    await say(julia, "ativo", escopo)

    assert await julia.value("select count(*) from pausas") == 0


async def test_an_active_row_lifts_the_pause_of_a_state(julia: Julia) -> None:
    await say(julia, "pausado", {"estado": "SP"})

    await say(julia, "ativo", {"estado": "sp"})

    assert await julia.value("select count(*) from pausas") == 0


@pytest.mark.parametrize("escopo", [{"estado": "XX"}, {"uf": "SP"}, {"estado": ["SP"]}, "SP"])
async def test_the_form_of_an_active_rows_scope_is_looked_at(julia: Julia, escopo: Any) -> None:
    with pytest.raises(asyncpg.PostgresError, match=r"is not understood|there is no state"):
        await say(julia, "ativo", escopo)


@pytest.mark.parametrize(
    "ate", ["infinity", "-infinity", "9999-12-31T23:59:59-05:00", "9001-01-01Z"]
)
async def test_an_end_that_no_clock_can_tell_is_refused(julia: Julia, ate: str) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError, match="no end that can be told") as said:
        await julia.sql(
            "insert into julia_status (status, motivo, alterado_via, ate)"
            " values ('pausado', 'teste', 'manual', $1::text::timestamptz)",
            ate,
        )

    assert said.value.hint
    assert await julia.value("select count(*) from julia_status") == 0


async def test_what_a_scope_covers_is_neither_claimed_nor_rung_for_nor_expired(
    julia: Julia,
) -> None:
    stopped, free = [
        await julia.talk("um", number=number) for number, _ in ((SP, "SP"), (RJ, "RJ"))
    ]
    await place(julia, SP, "SP", "Pediatria")
    await place(julia, RJ, "RJ", "Pediatria")
    await say(julia, "pausado", {"estado": "SP"})

    assert (await julia.claim(stopped))["motivo"] == "pausa"
    await julia.later(seconds=20)
    rung = (await julia.call("due_doorbells", limit=10))["conversas"]
    assert [bell["conversa_id"] for bell in rung] == [free]
    assert (await julia.claim(free))["status"] == "enviar"
    await julia.later(minutes=31)
    assert (await julia.call("expire_replies", limit=10))["transferidas"] == 0

    await julia.resume()
    assert (await julia.call("expire_replies", limit=10))["transferidas"] == 1


async def test_what_a_scope_covers_is_not_shown_as_late(julia: Julia) -> None:
    await julia.talk("um", number=RJ)
    await julia.receive(RJ)
    await julia.receive(SP)
    await place(julia, RJ, "SP", "Pediatria")
    await say(julia, "pausado", {"estado": "SP"})

    shown = await julia.call("backlog")

    assert (shown["paused"], shown["paused_scopes"]) == (False, 1)
    assert (shown["inbound_due"], shown["outbound_due"]) == (1, 0)
    await julia.pause()
    shown = await julia.call("backlog")
    assert (shown["paused"], shown["paused_scopes"]) == (True, 1)
    assert (shown["inbound_due"], shown["outbound_due"]) == (2, 1)


async def test_a_person_writes_on_in_what_a_scope_covers(julia: Julia) -> None:
    conversa = await julia.talk("um", number=SP)
    await place(julia, SP, "SP", "Pediatria")
    await julia.take_over_by_sql(conversa)
    await say(julia, "pausado", {"estado": "SP"})

    await julia.write_as_person(conversa, "Aqui é a Carla")

    assert (await julia.claim(conversa))["kind"] == "human_agent"


async def test_a_paused_campaign_holds_up_no_reply_to_its_doctors(julia: Julia) -> None:
    conversa = await julia.talk("um", number=SP)
    await campaign(julia)
    await julia.sql(
        """
        insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                    conteudo, campanha_id, control_epoch, next_ring_at)
        select medico_id, id, instance, turn_seq + 1, 1, 'campanha', 'campanha', 'Oi!', $2,
               control_epoch, api.agora() from conversations where id = $1
        """,
        conversa,
        CAMPANHA,
    )
    await say(julia, "pausado", {"campanha": CAMPANHA})

    reply = await julia.claim(conversa)
    assert (reply["status"], reply["kind"]) == ("enviar", "reply")
    await julia.record(reply)

    assert (await julia.claim(conversa))["motivo"] == "pausa"


async def test_a_hold_is_stopped_too(julia: Julia) -> None:
    turn = await waiting(julia, SP, "SP", "Pediatria")
    await say(julia, "pausado", {"especialidade": "Pediatria"})

    held = await julia.call(
        "hold_shift",
        **{k: turn[k] for k in ("conversa_id", "token", "turno_id", "control_epoch")},
        vaga_id=str(uuid.uuid4()),
    )

    assert held["status"] == "pausa"


async def test_nothing_that_a_scope_covers_is_committed_or_claimed_after_its_pause(
    julia: Julia,
) -> None:
    """Two states, one of them paused again and again in the middle of their turns."""
    chance = random.Random(5)
    numbers = [f"55119{n:08d}" for n in range(12)]
    for n, number in enumerate(numbers):
        await julia.receive(number)
        await place(julia, number, "SP" if n % 2 else "RJ", "Pediatria")

    async def answer(n: int) -> None:
        for _ in range(6):
            conversa = (await julia.receive(numbers[n]))["conversa_id"]
            await julia.make_due(conversa)
            turn = await julia.begin(conversa)
            if turn["status"] == "iniciado":
                await asyncio.sleep(chance.random() / 50)
                await julia.commit(turn)
            claim = await julia.claim(conversa)
            if claim["status"] == "enviar":
                await julia.record(claim)

    async def stop() -> None:
        for _ in range(8):
            await asyncio.sleep(chance.random() / 20)
            await say(julia, "pausado", {"estado": "SP"})
            await asyncio.sleep(chance.random() / 20)
            await say(julia, "ativo", {"estado": "SP"})

    await asyncio.gather(together(12, answer), stop())

    late = await julia.sql(
        """
        with stops as (
          select created_at as since, lead(created_at) over (order by id) as until, status
            from julia_status
        ), acts as (
          select conversa_id, committed_at as at from turnos
          union all select conversa_id, claimed_at from envios
        )
        select m.estado, count(*) as acts, count(*) filter (where exists (
                 select from stops where status = 'pausado' and a.at >= since
                                     and a.at < coalesce(until, 'infinity'))) as inside
          from acts a join conversations c on c.id = a.conversa_id
          join medicos m on m.id = c.medico_id group by 1 order by 1
        """
    )
    rio, sao_paulo = late
    assert (rio["estado"], rio["acts"]) == ("RJ", 72)
    assert rio["inside"] > 0, "the pauses came when nothing was going on"
    assert sao_paulo["inside"] == 0
