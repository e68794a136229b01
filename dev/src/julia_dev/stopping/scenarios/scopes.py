"""Stops of a part: what they cover waits, everything else goes on.

No scope of `DOCTORS` covers a doctor of another of them, and each resource has a name of its own:
they may be played side by side. A campaign writes by any number, also by one that another scenario
stops.
"""

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
    await _stops_only(scene, "de-estado", {"estado": "SP"}, covered, other)


async def a_specialty_is_stopped_and_another_is_not(scene: Scene) -> None:
    """By the doctor's specialty."""
    covered = await scene.doctor(specialty="Pediatria")
    other = await scene.doctor(specialty="Anestesiologia")
    await _stops_only(scene, "de-especialidade", {"especialidade": "Pediatria"}, covered, other)


async def a_number_is_stopped_and_another_is_not(scene: Scene) -> None:
    """By the number that the doctor writes to."""
    covered, other = await scene.doctor(), await scene.doctor()
    numbers = {covered: NUMBERS[1], other: NUMBERS[0]}
    await _stops_only(scene, "de-numero", {"instancia": NUMBERS[1]}, covered, other, numbers)


async def all_fields_of_a_scope_must_fit(scene: Scene) -> None:
    """Anesthetists of MG are stopped; an anesthetist of BA is not."""
    covered = await scene.doctor(state="MG", specialty="Anestesiologia")
    other = await scene.doctor(state="BA", specialty="Anestesiologia")
    scope = {"estado": "MG", "especialidade": "Anestesiologia"}
    await _stops_only(scene, "de-dois-campos", scope, covered, other)


async def a_campaign_is_stopped_and_another_is_not(scene: Scene) -> None:
    """Its messages wait; those of another campaign arrive, and so do replies."""
    campaign, covered = await _campaign(scene, "Cirurgia")
    _, other = await _campaign(scene, "Ortopedia")
    resource = await _paused(scene, "de-campanha", {"campanha": campaign})
    await _feed(scene)

    async def arrived() -> list[str]:
        return await scene.answers(other)

    await eventually("the other campaign's message", arrived, within_s=40)
    (number,) = await scene.letters.write(other)
    await scene.answered(other, number)
    require(not await scene.answers(covered), "the stopped campaign's message arrived")
    await resource.resume(scope={"campanha": campaign})
    await scene.says(resource, paused=False)
    await _feed(scene)

    async def arrived_late() -> list[str]:
        return await scene.answers(covered)

    await eventually("the campaign's message after the resume", arrived_late, within_s=40)


async def two_resources_stop_two_scopes_and_one_is_deleted(scene: Scene) -> None:
    """The deletion ends what the deleted one had set, and nothing else."""
    in_pr, in_sc = await scene.doctor(state="PR"), await scene.doctor(state="SC")
    pr = await _paused(scene, "parana", {"estado": "PR"})
    sc = await _paused(scene, "santa-catarina", {"estado": "SC"})
    from_pr, from_sc = await scene.letters.write(in_pr, in_sc)
    await scene.stored(from_sc)
    await pr.delete()
    await scene.answered(in_pr, from_pr)
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await scene.unanswered(in_sc, from_sc)
    await scene.says(sc, paused=True, scope="estado=SC")
    await sc.delete()
    await scene.answered(in_sc, from_sc)


async def _stops_only(
    scene: Scene,
    name: str,
    scope: Mapping[str, str],
    covered: str,
    other: str,
    numbers: Mapping[str, str] | None = None,
) -> None:
    resource = await _paused(scene, name, scope)
    asked = {}
    for doctor in (covered, other):
        instance = (numbers or {}).get(doctor)
        (asked[doctor],) = await scene.letters.write(doctor, instance=instance)
    await scene.answered(other, asked[other])
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await scene.unanswered(covered, asked[covered])
    await resource.resume(scope=dict(scope))
    await scene.answered(covered, asked[covered])


async def _paused(scene: Scene, name: str, scope: Mapping[str, str]) -> Resource:
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


DOCTORS: Final[Sequence[Scenario]] = (
    a_state_is_stopped_and_another_is_not,
    a_specialty_is_stopped_and_another_is_not,
    a_number_is_stopped_and_another_is_not,
    all_fields_of_a_scope_must_fit,
    two_resources_stop_two_scopes_and_one_is_deleted,
)
