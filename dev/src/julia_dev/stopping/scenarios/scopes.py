"""Stops of a part: what they cover waits, everything else goes on."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from julia_dev.stopping.scenarios.play import Scenario
from julia_dev.stopping.scene import NUMBERS, Resource, Scene, eventually, require

_LOOKS_AGAIN_S: Final = 2.0
"""Long enough for what wrongly goes on to be seen."""


async def a_state_is_stopped_and_another_is_not(scene: Scene) -> None:
    """By the doctor's state."""
    covered, other = await scene.doctor(state="SP"), await scene.doctor(state="RJ")
    await _stops_only(scene, {"estado": "SP"}, covered, other)


async def a_specialty_is_stopped_and_another_is_not(scene: Scene) -> None:
    """By the doctor's specialty."""
    covered = await scene.doctor(specialty="Pediatria")
    other = await scene.doctor(specialty="Anestesiologia")
    await _stops_only(scene, {"especialidade": "Pediatria"}, covered, other)


async def a_number_is_stopped_and_another_is_not(scene: Scene) -> None:
    """By the number that the doctor writes to."""
    covered, other = await scene.doctor(), await scene.doctor()
    numbers = {covered: NUMBERS[1], other: NUMBERS[0]}
    await _stops_only(scene, {"instancia": NUMBERS[1]}, covered, other, numbers)


async def all_fields_of_a_scope_must_fit(scene: Scene) -> None:
    """Pediatricians of SP are stopped; a pediatrician of RJ is not."""
    covered = await scene.doctor(state="SP", specialty="Pediatria")
    other = await scene.doctor(state="RJ", specialty="Pediatria")
    await _stops_only(scene, {"estado": "SP", "especialidade": "Pediatria"}, covered, other)


async def a_campaign_is_stopped_and_another_is_not(scene: Scene) -> None:
    """Its messages wait; those of another campaign arrive, and so do replies."""
    campaign, covered = await _campaign(scene, "Cirurgia")
    _, other = await _campaign(scene, "Ortopedia")
    resource = await _paused(scene, {"campanha": campaign})
    await _feed(scene)

    async def arrived() -> list[str]:
        return await scene.answers(other)

    await eventually("the other campaign's message", arrived, within_s=40)
    (number,) = await scene.letters.write(other)
    await scene.answered(other, number)
    require(not await scene.answers(covered), "the stopped campaign's message arrived")
    before = await scene.last_id()
    await resource.resume(scope={"campanha": campaign})
    await scene.row_after(before, "ativo")
    await _feed(scene)

    async def arrived_late() -> list[str]:
        return await scene.answers(covered)

    await eventually("the campaign's message after the resume", arrived_late, within_s=40)


async def two_resources_stop_two_scopes_and_one_is_deleted(scene: Scene) -> None:
    """The deletion ends what the deleted one had set, and nothing else."""
    in_sp, in_rj = await scene.doctor(state="SP"), await scene.doctor(state="RJ")
    sp = await _paused(scene, {"estado": "SP"}, name="sao-paulo")
    rj = await _paused(scene, {"estado": "RJ"}, name="rio")
    from_sp, from_rj = await scene.letters.write(in_sp, in_rj)
    await scene.stored(from_rj)
    await sp.delete()
    await scene.answered(in_sp, from_sp)
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await scene.unanswered(in_rj, from_rj)
    await scene.says(rj, paused=True, scope="estado=RJ")
    await rj.delete()
    await scene.answered(in_rj, from_rj)


async def _stops_only(
    scene: Scene,
    scope: Mapping[str, str],
    covered: str,
    other: str,
    numbers: Mapping[str, str] | None = None,
) -> None:
    resource = await _paused(scene, scope)
    asked = {}
    for doctor in (covered, other):
        instance = (numbers or {}).get(doctor)
        (asked[doctor],) = await scene.letters.write(doctor, instance=instance)
    await scene.answered(other, asked[other])
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await scene.unanswered(covered, asked[covered])
    await resource.resume(scope=dict(scope))
    await scene.answered(covered, asked[covered])


async def _paused(scene: Scene, scope: Mapping[str, str], name: str = "parte") -> Resource:
    resource = scene.resource(name)
    await resource.pause("Parada de uma parte", scope=dict(scope))
    shown = ", ".join(f"{field}={scope[field]}" for field in sorted(scope))
    await scene.says(resource, paused=True, scope=shown)
    return resource


async def _campaign(scene: Scene, specialty: str) -> tuple[str, str]:
    """Start a campaign for one doctor; returns both. Nothing of it is queued yet."""
    await scene.world.sql("insert into especialidades (nome) values ($1)", specialty)
    doctor = await scene.doctor(specialty=specialty)
    (row,) = await scene.world.sql(
        "insert into campanhas (nome, tipo, corpo, publico) values ($1, 'discovery',"
        " 'Temos plantões na sua região.', jsonb_build_object('especialidades',"
        " jsonb_build_array($1::text))) returning id::text",
        specialty,
    )
    await scene.world.sql(
        "select api.campanha_iniciar(jsonb_build_object('campanha_id', $1::text, 'por', 'cena'))",
        row["id"],
    )
    return row["id"], doctor


async def _feed(scene: Scene) -> None:
    """Do at once what the scheduler's job does each minute."""
    await scene.database.feed_campaigns(limit=20)


ALL: Final[Sequence[Scenario]] = (
    a_state_is_stopped_and_another_is_not,
    a_specialty_is_stopped_and_another_is_not,
    a_number_is_stopped_and_another_is_not,
    all_fields_of_a_scope_must_fit,
    a_campaign_is_stopped_and_another_is_not,
    two_resources_stop_two_scopes_and_one_is_deleted,
)
