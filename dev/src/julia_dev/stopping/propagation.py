"""How soon a stop stops: many of them while doctors write, by kubectl and by the runbook's SQL."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Final

from julia_dev.stopping.scene import Resource, Row, Scene, Wrong, require
from julia_dev.stopping.verdict import Trial

SPARE: Final = 10
"""So many stops may be made again because they met nothing under way."""
_HOLD_S: Final = 2.3
"""A stop lasts longer than the promise's two seconds, or nothing late could be seen."""
_FLOWS_WITHIN_S: Final = 120.0
_CLAIMED, _OPEN = 1, 3
_SENDS: Final = frozenset({"sendText", "sendMedia"})

_MET: Final = """
select count(*) filter (where coalesce(resolved_at > to_timestamp($1), true)) as in_flight,
       count(*) filter (where claimed_at > to_timestamp($1) - interval '2 seconds') as claimed
  from envios join regras_envio using (kind)
 where pausa and postado and claimed_at <= to_timestamp($1)
   and claimed_at > to_timestamp($1) - interval '1 minute'
"""


@dataclass(frozen=True)
class Stop:
    """A stop and its resume; what it met of sends."""

    way: str
    asked_at: float
    row: Row
    resumed: Row
    in_flight: int
    claimed_before: int


async def run(scene: Scene, rng: random.Random, trials: int) -> list[Stop]:
    """Stop and resume until enough stops met sends under way; those that did not are kept too."""
    ways = ["kubectl", "sql"] * (trials // 2)
    rng.shuffle(ways)
    stops: list[Stop] = []
    try:
        await _go_through(scene, ways, stops)
    except Wrong as error:
        # The verdict misses what was not measured.
        print(f"  the stops ended early: {error}", flush=True)
    return stops


async def _go_through(scene: Scene, ways: list[str], stops: list[Stop]) -> None:
    resource = scene.resource("propagation")
    await resource.resume()
    await scene.holds(resource, "Applied")
    most = len(ways) + SPARE
    async with scene.load.running():
        while ways and len(stops) < most:
            require(
                await scene.load.flowing(
                    claimed=_CLAIMED, open_now=_OPEN, within_s=_FLOWS_WITHIN_S
                ),
                f"doctors write and nothing was sent for {_FLOWS_WITHIN_S:g} s",
            )
            stop = await _stop(scene, resource, ways[-1])
            stops.append(stop)
            if stop.in_flight and stop.claimed_before:
                ways.pop()
            if len(stops) % 10 == 0:
                print(f"  {len(stops)} stops, {len(ways)} to go", flush=True)


async def trials(scene: Scene, stops: list[Stop]) -> list[Trial]:
    """Put each stop together with the POSTs that Evolution received between it and its resume."""
    posts = [
        call["started_at"] for call in await scene.world.records("call") if call["route"] in _SENDS
    ]
    return [
        Trial(
            way=stop.way,
            asked_at=stop.asked_at,
            row_at=stop.row.at,
            in_flight=stop.in_flight,
            claimed_before=stop.claimed_before,
            posts_after=tuple(
                at - stop.row.at for at in posts if stop.row.at < at < stop.resumed.at
            ),
        )
        for stop in stops
    ]


async def _stop(scene: Scene, resource: Resource, way: str) -> Stop:
    before = await scene.last_id()
    asked_at = time.time()
    if way == "kubectl":
        await resource.pause("Emergência: parada medida")
        row = await scene.row_after(before, "pausado")
    else:
        row = await scene.by_sql("pausado", "Emergencia - pausado manualmente")
    await asyncio.sleep(max(0.0, row.at + _HOLD_S - time.time()))
    before = await scene.last_id()
    if way == "kubectl":
        await resource.resume()
        resumed = await scene.row_after(before, "ativo")
    else:
        resumed = await scene.by_sql("ativo", "Retomando operacao")
    (met,) = await scene.world.sql(_MET, row.at)
    return Stop(way, asked_at, row, resumed, met["in_flight"], met["claimed"])
