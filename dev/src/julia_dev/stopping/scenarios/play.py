"""Playing scenarios one after the other, and what was wrong."""

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


async def play(scene: Scene, scenarios: Sequence[Scenario]) -> list[Outcome]:
    """Play them all; one that goes wrong does not keep the next from its turn."""
    outcomes = []
    for scenario in scenarios:
        outcome = await _play(scene, scenario)
        outcomes.append(outcome)
        print(f"  {outcome.seconds:5.1f} s  {outcome.name}: {outcome.wrong or 'ok'}", flush=True)
    return outcomes


async def _play(scene: Scene, scenario: Scenario) -> Outcome:
    began = time.monotonic()
    wrong = await _wrong_with(scenario, scene)
    # What is left behind is the scenario's fault too.
    wrong = await _wrong_with(_settled, scene) if wrong is None else wrong
    if wrong is not None:
        await _wrong_with(_settled, scene)
    return Outcome(scenario.__name__, wrong, time.monotonic() - began)


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
