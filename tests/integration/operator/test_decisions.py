"""What a manager decides with kubectl becomes a row, and what stands becomes the status."""

from julia_dev.kube.scene import Scene

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
HOLDS = ("True", "Stopped")


async def test_a_pause_becomes_a_row_and_shows_when_nothing_is_in_flight(scene: Scene) -> None:
    before = await scene.rows()

    await scene.apply("geral", **PAUSE)
    await scene.kubectl("wait", "juliastatus/geral", "--for=condition=Enforced", "--timeout=20s")

    assert await scene.rows() == [*before, ("pausado", "kubernetes")]
    assert await scene.conditions("geral") == {
        "Applied": ("True", "Recorded"),
        "Enforced": HOLDS,
        "Overridden": ("False", "AsAskedFor"),
    }
