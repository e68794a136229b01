"""6: a paused JuliaStatus under load: nothing claimed after its row, nothing posted 2 s later."""

import asyncio
import time
from typing import Final

from julia_dev.e2e.scene import Scene
from julia_dev.ledger.account import ARRIVAL_GRACE_S
from julia_dev.stopping import records
from julia_dev.stopping.scene import eventually, require
from julia_dev.stopping.stops import START_BUDGET_S, after_stop, begun_late

_PAUSED_S: Final = 8.0
_SENDS: Final = frozenset({"sendText", "sendMedia"})


async def play(scene: Scene) -> None:
    """Pause while doctors write, count what was claimed and posted, and resume."""
    world, resource = scene.world, scene.status("emergencia")
    # What other scenarios posted is theirs.
    after = (await world.summary())["last"]
    async with scene.loads.running():
        asked_at = time.time()
        await resource.pause("Emergência: pausa sob carga")
        paused_at = await _row(scene, "pausado", asked_at)
        print(f"    from kubectl apply to the row: {paused_at - asked_at:.2f} s", flush=True)
        await asyncio.sleep(_PAUSED_S)
        waiting = await world.backlog()
        resumed_asked_at = time.time()
        await resource.resume()
        resumed_at = await _row(scene, "ativo", resumed_asked_at)
    require(waiting > 0, "nothing waited for the end of the pause, so there was no load")
    decisions, claims = await records.decisions(world), await records.claims(world)
    begun_again = [each for each in claims if each.at > resumed_at and each.begun_at is not None]
    require(
        begun_again, "no claim since the resume is on record, so that none before shows nothing"
    )
    late = after_stop(decisions, claims)
    require(not late, f"{len(late)} sends were claimed after the row's commit")
    begun = begun_late(decisions, claims)
    require(not begun, f"{len(begun)} POSTs began more than {START_BUDGET_S:g} s after the row")
    limit = paused_at + START_BUDGET_S + ARRIVAL_GRACE_S
    posts = [
        call
        for call in await world.records("call", after=after)
        if call["route"] in _SENDS and limit < call["started_at"] < resumed_at
    ]
    require(not posts, f"{len(posts)} POSTs reached Evolution while Julia was paused")
    print(f"    {waiting} waited for the resume and were answered", flush=True)


async def _row(scene: Scene, status: str, since: float) -> float:
    """Return when the row was committed, by the database's clock."""

    async def look() -> float | None:
        rows = await scene.world.sql(
            "select extract(epoch from created_at)::float8 as at from julia_status"
            " where status = $1 and created_at > to_timestamp($2) - interval '2 seconds'"
            " order by id desc limit 1",
            status,
            since,
        )
        return float(rows[0]["at"]) if rows else None

    return await eventually(f"the row {status!r}", look)
