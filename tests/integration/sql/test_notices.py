"""Notices are lent to one who brings them, and end when they were brought."""

import json
import uuid
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, PHONE, Julia
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration

ONE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


async def notify(julia: Julia, tipo: str = "numero_novo", **dados: Any) -> str:
    return str(
        await julia.value(
            "insert into notificacoes_gestor (tipo, dados) values ($1, $2) returning id",
            tipo,
            json.dumps(dados),
        )
    )


async def borrow(julia: Julia, owner: str = ONE, limit: int = 10) -> list[Any]:
    return (await julia.call("due_notices", owner=owner, limit=limit, lease_s=60))["avisos"]


async def test_a_notice_is_lent_to_one_at_a_time_and_again_when_he_died(julia: Julia) -> None:
    await notify(julia)

    assert [notice["tentativa"] for notice in await borrow(julia)] == [1]
    assert await borrow(julia, OTHER) == []
    await julia.later(seconds=61)

    assert [notice["tentativa"] for notice in await borrow(julia, OTHER)] == [2]


async def test_what_was_delivered_is_not_lent_again_and_counts_once(julia: Julia) -> None:
    notice = await notify(julia)
    await borrow(julia)

    done = [await julia.call("notices_delivered", ids=[notice]) for _ in range(2)]
    await julia.later(hours=1)

    assert done == [{"entregues": 1}, {"entregues": 0}]
    assert await borrow(julia, OTHER) == []


async def test_what_could_not_be_posted_waits_as_long_as_slack_asked(julia: Julia) -> None:
    notice = await notify(julia)
    await borrow(julia)

    answer = await julia.call(
        "notices_failed", ids=[notice], owner=ONE, erro="HTTP 429", retry_in_s=30
    )

    assert answer == {"devolvidas": 1}
    assert await borrow(julia) == []
    await julia.later(seconds=31)
    assert len(await borrow(julia, OTHER)) == 1
    late = await julia.call("notices_failed", ids=[notice], owner=ONE, erro="x", retry_in_s=900)
    assert late == {"devolvidas": 0}, "it is somebody else's now"


async def test_the_oldest_come_first_and_what_is_a_week_old_does_not_come(julia: Julia) -> None:
    await notify(julia, n=0)
    await julia.later(days=6, hours=23)
    for n in (1, 2, 3):
        await notify(julia, n=n)
        await julia.later(minutes=30)

    assert [notice["dados"]["n"] for notice in await borrow(julia, limit=2)] == [1, 2]


async def test_two_who_ask_at_once_get_different_notices(julia: Julia) -> None:
    await notify(julia, n=1)
    await notify(julia, n=2)
    async with julia.pool.acquire() as first, first.transaction():
        mine = await julia.call_on(first, "due_notices", owner=ONE, limit=1, lease_s=60)
        theirs = await borrow(julia, OTHER)

    assert [notice["dados"]["n"] for notice in mine["avisos"]] == [1]
    assert [notice["dados"]["n"] for notice in theirs] == [2]


async def test_a_booking_is_told_with_the_doctor_and_the_shift_in_words(julia: Julia) -> None:
    shifts = Shifts(julia)
    await shifts.doctor()
    await julia.sql("update medicos set primeiro_nome = 'Helena', sobrenome = 'Prado'")
    await shifts.book(await shifts.offer(hours="07:00-19:00"))

    [notice] = await borrow(julia)

    assert notice["tipo"] == "reserva"
    assert notice["medico"]["nome"] == "Helena Prado"
    assert notice["medico"]["especialidade"] == "Anestesiologia"
    assert notice["vaga"]["hospital"] == "Hospital São Luiz"
    assert notice["vaga"]["quando"].endswith("das 7h às 19h")
    assert notice["vaga"]["valor"] == "R$ 1.500"


async def test_nothing_that_was_written_and_no_number_leaves_the_database(julia: Julia) -> None:
    conversa = (await julia.receive(push_name="Dra. Ana 11 98888-7777 <!channel>"))["conversa_id"]
    for tipo, dados in {
        "lembrete_nao_enviado": {"texto": "segredo", "motivo": "Não saiu"},
        "cancelamento": {"motivo": "segredo", "por": "medico"},
    }.items():
        await julia.sql(
            "insert into notificacoes_gestor (tipo, conversa_id, medico_id, dados) "
            "select $1, id, medico_id, $2 from conversations where id = $3",
            tipo,
            json.dumps(dados),
            conversa,
        )

    said = json.dumps(await borrow(julia), ensure_ascii=False)

    assert "segredo" not in said
    assert PHONE not in said
    assert "98888" not in said
    assert "Dra. Ana" in said
    assert "Não saiu" in said


async def test_a_parked_send_is_told_without_its_text(julia: Julia) -> None:
    claim = await julia.uncertain(await julia.talk("texto da resposta"))
    await julia.later(minutes=2)
    assert (await julia.settle(claim, "nenhuma"))["status"] == "estacionada"

    [notice] = [each for each in await borrow(julia) if each["tipo"] == "envio_estacionado"]

    assert notice["envio"]["fila_id"] == claim["fila_id"]
    assert (notice["envio"]["kind"], notice["envio"]["instance"]) == ("reply", INSTANCE)
    assert notice["envio"]["tentado_em"] is not None
    assert "texto da resposta" not in json.dumps(notice, ensure_ascii=False)


async def test_a_notice_that_nobody_could_read_is_refused_where_it_is_written(julia: Julia) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await julia.sql("insert into notificacoes_gestor (tipo, dados) values ('x', '[1]')")


@pytest.mark.parametrize(
    ("function", "rest"),
    [
        ("notices_delivered", {}),
        ("notices_failed", {"owner": ONE, "erro": "x", "retry_in_s": 1}),
    ],
)
async def test_a_list_of_what_is_no_id_is_refused_by_name(
    julia: Julia, function: str, rest: dict[str, Any]
) -> None:
    async with julia.pool.acquire() as connection, connection.transaction():
        # The plan of a session's sixth call, row by row, of which there is none.
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute("set local enable_indexscan = off")
        await connection.execute("set local enable_bitmapscan = off")
        with pytest.raises(asyncpg.InvalidParameterValueError, match="ids"):
            await julia.call_on(connection, function, ids=["banana"], **rest)


@pytest.mark.parametrize(
    ("tipo", "ends", "vip"),
    [
        ("vip", "null", True),
        ("vip", "api.agora() - interval '1 second'", False),
        ("tom", "null", False),
    ],
)
async def test_a_notice_says_of_whom_managers_want_to_hear_at_once(
    julia: Julia, tipo: str, ends: str, vip: bool
) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.sql(
        "insert into diretrizes (tipo, conteudo, medico_id, expira_em) "  # noqa: S608 - our own words
        f"select $1, 'cuide bem', medico_id, {ends} from conversations",
        tipo,
    )
    await julia.take_over_by_sql(conversa)

    (notice,) = await borrow(julia)

    assert notice["dados"]["vip"] is vip


async def test_a_card_links_to_the_conversation_that_chatwoot_has_by_now(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)

    await julia.call("chatwoot_linked", conversa_id=conversa, contact_id=7, conversation_id=4711)

    (notice,) = await borrow(julia)
    assert notice["tipo"] == "conversa_assumida"
    assert notice["dados"]["chatwoot_conversation_id"] == 4711
