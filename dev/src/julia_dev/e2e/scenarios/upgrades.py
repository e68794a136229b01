"""2: `helm upgrade` to another image under load, twice, and `helm rollback`."""

from julia_dev.e2e.pods import SERVICES
from julia_dev.e2e.scene import Scene, timed
from julia_dev.stopping.scene import require


async def play(scene: Scene) -> None:
    """Go to the other image, back, and to the other one again by a rollback."""
    this, other = scene.images.tag, scene.images.other
    if await _tags(scene) == {other}:
        this, other = other, this
    async with scene.loads.running():
        await timed(f"helm upgrade to {other}", scene.release.upgrade({"image": {"tag": other}}))
        await _require_running(scene, other)
        await timed(f"helm upgrade to {this}", scene.release.upgrade({"image": {"tag": this}}))
        await _require_running(scene, this)
        await timed("helm rollback", scene.release.rollback())
        await _require_running(scene, other)


async def _tags(scene: Scene) -> set[str]:
    return {pod.image.rpartition(":")[2] for pod in await scene.pods.of(*SERVICES)}


async def _require_running(scene: Scene, tag: str) -> None:
    """Every service has been replaced when Helm is done."""
    tags = await _tags(scene)
    require(tags == {tag}, f"Helm is done, and pods run {', '.join(sorted(tags))} instead of {tag}")
