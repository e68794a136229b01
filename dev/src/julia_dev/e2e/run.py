"""One run: a namespace, the neighbours, the scenarios one after the other."""

import asyncio
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import redis.exceptions

from julia_dev import paths
from julia_dev.chart.programs import CHART
from julia_dev.e2e.cluster import Cluster, HelmFailed
from julia_dev.e2e.diagnosis import diagnose
from julia_dev.e2e.images import Images
from julia_dev.e2e.install import Release, base_values, owns_crds
from julia_dev.e2e.neighbours import Neighbours
from julia_dev.e2e.scene import Scenario, Scene
from julia_dev.e2e.verdict import Outcome, Verdict
from julia_dev.kube.kubectl import Refused
from julia_dev.stack.errors import StackError
from julia_dev.stack.secrets import Secrets
from julia_dev.stopping.scene import Wrong

_LONGEST_S: Final = 600
"""A scenario that takes longer has failed."""
_FOLDER: Final = paths.RUN / "e2e"

_WHAT_A_SYSTEM_SAYS = (
    Wrong,
    Refused,
    HelmFailed,
    StackError,
    asyncpg.PostgresError,
    httpx.HTTPError,
    redis.exceptions.RedisError,
    OSError,
)


async def run(
    cluster: Cluster,
    scenarios: Sequence[Scenario],
    *,
    images: Images,
    seed: int,
    rate: float,
    keep: bool,
) -> Verdict:
    """Play them all in the cluster's namespace; returns the figures.

    Args:
        cluster: where; its namespace is made, and taken away at the end.
        scenarios: what is played, in this order.
        images: what runs.
        seed: what is drawn is drawn from it.
        rate: messages in a second under load.
        keep: use the namespace as it is there, and leave it for another run.

    Raises:
        Refused: the neighbours do not come up.
        StackError: the cluster cannot be reached.
    """
    folder = _FOLDER / cluster.namespace
    if not keep:
        await _clear(cluster)
    neighbours = Neighbours(cluster, images, _secrets(folder, anew=not keep))
    try:
        await neighbours.start()
        print("the neighbours are up", flush=True)
    except (Refused, Wrong):
        await diagnose(cluster.kubectl, folder / "neighbours")
        raise
    crds = {"crds": {"enabled": await owns_crds(cluster)}}
    scene = Scene(
        cluster=cluster,
        images=images,
        neighbours=neighbours,
        release=Release(cluster, {**base_values(neighbours, images), **crds}, chart=_chart(folder)),
        rng=random.Random(seed),  # noqa: S311 - a repeatable run, not a secret
        rate=rate,
    )
    try:
        outcomes = [await _play(scene, scenario, folder) for scenario in scenarios]
    finally:
        await scene.close()
        if not keep:
            await _clear(cluster)
    return Verdict(outcomes, scene.tallies, scene.install_minutes)


def _secrets(folder: Path, *, anew: bool) -> Secrets:
    """Return those of the run; they stay, for a run that goes on with what is there."""
    if anew:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return Secrets.load(folder / "secrets.json")


def _chart(folder: Path) -> Path:
    """Copy the chart: who edits it meanwhile changes no upgrade of this run."""
    copied = folder / "chart"
    shutil.rmtree(copied, ignore_errors=True)
    return Path(shutil.copytree(CHART, copied))


async def _play(scene: Scene, scenario: Scenario, folder: Path) -> Outcome:
    print(f"{scenario.number}. {scenario.title}", flush=True)
    began = time.monotonic()
    wrong = await _wrong_with(scene, scenario)
    if wrong is not None:
        print(f"    WRONG: {wrong}", flush=True)
        await diagnose(scene.cluster.kubectl, folder / str(scenario.number))
    outcome = Outcome(scenario.number, scenario.title, wrong, time.monotonic() - began)
    print(f"  {outcome.seconds:5.0f} s  {scenario.number}: {wrong or 'ok'}", flush=True)
    return outcome


async def _wrong_with(scene: Scene, scenario: Scenario) -> str | None:
    try:
        async with asyncio.timeout(_LONGEST_S):
            if not scenario.installs:
                await scene.install()
            await scenario.play(scene)
            await scene.settle()
    except TimeoutError:
        return f"it took longer than {_LONGEST_S} s"
    except _WHAT_A_SYSTEM_SAYS as error:
        return f"{type(error).__name__}: {error}"
    return None


async def _clear(cluster: Cluster) -> None:
    """Take the release and the namespace away, if they are there."""
    kubectl = cluster.kubectl
    try:
        await kubectl("get", "namespace", kubectl.namespace)
    except Refused:
        return
    try:
        await Release(cluster, {}).uninstall()
    except HelmFailed as error:
        print(f"  helm uninstall: {error}", flush=True)
        await _release_pauses(cluster)
    await kubectl("delete", "namespace", kubectl.namespace, "--wait", "--timeout=180s")


async def _release_pauses(cluster: Cluster) -> None:
    """Do what the chart's hook could not: a finalizer would keep the namespace for ever."""
    try:
        names = (await cluster.kubectl("get", "juliastatuses", "--output=name")).split()
    except Refused:
        return
    for name in names:
        await cluster.kubectl(
            "patch", name, "--type=merge", '--patch={"metadata":{"finalizers":null}}'
        )
