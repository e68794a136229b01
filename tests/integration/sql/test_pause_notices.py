"""Managers are told of every stop, every resume, and the end of every pause, once."""

import uuid
from datetime import datetime
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia

from julia_common.database import Notice
from julia_scheduler.managers.notices import card

pytestmark = pytest.mark.integration


async def stop(
    julia: Julia, motivo: str, *, escopo: str = "{}", ate: datetime | None = None
) -> int:
    return await julia.value(
        "insert into julia_status (status, motivo, alterado_via, alterado_por, escopo, ate)"
        " values ('pausado', $1, 'manual', 'ana', $2, $3) returning id",
        motivo,
        escopo,
        ate,
    )


async def told(julia: Julia) -> list[Any]:
    """What a scheduler would bring to managers now: kind and data."""
    notices = await julia.call("due_notices", owner=str(uuid.uuid4()), limit=50, lease_s=1)
    await julia.call("notices_delivered", ids=[one["id"] for one in notices["avisos"]])
    return [(one["tipo"], one["dados"]) for one in notices["avisos"]]


async def test_a_stop_and_a_resume_by_the_runbook_are_told_once(julia: Julia) -> None:
    await julia.pause()
    await julia.resume()

    (stopped, row), (resumed, _) = await told(julia)

    assert (stopped, resumed) == ("julia_pausada", "julia_retomada")
    assert (row["motivo"], row["via"], row["por"], row["escopo"]) == (
        "Emergencia - pausado manualmente",
        "manual",
        None,
        {},
    )
    assert await told(julia) == []


async def test_a_stop_does_not_wait_for_its_notice_which_comes_later(julia: Julia) -> None:
    async with julia.pool.acquire() as other, other.transaction():
        await other.execute("lock table notificacoes_gestor in access exclusive mode")
        await julia.pause()
        assert await julia.value("select private.paused()")

    for _ in range(2):
        await julia.call("announce_expired")
    assert [tipo for tipo, _ in await told(julia)] == ["julia_pausada"]


async def test_a_manager_learns_who_stopped_by_which_way_and_until_when(julia: Julia) -> None:
    until = julia.ago(hours=-3)
    change = {"op_id": str(uuid.uuid4()), "motivo": "Reunião", "via": "api", "por": "bruno"}
    resource = {"uid": str(uuid.uuid4()), "namespace": "julia", "nome": "feriado"}

    for _ in range(2):
        await julia.call("change_status", status="pausado", **change)
        await julia.call(
            "apply_status",
            generation=1,
            paused=True,
            reason="Feriado",
            por="argocd",
            until=until.isoformat(),
            scope={"estado": "SP"},
            **resource,
        )

    api, kubernetes = await told(julia)
    assert (api[1]["por"], api[1]["via"]) == ("bruno", "api")
    row = kubernetes[1]
    assert (row["por"], row["via"], row["recurso"]) == ("argocd", "kubernetes", "feriado")
    assert datetime.fromisoformat(row["ate"]) == until


async def test_a_resume_names_what_is_stopped_all_the_same(julia: Julia) -> None:
    await stop(julia, "Tudo")
    await stop(julia, "Chip", escopo='{"estado": "RJ"}')
    await stop(julia, "Vencida", ate=julia.ago(hours=-1))
    await julia.later(hours=2)
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo)"
        """ values ('ativo', 'RJ volta', 'manual', '{"estado": "RJ"}')"""
    )

    *_, (tipo, row) = await told(julia)

    assert tipo == "julia_retomada"
    assert [(one["motivo"], one["escopo"]) for one in row["restam"]] == [("Tudo", {})]


async def test_a_resume_tells_whether_it_ended_a_pause(julia: Julia) -> None:
    await stop(julia, "Tudo")
    for escopo in ('{"estado": "SP"}', "{}", "{}"):
        await julia.sql(
            "insert into julia_status (status, motivo, alterado_via, escopo)"
            " values ('ativo', 'volta', 'manual', $1)",
            escopo,
        )

    rows = [row for tipo, row in await told(julia) if tipo == "julia_retomada"]

    assert [(row["encerrou"], len(row["restam"])) for row in rows] == [
        (False, 1),
        (True, 0),
        (False, 0),
    ]


