"""Two operators at once, without an election: decisions are made once, and nobody quarrels."""

import signal

import pytest

from julia_dev.kube.scene import until
from julia_dev.kube.world import World, counted

pytestmark = [pytest.mark.faults, pytest.mark.fault(65)]

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
STOPPED = ("True", "Stopped")
RUNNING = ("True", "Running")
PAUSED = ("pausado", "kubernetes")
RESUMED = ("ativo", "kubernetes")
LOOKS = "julia_operador_decisoes_total"


async def test_two_operators_decide_once_tell_once_and_write_nothing_when_nothing_changes(
    world: World,
) -> None:
    scene = world.scene
    both = [await world.operator("um"), await world.operator("dois")]

    for request in ("1", "2"):
        await scene.apply("geral", **PAUSE, request=request)
        await scene.until("geral", Enforced=STOPPED)
        await scene.apply("geral", paused=False, request=request)
        await scene.until("geral", Enforced=RUNNING)

    version = (await scene.resource("geral"))["metadata"]["resourceVersion"]
    for keeper in both:
        before = await counted(keeper, LOOKS)

        async def looks(keeper: object = keeper) -> float:
            return await counted(keeper, LOOKS)

        await until(looks, lambda now, before=before: now >= before + 2)
    assert (await scene.resource("geral"))["metadata"]["resourceVersion"] == version
    assert await scene.rows() == [PAUSED, RESUMED] * 2

    await scene.kubectl("delete", "js", "geral", "--timeout=60s")
    assert await scene.rows() == [PAUSED, RESUMED] * 2
    assert await world.told("geral") == {"Paused": 2, "Stopped": 2, "Resumed": 2, "Removed": 1}


async def test_an_operator_that_slept_does_not_do_again_what_is_over(world: World) -> None:
    scene = world.scene
    await world.operator("awake")
    asleep = await world.operator("asleep")
    await scene.apply("geral", **PAUSE, scope={"estado": "SP"})
    await scene.until("geral", Enforced=STOPPED)

    asleep.kill(signal.SIGSTOP)
    await scene.apply("geral", **PAUSE, scope={"estado": "RJ"})
    await scene.until("geral", Enforced=STOPPED)
    await scene.apply("geral", paused=False, scope={"estado": "RJ"})
    await scene.until("geral", Enforced=RUNNING)
    await scene.apply("breve", **PAUSE)
    await scene.until("breve", Enforced=STOPPED)
    await scene.kubectl("delete", "js", "breve", "--timeout=60s")
    await scene.decide("pausado", "emergência")
    rows = await scene.rows()
    asleep.kill(signal.SIGCONT)
    await asleep.wait_ready()
    before = await counted(asleep, LOOKS)

    async def looks() -> float:
        return await counted(asleep, LOOKS)

    await until(looks, lambda now: now >= before + 3)
    assert await scene.rows() == rows
    await scene.until("geral", Overridden=("True", "PausedElsewhere"))


async def test_one_goes_on_when_the_other_is_killed(world: World) -> None:
    scene = world.scene
    one, _ = await world.operator("um"), await world.operator("dois")
    one.kill(signal.SIGSTOP)

    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    one.kill(signal.SIGKILL)
    await scene.apply("geral", paused=False)
    await scene.until("geral", Enforced=RUNNING)

    assert await scene.rows() == [PAUSED, RESUMED]
