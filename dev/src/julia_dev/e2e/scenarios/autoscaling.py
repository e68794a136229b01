"""5: ingest is scaled out under CPU load and back, mid-burst; by KEDA, the brain by its backlog."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx

from julia_dev.e2e.install import NAME
from julia_dev.e2e.scene import Scene, timed
from julia_dev.kube.kubectl import Refused
from julia_dev.stopping.scene import eventually, require

_CPU_M: Final = 30
_CPU_PER_RATE_M: Final = 5
"""Thousandths of a core that a pod of ingest may take, and how many more for a message a second.

So little that the doctors of the load stay below two thirds of it, and strangers are told apart.
"""
_STRANGERS: Final = 16
_REFUSALS: Final = (httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS)
_SCALED_WITHIN_S: Final = 240

_SLOW_CLAUDE_S: Final = 12.0
_KEDA: Final = "scaledobjects.keda.sh"


async def play(scene: Scene) -> None:
    """Scale ingest by the CPU that strangers cost it, then the brain by what waits for it."""
    await _by_cpu(scene)
    if await _has_keda(scene):
        await _by_backlog(scene)
    else:
        print(
            "    KEDA is not there: `make chart` shows that its CRDs take the chart's", flush=True
        )


async def _by_cpu(scene: Scene) -> None:
    cpu = f"{_CPU_M + _CPU_PER_RATE_M * scene.rate:.0f}m"
    eager = {"mode": "hpa", "cpu": cpu, "scaleDownSeconds": 0}
    await scene.release.upgrade({"ingest": {"autoscaling": eager}})
    fewest = await _replicas(scene, "api")
    async with scene.loads.running():
        async with _strangers(scene):
            await timed("ingest out", _until(scene, "api", more_than=fewest))
        await timed("ingest back", _until(scene, "api", at_most=fewest))
    await scene.release.rollback()


async def _by_backlog(scene: Scene) -> None:
    keda = {"mode": "keda", "minReplicas": 1, "maxReplicas": 4, "scaleDownSeconds": 0}
    await scene.release.upgrade({"brain": {"autoscaling": keda}})
    await timed("the brain to one pod", _until(scene, "brain", at_most=1))
    async with scene.loads.running():
        async with _slow_claude(scene):
            await timed("the brain to three pods", _until(scene, "brain", more_than=2))
        await timed("the brain back to one", _until(scene, "brain", at_most=1))
    await scene.release.rollback()


@asynccontextmanager
async def _strangers(scene: Scene) -> AsyncIterator[None]:
    """Let people without the secret call ingest as fast as it answers them."""
    base = f"http://{await scene.cluster.address(f'{NAME}-api', 8000)}"
    # Connections anew each time: one stays with its pod, and new pods want some too.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=base, limits=limits, trust_env=False) as client:
        calling = [asyncio.create_task(_call(client)) for _ in range(_STRANGERS)]
        try:
            yield
            require(not any(task.done() for task in calling), "nobody called any more")
        finally:
            for task in calling:
                task.cancel()
            await asyncio.wait(calling)


async def _call(stranger: httpx.AsyncClient) -> None:
    while True:
        # One whose pod goes calls another.
        with suppress(httpx.TransportError):
            answer = await stranger.post("/webhook/evolution", json={}, timeout=10)
            require(
                answer.status_code in _REFUSALS,
                f"a stranger was answered {answer.status_code}",
            )


@asynccontextmanager
async def _slow_claude(scene: Scene) -> AsyncIterator[None]:
    """Let Claude think for long, so that one brain has too few hands."""
    url = await scene.neighbours.url("anthropic")
    async with httpx.AsyncClient(base_url=url, trust_env=False) as claude:
        before = (await claude.get("/_sim/behaviour")).json()
        slow = {"first_token_median_s": _SLOW_CLAUDE_S, "first_token_sigma": 0.0}
        (await claude.patch("/_sim/behaviour", json=slow)).raise_for_status()
        try:
            yield
        finally:
            (await claude.patch("/_sim/behaviour", json=before)).raise_for_status()


async def _until(
    scene: Scene, name: str, *, more_than: int = 0, at_most: int | None = None
) -> None:
    """Wait until a Deployment has so many pods, all of them ready."""

    async def look() -> bool:
        found = await scene.cluster.kubectl.get("deployment", f"{NAME}-{name}")
        replicas = found["status"].get("replicas", 0)
        ready = found["status"].get("readyReplicas", 0)
        in_bounds = replicas > more_than and (at_most is None or replicas <= at_most)
        return bool(in_bounds and ready == replicas)

    await eventually(f"pods of {name}", look, within_s=_SCALED_WITHIN_S, every_s=1)


async def _replicas(scene: Scene, name: str) -> int:
    found = await scene.cluster.kubectl.get("deployment", f"{NAME}-{name}")
    return int(found["spec"]["replicas"])


async def _has_keda(scene: Scene) -> bool:
    """Whether KEDA's operator runs in the cluster."""
    try:
        await scene.cluster.kubectl("get", "crd", _KEDA)
        await scene.cluster.kubectl(
            *("wait", "deployment/keda-operator", "--namespace=keda"),
            *("--for=condition=Available", "--timeout=10s"),
        )
    except Refused:
        return False
    return True
