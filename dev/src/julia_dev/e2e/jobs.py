"""Jobs of a cluster: made from a CronJob, and waited for."""

import asyncio
import time
from typing import Final

from julia_dev.kube.kubectl import Kubectl
from julia_dev.stopping.scene import Wrong

_POLL_S: Final = 0.5


async def run(kubectl: Kubectl, cron_job: str, *, within_s: float) -> None:
    """Do now what a CronJob does at its time.

    Raises:
        Refused: there is no such CronJob.
        Wrong: it fails, or takes too long; holds its log.
    """
    name = f"{cron_job}-agora"
    await kubectl("delete", "job", name, "--ignore-not-found", "--wait")
    await kubectl("create", "job", f"--from=cronjob/{cron_job}", name)
    deadline = time.monotonic() + within_s
    while True:
        status = (await kubectl.get("job", name))["status"]
        ended = {each["type"] for each in status.get("conditions", ()) if each["status"] == "True"}
        if "Complete" in ended:
            # Its pod would hold the claims that it used.
            await kubectl("delete", "job", name, "--wait")
            return
        if "Failed" in ended or time.monotonic() > deadline:
            log = await kubectl("logs", f"job/{name}", "--all-containers", "--tail=20")
            raise Wrong(f"{name} did not succeed: {log}")
        await asyncio.sleep(_POLL_S)
