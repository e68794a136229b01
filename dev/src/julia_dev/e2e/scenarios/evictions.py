"""4: every pod evicted through the Eviction API, as a drain does, budgets respected, under load."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from julia_dev.e2e.pods import PACE_S, SERVICES, Pod
from julia_dev.e2e.scene import Scene
from julia_dev.stopping.scene import eventually, require

_BUDGETED: Final = frozenset({"ingest", "brain"})
"""Services that run as several pods unless told otherwise."""


async def play(scene: Scene) -> None:
    """Evict all pods of each service at once: a budget lets one go at a time."""
    async with scene.loads.running():
        for component in SERVICES:
            await _drain(scene, await scene.pods.of(component))


async def _drain(scene: Scene, pods: Sequence[Pod]) -> None:
    first, *others = pods
    require(
        others or first.component not in _BUDGETED,
        f"{first.component} has one pod, so that its budget shows nothing",
    )
    require(await scene.pods.evict(first), f"the only eviction, of {first.name}, was refused")
    for pod in others:
        require(
            not await scene.pods.evict(pod),
            f"{pod.name} could be evicted while {first.name} was not replaced yet",
        )
    await scene.pods.replaced(first)
    for pod in others:
        evict = partial(scene.pods.evict, pod)
        await eventually(f"the eviction of {pod.name}", evict, within_s=60, every_s=PACE_S)
        await scene.pods.replaced(pod)
    print(f"    {len(pods)} of {first.component} were evicted and replaced", flush=True)
