"""What is only seen again decides nothing, in whatever way it comes back."""

import json
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, Julia
from tests.integration.sql.test_resources import Resource, emergency, paused, rows

pytestmark = pytest.mark.integration


async def specialty(julia: Julia, nome: str) -> None:
    await julia.sql("insert into especialidades (nome) values ($1)", nome)


async def rename(julia: Julia, old: str, new: str) -> None:
    await julia.sql("update especialidades set nome = $2 where nome = $1", old, new)


async def test_a_resume_that_comes_back_after_an_older_spec_did_lifts_nothing(
    julia: Julia,
) -> None:
    """A cluster is restored, and then put right again."""
    resource = Resource(julia)
    await resource.apply(paused=True)
    await resource.apply(paused=False)
    await emergency(julia)

    assert (await resource.apply(paused=True, generation=1))["status"] == "pausada"
    assert (await resource.apply(paused=False, generation=2))["status"] == "observada"

    assert await paused(julia)
    assert (await resource.apply(paused=False, request="sim"))["status"] == "retomada"
    assert not await paused(julia)


async def test_what_was_on_its_way_when_its_resource_went_pauses_nothing(julia: Julia) -> None:
    resource = Resource(julia)
    assert (await resource.remove())["status"] == "desconhecida"

    late = await resource.apply(paused=True, confirmed=False)

    assert late["status"] == "antiga"
    assert not await paused(julia)
    assert (await resource.state())["status"] == "desconhecida"


async def test_a_resource_that_a_restore_brought_back_may_pause_but_not_resume(
    julia: Julia,
) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)
    await resource.remove()
    await emergency(julia)

    assert (await resource.apply(paused=False))["status"] == "observada"
    assert await paused(julia)
    await emergency(julia, "ativo")
    assert (await resource.apply(paused=True))["status"] == "pausada"
    assert await paused(julia)


async def test_a_spec_is_the_same_in_every_time_zone_and_order_of_fields(julia: Julia) -> None:
    resource = Resource(julia)
    await specialty(julia, "Pediatria")
    until = julia.ago(hours=-1)
    scope = {"estado": "SP", "especialidade": "Pediatria"}
    await resource.apply(paused=True, until=until.isoformat(), scope=scope)

    resource.spec["until"] = until.isoformat().replace("+00:00", "Z")
    resource.spec["scope"] = dict(reversed(scope.items()))
    async with julia.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local timezone = 'America/Sao_Paulo'")
        again = await julia.call_on(
            connection,
            "apply_status",
            uid=resource.uid,
            namespace="julia",
            nome="geral",
            generation=1,
            **resource.spec,
        )

    assert again["status"] == "repetida"
    assert len(await rows(julia)) == 1


@pytest.mark.parametrize("absent", [{}, {"scope": None}, {"scope": {}}, {"request": ""}])
async def test_what_is_absent_and_what_is_empty_are_one_spec(
    julia: Julia, absent: dict[str, Any]
) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)

    assert (await resource.apply(paused=True, **absent))["status"] == "repetida"


async def test_another_spelling_in_a_table_makes_no_decision_of_a_spec(julia: Julia) -> None:
    await specialty(julia, "pediatria")
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"especialidade": "Pediatria"})
    await resource.apply(paused=False, scope={"especialidade": "Pediatria"})
    await emergency(julia)
    await rename(julia, "pediatria", "Pediatria")

    assert (await resource.seen())["status"] == "repetida"

    assert await paused(julia)


async def test_a_pause_goes_on_when_its_specialty_gets_another_name(julia: Julia) -> None:
    await specialty(julia, "Anestesia")
    conversa = await julia.talk("um")
    await julia.sql(
        "update medicos set especialidade_id = (select id from especialidades) where not canario"
    )
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"especialidade": "Anestesia"})

    await rename(julia, "Anestesia", "Anestesiologia")

    assert (await julia.claim(conversa))["motivo"] == "pausa"
    assert (await resource.seen())["status"] == "repetida"
    assert len((await resource.state())["pausas"]) == 1
    await resource.apply(paused=False, scope={"especialidade": "Anestesiologia"})
    assert (await julia.claim(conversa))["status"] == "enviar"


