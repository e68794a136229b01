"""The API server ends or hangs; the operator comes back by itself, and what stands is shown."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from julia_dev.kube.access import Access
from julia_dev.kube.kube import Kube
from julia_dev.kube.world import World

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
STOPPED = ("True", "Stopped")


@pytest.mark.fault(63)
async def test_the_api_server_comes_back_and_so_does_the_watch(
    opened: Callable[[Access], Awaitable[World]], tmp_path: Path
) -> None:
    async with Kube(tmp_path / "kube") as kube:
        world = await opened(kube.access)
        scene, keeper = world.scene, await world.operator()
        await scene.apply("geral", paused=False)
        await scene.until("geral", Enforced=("True", "Running"))

        kube.kill("kube-apiserver", signal.SIGKILL)
        await scene.decide("pausado", "emergência", by="ana")
        await kube.wait_ready()
        await keeper.wait_ready()
        await scene.until("geral", Overridden=("True", "PausedElsewhere"))

        kube.kill("kube-apiserver", signal.SIGSTOP)
        await asyncio.sleep(12)
        kube.kill("kube-apiserver", signal.SIGCONT)
        await scene.apply("outro", **PAUSE)
        await scene.until("outro", Enforced=STOPPED)

        await scene.kubectl("delete", "js", "--all", "--timeout=30s")
        assert [row for row in await scene.rows() if row[1] == "kubernetes"] == [
            ("pausado", "kubernetes"),
            ("ativo", "kubernetes"),
        ]


async def test_it_waits_for_the_api_server_and_for_the_crd(
    opened: Callable[[Access], Awaitable[World]], tmp_path: Path
) -> None:
    async with Kube(tmp_path / "kube") as kube:
        world = await opened(kube.access)
        crd = kube.access.kubectl()
        definition = await crd.get("crd", "juliastatuses.whats-agents.dev")
        await crd("delete", "crd", "juliastatuses.whats-agents.dev")
        starting = asyncio.create_task(world.operator())
        log = tmp_path / "logs" / "operator.log"
        while "is the CRD there?" not in (log.read_text() if log.exists() else ""):
            await asyncio.sleep(0.1)
        assert not starting.done()

        kept = {"name": definition["metadata"]["name"]}
        await crd.apply(
            {k: definition[k] for k in ("apiVersion", "kind", "spec")} | {"metadata": kept}
        )
        keeper = await starting
        await world.scene.apply("geral", **PAUSE)
        await world.scene.until("geral", Enforced=STOPPED)

        assert keeper.starts == 1