async def test_a_campaign_that_is_stopped_is_named(julia: Julia) -> None:
    campanha = await julia.value(
        "insert into campanhas (nome, tipo, corpo) values ('Verão', 'discovery', 'Oi, {nome}')"
        " returning id"
    )
    await stop(julia, "Texto errado", escopo=f'{{"campanha": "{campanha}"}}')

    ((_, row),) = await told(julia)

    assert row["campanha"] == "Verão"


async def test_the_end_of_a_pause_is_told_before_it_comes_and_when_it_has_come(
    julia: Julia,
) -> None:
    await stop(julia, "Feriado", ate=julia.ago(hours=-2))
    await told(julia)

    assert await julia.call("announce_expired") == {"encerradas": 0, "terminando": 0}
    await julia.later(minutes=106)
    assert await julia.call("announce_expired") == {"encerradas": 0, "terminando": 1}
    assert await julia.call("announce_expired") == {"encerradas": 0, "terminando": 0}
    assert [tipo for tipo, _ in await told(julia)] == ["pausa_terminando"]

    await julia.later(minutes=15)
    assert not (await julia.call("backlog"))["paused"]
    assert await julia.call("announce_expired") == {"encerradas": 1, "terminando": 0}
    assert await julia.call("announce_expired") == {"encerradas": 0, "terminando": 0}

    ((tipo, row),) = await told(julia)
    assert (tipo, row["motivo"], row["restam"]) == ("pausa_encerrada", "Feriado", [])


async def test_what_stands_beyond_the_end_of_a_pause_is_named_before_and_after(
    julia: Julia,
) -> None:
    await stop(julia, "Primeira", ate=julia.ago(hours=-2))
    await stop(julia, "Curta", escopo='{"estado": "SP"}', ate=julia.ago(hours=-1.9))
    await stop(julia, "Longa", ate=julia.ago(hours=-9))
    await told(julia)

    await julia.later(minutes=107)
    await julia.call("announce_expired")
    before = {row["motivo"]: row for _, row in await told(julia)}
    await julia.later(minutes=20)
    await julia.call("announce_expired")
    after = await told(julia)

    assert [one["motivo"] for one in before["Curta"]["restam"]] == ["Primeira", "Longa"]
    assert [one["motivo"] for one in before["Primeira"]["restam"]] == ["Longa"]
    assert [tipo for tipo, _ in after] == ["pausa_encerrada"] * 2
    assert {one["motivo"] for _, row in after for one in row["restam"]} == {"Longa"}


async def test_the_end_of_a_short_pause_is_not_told_in_advance(julia: Julia) -> None:
    await stop(julia, "Almoço", ate=julia.ago(minutes=-20))

    await julia.later(minutes=10)

    assert await julia.call("announce_expired") == {"encerradas": 0, "terminando": 0}


async def test_a_pause_that_was_lifted_before_its_time_is_not_announced(julia: Julia) -> None:
    await stop(julia, "Feriado", ate=julia.ago(hours=-1))
    await julia.resume()
    await julia.later(hours=2)

    assert await julia.call("announce_expired") == {"encerradas": 0, "terminando": 0}


async def test_what_is_brought_reads_as_managers_speak(julia: Julia) -> None:
    await stop(julia, "Feriado", escopo='{"estado": "SP"}', ate=julia.ago(hours=-2))
    await julia.later(minutes=110)
    await julia.call("announce_expired")
    await julia.resume()

    lent = await julia.call("due_notices", owner=str(uuid.uuid4()), limit=9, lease_s=1)
    told = [card(Notice.model_validate(one)) for one in lent["avisos"]]

    assert [one.title for one in told] == [
        "⏸️ Júlia parada em parte",
        "⏳ Uma pausa termina em breve",
        "▶️ Júlia retomada",
    ]
    assert told[0].text.startswith(
        "Parado: estado SP. Motivo: Feriado.\nQuem decidiu: ana, por SQL.\nAté: "
    )
    assert told[2].text.startswith(
        "Retomado: tudo. Motivo: Retomando operacao.\nQuem decidiu: sem nome, por SQL.\n"
    )
