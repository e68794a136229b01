"""1: `helm install --wait` from nothing to the first answered message; then `helm test`."""

import time

from julia_dev.e2e.install import NUMBERS
from julia_dev.e2e.scene import Scene, timed
from julia_dev.ledger import plan
from julia_dev.stopping.scene import eventually, require

_NUMBER = 1


async def play(scene: Scene) -> None:
    """Install, let one doctor write, and wait for the answer on the phone."""
    await scene.release.uninstall()
    began = time.monotonic()
    await timed("helm install --wait", scene.release.install())
    await scene.find()
    (doctor,) = plan.doctors(1)
    await scene.world.join([doctor], plain=True)
    # What an earlier release sent may still be on Evolution's volume.
    after = (await scene.world.summary())["last"]
    await scene.world.write(
        [{"doctor": doctor, "text": f"Oi, tem plantão? #m{_NUMBER}", "instance": NUMBERS[0]}]
    )

    async def answered() -> bool:
        deliveries = await scene.world.records("delivery", doctor=doctor, after=after)
        return any(f"#m{_NUMBER}" in each["text"] for each in deliveries)

    await eventually("the first answer", answered, within_s=60)
    scene.install_minutes = (time.monotonic() - began) / 60
    print(f"    {scene.install_minutes:.1f} minutes to the first answer", flush=True)
    await _test(scene)


async def _test(scene: Scene) -> None:
    """`helm test` says that a message was answered; no phone got anything of it."""
    before = (await scene.world.summary())["last"]
    said = await scene.release.test()
    answered = next((line for line in said.splitlines() if " was answered within " in line), None)
    require(answered, f"helm test does not tell of an answer:\n{said}")
    print(f"    helm test: {answered}", flush=True)
    sent = await scene.world.records("delivery", after=before)
    require(not sent, f"helm test made {len(sent)} messages arrive")
