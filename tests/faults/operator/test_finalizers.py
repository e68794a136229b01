"""A resource is deleted while nobody watches: its pauses end all the same."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from julia_dev.kube.access import Access
from julia_dev.kube.kube import Kube
from julia_dev.kube.scene import until
from julia_dev.kube.world import World, counted

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
STOPPED = ("True", "Stopped")
PAUSED = ("pausado", "kubernetes")
RESUMED = ("ativo", "kubernetes")
LOOKS = "julia_operador_decisoes_total"


async def release(world: World) -> None:
    """Run the command that a Helm hook runs before an uninstall."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "julia_operator.release",
        env={
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(world.kubeconfig),
            "WATCH_NAMESPACE": world.scene.namespace,
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0


async def test_installed_anew_it_ends_the_pauses_of_what_is_deleted_while_it_is_down(
    world: World,
) -> None:
    scene, first = world.scene, await world.operator("first")
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    await release(world)
    await first.stop()

    second = await world.operator("second")
    await until(lambda: scene.resource("geral"), lambda body: "finalizers" in body["metadata"])
    await second.stop()
    await scene.kubectl("delete", "js", "geral", "--wait=false")
    await world.operator("third")
    await world.gone("geral")

    assert await scene.rows() == [PAUSED, RESUMED]
    assert await scene.standing() == 0


@pytest.mark.fault(63)
async def test_a_deletion_that_the_watch_has_lost_is_found_within_a_minute(
    opened: Callable[[Access], Awaitable[World]], tmp_path: Path
) -> None:
    async with Kube(tmp_path / "kube") as kube:
        world = await opened(kube.access)
        scene, keeper = world.scene, await world.operator()
        await scene.apply("geral", **PAUSE)
        await scene.until("geral", Enforced=STOPPED)
        # Nothing but the watch may tell it then.
        await release(world)

        keeper.kill(signal.SIGSTOP)
        # Its watch is cut before the deletion, and cannot go on after it.
        kube.kill("kube-apiserver", signal.SIGKILL)
        await kube.wait_ready()
        await scene.kubectl("delete", "js", "geral", "--timeout=5s")
        await kube.compact()
        kube.kill("kube-apiserver", signal.SIGKILL)
        await kube.wait_ready()
        keeper.kill(signal.SIGCONT)

        await until(scene.rows, lambda rows: rows == [PAUSED, RESUMED], patience=90)
        assert await counted(keeper, "julia_operador_recursos") == 0