async def test_a_spec_of_a_campaign_that_is_gone_is_still_only_seen_again(julia: Julia) -> None:
    campanha = await julia.value(
        "insert into campanhas (nome, tipo, corpo) values ('Maio', 'discovery', 'Oi') returning id"
    )
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"campanha": str(campanha)})
    await julia.sql("delete from campanhas where id = $1", campanha)

    assert (await resource.seen())["status"] == "repetida"


async def test_a_pause_that_would_stop_nothing_is_refused(julia: Julia) -> None:
    with pytest.raises(asyncpg.PostgresError, match="would stop nothing") as refused:
        await julia.sql(
            "insert into julia_status (status, motivo, alterado_via, ate)"
            " values ('pausado', 'Fuso errado', 'manual', $1)",
            julia.ago(hours=3),
        )

    assert refused.value.sqlstate == "22023"
    assert "with its zone" in refused.value.hint
    assert await rows(julia) == []


async def test_a_late_start_is_not_forgotten_when_the_pause_gets_another_reason(
    julia: Julia,
) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)
    resource = Resource(julia)
    await resource.apply(paused=True)
    since = (await resource.state())["desde"]
    await julia.record(claim, start_delay_ms=9000)
    await julia.later(minutes=1)

    await resource.apply(paused=True, request="outra razão")

    state = await resource.state()
    assert (state["desde"], state["inicios_tardios"]) == (since, 1)
    assert state["pausas"][0]["desde"] > since
    await resource.apply(paused=False)
    await resource.apply(paused=True)
    state = await resource.state()
    assert state["inicios_tardios"] == 0
    assert state["desde"] > since


@pytest.mark.parametrize(
    ("first", "goes_on"),
    [({}, True), ({"instancia": INSTANCE}, True), ({"estado": "RJ"}, False)],
)
async def test_a_stop_goes_on_from_another_that_covered_it(
    julia: Julia, first: dict[str, str], goes_on: bool
) -> None:
    await julia.talk("um")
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo)"
        " values ('pausado', 'antes', 'manual', $1)",
        json.dumps(first),
    )
    began = await julia.value("select created_at from julia_status")
    await julia.later(minutes=1)
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"estado": "SP", "instancia": INSTANCE})

    since = await julia.value("select desde from pausas order by id desc limit 1")

    assert (since == began) is goes_on


async def test_after_a_pause_what_waited_is_answered_in_order_and_what_is_stale_by_a_person(
    julia: Julia,
) -> None:
    await julia.pause()
    stale = (await julia.receive("5511900000001"))["conversa_id"]
    await julia.later(minutes=20)
    fresh = []
    for n in range(2, 5):
        fresh.append((await julia.receive(f"551190000000{n}"))["conversa_id"])
        await julia.later(minutes=4)
    await julia.resume()

    due = (await julia.call("due_turns", owner=julia.owner, limit=10))["turns"]
    assert [turn["conversa_id"] for turn in due] == [stale, *fresh]
    told = [(await julia.begin(turn["conversa_id"]))["status"] for turn in due]

    assert told == ["transferido", "iniciado", "iniciado", "iniciado"]
    assert await julia.value("select count(*) from fila_mensagens") == 0


async def test_a_spec_that_changed_after_the_backup_lifts_nothing_in_the_restored_database(
    julia: Julia,
) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)
    restored = {"request": "r1", "backup": "b1", "em": julia.ago(hours=1).isoformat()}
    await julia.sql("select private.after_restore($1::jsonb)", json.dumps(restored))

    resource.generation += 5
    assert (await resource.apply(paused=False))["status"] == "observada"

    assert await paused(julia)
    assert (await resource.apply(paused=False, request="sim"))["status"] == "retomada"
    assert not await paused(julia)
