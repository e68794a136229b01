"""2: `helm upgrade` to another image under load, twice, and `helm rollback`."""

from julia_dev.e2e.pods import SERVICES
from julia_dev.e2e.scene import Scene, timed
from julia_dev.stopping.scene import require


async def play(scene: Scene) -> None:
    """Go to the other image, back, and back again to the other one by rollback."""
    this, other = scene.images.tag, scene.images.other
    async with scene.loads.running():
        await timed(f"helm upgrade to {other}", scene.release.upgrade(_image(other)))
        await _require_running(scene, other)
        await timed(f"helm upgrade to {this}", scene.release.upgrade(_image(this)))
        await _require_running(scene, this)
        await timed("helm rollback", scene.release.rollback())
        await _require_running(scene, other)


def _image(tag: str) -> dict[str, dict[str, str]]:
    return {"image": {"tag": tag}}


async def _require_running(scene: Scene, tag: str) -> None:
    """Every service has been replaced when Helm is done."""
    for pod in await scene.pods.of(*SERVICES):
        require(pod.image.endswith(f":{tag}"), f"{pod.name} still runs {pod.image}, not {tag}")
