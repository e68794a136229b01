"""One focus holds at a time; who set it and who ended it is written down."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia, together

pytestmark = pytest.mark.integration


async def put(
    julia: Julia, conteudo: str | None, *, op: str | None = None, ate: datetime | None = None
) -> Any:
    ends = ate or julia.now() + timedelta(days=7)
    more = {"conteudo": conteudo, "ate": ends.isoformat()} if conteudo else {}
    return await julia.call("set_focus", op_id=op or str(uuid.uuid4()), por="ana", **more)


async def standing(julia: Julia) -> list[str]:
    return [one["conteudo"] for one in (await julia.call("focus"))["focos"]]


async def told(julia: Julia) -> list[str]:
    """What a turn is told of it."""
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    return [one["conteudo"] for one in (await julia.begin(conversa))["diretrizes"]]


async def test_a_focus_is_told_in_the_next_turn_until_its_time(julia: Julia) -> None:
    assert await put(julia, "UTI em Campinas", ate=julia.now() + timedelta(hours=2)) == {
        "status": "registrado"
    }
    [shown] = (await julia.call("focus"))["focos"]
    assert (shown["conteudo"], shown["origem"], shown["por"]) == ("UTI em Campinas", "slack", "ana")

    assert await told(julia) == ["UTI em Campinas"]
    await julia.later(hours=2, seconds=1)
    assert await standing(julia) == []


async def test_a_new_one_ends_the_one_before_whoever_wrote_it(julia: Julia) -> None:
    await julia.sql("insert into diretrizes (tipo, conteudo) values ('foco', 'por SQL')")
    await put(julia, "primeiro")
    assert await standing(julia) == ["primeiro"]

    await put(julia, "segundo")

    assert await standing(julia) == ["segundo"]
    assert await told(julia) == ["segundo"]
    ended = await julia.sql(
        "select conteudo, encerrada_por from diretrizes where encerrada_por is not null "
        "order by created_at"
    )
    assert [tuple(row) for row in ended] == [("por SQL", "ana"), ("primeiro", "ana")]


async def test_what_one_doctor_is_meant_for_stays(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.sql(
        "insert into diretrizes (tipo, conteudo, medico_id) "
        "select 'foco', 'só dela', medico_id from conversations where id = $1",
        uuid.UUID(conversa),
    )
    await julia.sql("insert into diretrizes (tipo, conteudo) values ('tom', 'leve')")

    assert (await put(julia, None))["status"] == "sem_foco"

    assert await standing(julia) == []
    assert sorted(await told(julia)) == ["leve", "só dela"]


async def test_it_is_switched_off(julia: Julia) -> None:
    await put(julia, "UTI")

    assert (await put(julia, None))["status"] == "encerrado"

    assert await standing(julia) == []
    assert await told(julia) == []


async def test_what_is_done_again_is_done_once(julia: Julia) -> None:
    first, off = str(uuid.uuid4()), str(uuid.uuid4())
    await put(julia, "UTI", op=first)
    await put(julia, None, op=off)
    await put(julia, "Pediatria")

    assert (await put(julia, "UTI", op=first))["status"] == "repetida"
    assert (await put(julia, None, op=off))["status"] == "repetida"

    assert await standing(julia) == ["Pediatria"]


async def test_of_several_at_once_one_stands(julia: Julia) -> None:
    await together(6, lambda n: put(julia, f"foco {n}"))

    assert len(await standing(julia)) == 1
