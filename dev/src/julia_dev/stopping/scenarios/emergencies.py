"""Stops by the runbook's SQL, beside resources that want something else."""

import asyncio
from collections.abc import Sequence
from typing import Final

from julia_dev.stopping.scenarios.play import Scenario
from julia_dev.stopping.scene import Resource, Row, Scene, require

_LOOKS_AGAIN_S: Final = 4.5
"""Each replica looks at each resource every two seconds."""


async def deletion_ends_no_emergency(scene: Scene) -> None:
    """The resource's own pause ends with it, and Julia stays stopped."""
    resource = scene.resource("geral")
    before = await scene.last_id()
    await resource.pause("Do repositório")
    own = await scene.row_after(before, "pausado")
    emergency = await _emergency(scene)
    await resource.delete()
    row = await scene.row_after(emergency.id, "ativo")
    require(row.via == "kubernetes", f"the row says {row}")
    # One whose time is up is kept until its end is announced, and stops nothing.
    standing = [
        each["id"]
        for each in await scene.world.sql(
            "select id from pausas where coalesce(ate > api.agora(), true) order by id"
        )
    ]
    require(standing == [emergency.id], f"{standing} stand: the resource's was {own.id}")
    require(await scene.paused(), "the deletion lifted the emergency")


async def nothing_that_is_seen_again_lifts_an_emergency(scene: Scene) -> None:
    """An unchanged apply, a restart of the operator, a resource made again: all show the stop."""
    resource = scene.resource("geral")
    await resource.pause("Antes")
    await scene.says(resource, paused=True)
    await resource.resume()
    await scene.says(resource, paused=False)
    emergency = await _emergency(scene)
    await _is_overridden(scene, resource)

    await resource.resume()  # as GitOps does, over and over
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await _stands(scene, emergency.id, "an unchanged apply")

    await scene.operators.stop()
    await scene.operators.start()
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await _stands(scene, emergency.id, "a restart of the operator")
    await _is_overridden(scene, resource)

    await resource.delete()
    await resource.resume()
    await _is_overridden(scene, resource)
    await _stands(scene, emergency.id, "a resource made again")


async def sql_ativo_lifts_everything_and_shows(scene: Scene) -> None:
    """Both resources say who resumed; the spec that paused does not pause again."""
    everything, part = scene.resource("geral"), scene.resource("parte")
    await everything.pause("Do repositório")
    await part.pause("Do repositório", scope={"estado": "SP"})
    for resource in (everything, part):
        await scene.says(resource, paused=True)
    resumed = await scene.by_sql("ativo", "Retomando operacao", by="paula")
    for resource in (everything, part):
        condition = await scene.holds(resource, "Overridden")
        require("manual" in condition.message and "paula" in condition.message, f"{condition}")
        await scene.says(resource, paused=False, changedBy="paula", changedVia="manual")
    await everything.pause("Do repositório")
    await asyncio.sleep(_LOOKS_AGAIN_S)
    require(not await scene.paused(), "an unchanged apply paused again")
    require(not await scene.rows_after(resumed.id), "an unchanged apply became a row")


async def stale_messages_go_to_a_person(scene: Scene) -> None:
    """What waited longer than the reply window is nobody's answer to give; no notice either."""
    before = await scene.last_id()
    await scene.by_sql("pausado", "Fim de semana")
    doctor, fresh = await scene.doctor(), await scene.doctor()
    stale, young = await scene.letters.write(doctor, fresh)
    await scene.stored(stale)
    await scene.stored(young)
    await scene.world.sql(
        "update interacoes set provider_at = provider_at - interval '31 minutes'"
        " where conteudo like '%#m' || $1::text",
        str(stale),
    )
    await scene.by_sql("ativo", "Retomando operacao")
    await scene.answered(fresh, young)
    triggers = {each.doctor: each.trigger for each in await scene.world.handoffs()}
    require(triggers.get(doctor) == "resposta_vencida", f"the hand-off is {triggers.get(doctor)}")
    require(fresh not in triggers, "who wrote just now was handed over too")
    require(not await scene.answers(doctor), "the doctor was told something")
    require(len(await scene.rows_after(before)) == 2, "more was decided than was said")  # noqa: PLR2004


async def _emergency(scene: Scene) -> Row:
    return await scene.by_sql("pausado", "Emergencia - pausado manualmente", by="paula")


async def _is_overridden(scene: Scene, resource: Resource) -> None:
    condition = await scene.holds(resource, "Overridden")
    require(
        all(word in condition.message for word in ("manual", "paula", "Emergencia")),
        f"Overridden says {condition}",
    )
    await scene.says(resource, paused=True, changedVia="manual", changedBy="paula")


async def _stands(scene: Scene, emergency: int, after: str) -> None:
    rows = await scene.rows_after(emergency)
    require(not rows, f"after {after} there are {rows}")
    require(await scene.paused(), f"{after} lifted the emergency")


ALL: Final[Sequence[Scenario]] = (
    deletion_ends_no_emergency,
    nothing_that_is_seen_again_lifts_an_emergency,
    sql_ativo_lifts_everything_and_shows,
    stale_messages_go_to_a_person,
)
