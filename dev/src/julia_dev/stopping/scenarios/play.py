"""Playing scenarios, and what was wrong."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import httpx

from julia_common.errors import Permanent, Retryable
from julia_dev.kube.kubectl import Refused
from julia_dev.stopping.scene import Scene, Wrong
from julia_dev.stopping.verdict import Outcome

type Scenario = Callable[[Scene], Awaitable[None]]
"""Raises `Wrong` when something is not as it should be."""

_WHAT_A_SYSTEM_SAYS = (Refused, Permanent, Retryable, asyncpg.PostgresError, httpx.HTTPError)


async def play(scene: Scene, groups: Sequence[Sequence[Scenario]]) -> list[Outcome]:
    """Play one group after the other, those of a group side by side.

    One that goes wrong does not keep the next from its turn.
    """
    outcomes = []
    for group in groups:
        for outcome in await _play(scene, group):
            outcomes.append(outcome)
            print(
                f"  {outcome.seconds:5.1f} s  {outcome.name}: {outcome.wrong or 'ok'}", flush=True
            )
    return outcomes


async def _play(scene: Scene, group: Sequence[Scenario]) -> list[Outcome]:
    began = time.monotonic()
    wrongs = await asyncio.gather(*(_wrong_with(scenario, scene) for scenario in group))
    left = await _wrong_with(_settled, scene)
    if left is not None:
        await _wrong_with(_settled, scene)
    took = time.monotonic() - began
    # What is left behind is the scenario's fault too.
    return [
        Outcome(scenario.__name__, wrong or left, took)
        for scenario, wrong in zip(group, wrongs, strict=True)
    ]


async def _settled(scene: Scene) -> None:
    await scene.settle()


async def _wrong_with(scenario: Scenario, scene: Scene) -> str | None:
    try:
        await scenario(scene)
    except Wrong as error:
        return str(error)
    except _WHAT_A_SYSTEM_SAYS as error:
        return f"{type(error).__name__}: {error}"
    return None
