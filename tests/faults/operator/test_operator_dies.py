"""The operator ends, or its database is away, at the worst moments: nothing is done twice."""

import asyncio
import signal

import pytest

from julia_dev.kube.scene import until
from julia_dev.kube.world import World, counted

pytestmark = pytest.mark.faults

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
STOPPED = ("True", "Stopped")
PAUSED = ("pausado", "kubernetes")
RESUMED = ("ativo", "kubernetes")


@pytest.mark.fault(64)
async def test_killed_between_the_row_and_the_status_it_tells_once_what_it_did_once(
    world: World,
) -> None:
    scene, keeper = world.scene, await world.operator()
    await world.fault(lost_responses={"apply_status": 1000})
    await scene.apply("geral", **PAUSE)
    await until(scene.rows, lambda rows: rows == [PAUSED])
    assert await scene.conditions("geral") == {}

    keeper.kill(signal.SIGKILL)
    await world.fault()
    await keeper.wait_ready()
    await scene.until("geral", Enforced=STOPPED)

    assert await scene.rows() == [PAUSED]
    assert await world.told("geral") == {"Paused": 1, "Stopped": 1}


@pytest.mark.fault(64)
async def test_killed_in_the_middle_of_a_deletion_it_ends_the_pauses_once_and_lets_go(
    world: World,
) -> None:
    scene, keeper = world.scene, await world.operator()
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    await world.fault(lost_responses={"remove_status": 1000})
    await scene.kubectl("delete", "js", "geral", "--wait=false")
    await until(scene.rows, lambda rows: rows == [PAUSED, RESUMED])
    assert (await scene.resource("geral"))["metadata"]["finalizers"]

    keeper.kill(signal.SIGKILL)
    await world.fault()
    await world.gone("geral")

    assert await scene.rows() == [PAUSED, RESUMED]
    assert (await world.told("geral"))["Removed"] == 1


async def test_what_was_decided_while_it_was_away_is_done_when_it_is_back(world: World) -> None:
    scene, keeper = world.scene, await world.operator()
    await scene.apply("velho", **PAUSE, scope={"estado": "SP"})
    await scene.until("velho", Enforced=STOPPED)
    await keeper.stop()

    await scene.apply("novo", **PAUSE)
    await scene.apply("velho", paused=False, scope={"estado": "SP"})
    await scene.kubectl("delete", "js", "velho", "--wait=false")
    assert await scene.rows() == [PAUSED]
    await world.operator("after")
    await scene.until("novo", Enforced=STOPPED)
    await world.gone("velho")

    assert sorted(await scene.rows()) == [RESUMED, PAUSED, PAUSED]
    assert await scene.standing() == 1


async def test_while_the_database_is_away_the_resource_says_so_once_and_then_it_is_done(
    world: World,
) -> None:
    scene, keeper = world.scene, await world.operator()
    await world.fault(unavailable_s=600)
    await scene.apply("geral", **PAUSE)
    await scene.until(
        "geral",
        Applied=("False", "DatabaseUnavailable"),
        Enforced=("Unknown", "DatabaseUnavailable"),
    )
    version = (await scene.resource("geral"))["metadata"]["resourceVersion"]

    async def failures() -> float:
        return await counted(keeper, "julia_operador_falhas_total")

    before = await failures()
    await until(failures, lambda now: now >= before + 2)
    assert (await scene.resource("geral"))["metadata"]["resourceVersion"] == version
    assert await world.told("geral") == {"DatabaseUnavailable": 1}

    await world.fault()
    await scene.until("geral", Applied=("True", "Recorded"), Enforced=STOPPED)
    assert await scene.rows() == [PAUSED]
    assert (await world.told("geral"))["Recorded"] == 1


async def test_a_deletion_waits_for_the_database_and_says_so(world: World) -> None:
    scene, keeper = world.scene, await world.operator()
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    await world.fault(unavailable_s=600)

    await scene.kubectl("delete", "js", "geral", "--wait=false")
    await scene.until("geral", Applied=("False", "DatabaseUnavailable"))
    assert await scene.standing() == 1

    await world.fault()
    await world.gone("geral")
    assert await scene.rows() == [PAUSED, RESUMED]
    assert (await world.told("geral"))["DatabaseUnavailable"] == 1
    assert keeper.starts == 1


async def test_asked_to_stop_it_stops_in_order_also_while_the_database_is_away(
    world: World,
) -> None:
    scene, keeper = world.scene, await world.operator()
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    await world.fault(latency_s=60)
    await scene.apply("geral", paused=False)
    await asyncio.sleep(0.3)

    # Longer than it may take the process is killed, and says nothing more.
    await asyncio.wait_for(keeper.stop(), 10)
    await world.fault()

    log = (world.folder / "logs" / "operator.log").read_text()
    assert '"message": "stopped"' in log.splitlines()[-1]
