"""Pauses that end by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Final

from julia_dev.stopping.scene import Scene, eventually, require

REASON: Final = "Parada de poucos segundos"
_LASTS: Final = timedelta(seconds=10)
"""Enough for a busy machine to store what a doctor writes meanwhile."""
_TOLD_WITHIN_S: Final = 150.0
"""Two jobs, each of them every minute."""


async def until_lifts_by_itself(scene: Scene) -> None:
    """No row is inserted for it, and the doctor is answered."""
    resource, doctor = scene.resource("curta"), await scene.doctor()
    until = datetime.now(UTC).replace(microsecond=0) + _LASTS
    before = await scene.last_id()
    await resource.pause(REASON, until=until.isoformat().replace("+00:00", "Z"))
    await scene.row_after(before, "pausado")
    (number,) = await scene.letters.write(doctor)
    await scene.stored(number)
    await scene.unanswered(doctor, number)
    await scene.answered(doctor, number)
    require(datetime.now(UTC) >= until, "it was lifted before its time")
    shown = await scene.says(resource, paused=False, phase="Active")
    require(not shown.get("until"), f"the status says {shown}")
    rows = await scene.rows_after(before)
    require([row.status for row in rows] == ["pausado"], f"the rows are {rows}")


async def managers_are_told_that_a_pause_ended(scene: Scene) -> None:
    """In Slack, with the reason that it had."""

    async def told() -> bool:
        return any("prazo" in text and REASON in text for text in await scene.slack())

    await eventually("the announcement in Slack", told, within_s=_TOLD_WITHIN_S)
