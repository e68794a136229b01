"""3: every pod of every service deleted with no grace, one after another, under load."""

from julia_dev.e2e.pods import SERVICES
from julia_dev.e2e.scene import Scene


async def play(scene: Scene) -> None:
    """Delete each pod that is there at the beginning, and wait for the one in its place."""
    async with scene.loads.running():
        for pod in await scene.pods.of(*SERVICES):
            await scene.pods.delete_at_once(pod)
            await scene.pods.replaced(pod)
            print(f"    {pod.name} was deleted and replaced", flush=True)
