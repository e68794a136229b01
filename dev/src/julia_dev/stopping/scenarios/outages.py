"""The operator, the database or the API server are away; what was decided comes true, once."""

import asyncio
from collections.abc import Sequence
from typing import Final

from julia_dev.stopping.operators import REPLICAS
from julia_dev.stopping.scenarios.play import Scenario
from julia_dev.stopping.scene import Condition, Scene, eventually, require

_LOOKS_AGAIN_S: Final = 4.5
"""Each replica looks at each resource every two seconds."""


async def operators_killed_in_the_middle_make_one_row(scene: Scene) -> None:
    """Both die with SIGKILL around the moment at which they see a change, twice."""
    resource = scene.resource("geral")
    for n, pause_s in enumerate((0.0, 0.2)):
        before = await scene.last_id()
        applying = asyncio.create_task(resource.pause(f"Morte {n}"))
        seen = asyncio.create_task(scene.row_after(before, "pausado"))
        await asyncio.wait({applying, seen}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(pause_s)
        for name in REPLICAS:
            scene.operators.kill(name)
        await applying
        await seen
        await scene.operators.wait_ready()
        await scene.says(resource, paused=True, reason=f"Morte {n}")
        await resource.resume()
        await scene.says(resource, paused=False)
        await asyncio.sleep(_LOOKS_AGAIN_S / 2)
        rows = await scene.rows_after(before)
        require(
            [row.status for row in rows] == ["pausado", "ativo"], f"kill {n}: the rows are {rows}"
        )


async def without_the_database_the_condition_says_so(scene: Scene) -> None:
    """What was applied meanwhile is applied when it is back."""
    resource = scene.resource("geral")
    await resource.resume()
    await scene.holds(resource, "Applied")
    before = await scene.last_id()
    async with scene.away(lambda: scene.stack.kill("postgres")):
        await asyncio.sleep(0.5)
        await resource.pause("Sem banco")

        async def told() -> Condition | None:
            seen = await resource.condition("Applied")
            return seen if seen is not None and seen.status == "False" else None

        condition = await eventually("a condition that says so", told, within_s=40)
        require(condition.reason == "DatabaseUnavailable", f"the condition says {condition}")
    row = await scene.row_after(before, "pausado")
    require(row.reason == "Sem banco", f"the row says {row}")
    await scene.holds(resource, "Applied")
    await scene.says(resource, paused=True)
    require(len(await scene.rows_after(before)) == 1, "it was applied more than once")


async def without_the_api_server_sql_still_stops(scene: Scene) -> None:
    """The resource shows it once the API server is back, and changes are seen again."""
    resource = scene.resource("geral")
    await resource.resume()
    await scene.holds(resource, "Applied")
    async with scene.away(lambda: scene.kube.kill("kube-apiserver")):
        await asyncio.sleep(0.5)
        emergency = await scene.by_sql("pausado", "Emergencia - pausado manualmente", by="paula")
        require(await scene.paused(), "without an API server SQL does not stop")
        await asyncio.sleep(2)
    condition = await scene.holds(resource, "Overridden")
    require("paula" in condition.message, f"Overridden says {condition}")
    await resource.resume(request="depois da queda")
    row = await scene.row_after(emergency.id, "ativo")
    require(row.via == "kubernetes", f"the row says {row}")


async def without_an_operator_sql_still_stops(scene: Scene) -> None:
    """Nothing of a stop needs the operator; it shows it when it is back."""
    resource = scene.resource("geral")
    await resource.resume()
    await scene.holds(resource, "Applied")
    await scene.operators.stop(at_once=True)
    await scene.by_sql("pausado", "Emergencia - pausado manualmente", by="paula")
    doctor = await scene.doctor()
    (number,) = await scene.letters.write(doctor)
    await scene.stored(number)
    await asyncio.sleep(_LOOKS_AGAIN_S)
    await scene.unanswered(doctor, number)
    await scene.by_sql("ativo", "Retomando operacao", by="paula")
    await scene.answered(doctor, number)
    await scene.by_sql("pausado", "Mais uma vez", by="paula")
    await scene.operators.start()
    condition = await scene.holds(resource, "Overridden")
    require("Mais uma vez" in condition.message, f"Overridden says {condition}")


ALL: Final[Sequence[Scenario]] = (
    operators_killed_in_the_middle_make_one_row,
    without_the_database_the_condition_says_so,
    without_the_api_server_sql_still_stops,
    without_an_operator_sql_still_stops,
)
