"""An install that fails before it made anything, and its uninstall, with their hooks.

Nothing runs at the API server, so what a Job would do is done here: the migrations fail, and what
lets resources go runs as a process, as the account that its Job names.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any, Final

from julia_dev.chart.programs import Failed, run
from julia_dev.kube.kube import Kube
from julia_dev.kube.kubectl import Kubectl, Refused
from julia_dev.stack.probes import NotReady, wait_until

_WITHIN_S: Final = 60.0
_AT: Final = "2026-01-01T00:00:00Z"


async def fail_and_undo(
    kube: Kube, namespace: str, install: Callable[[], str], uninstall: Callable[[], str]
) -> None:
    """Go through it in a cluster without the CRD; the two run Helm, and raise `Failed`.

    Raises:
        Failed: the install ends well, the uninstall does not, or leaves something behind.
        NotReady: a Job does not come.
        Refused: the server does not answer kubectl, or has not the account.
    """
    kubectl = kube.access.kubectl(namespace)
    installing = asyncio.create_task(asyncio.to_thread(install))
    await _end(kubectl, await _job(kubectl, "julia-migrations"), "FailureTarget", "Failed")
    try:
        await installing
    except Failed:
        pass
    else:
        raise Failed("an install whose migrations fail ends well")
    uninstalling = asyncio.create_task(asyncio.to_thread(uninstall))
    job = await _job(kubectl, "julia-operator-release")
    await _let_go(kube, namespace, job["spec"]["template"]["spec"]["serviceAccountName"])
    await _end(kubectl, job, "SuccessCriteriaMet", "Complete")
    await uninstalling
    kinds = "job,serviceaccount,role,rolebinding"
    left = await kubectl(
        "get", kinds, "--selector=app.kubernetes.io/component=operator", "--output=name"
    )
    if left:
        raise Failed(f"the uninstall of an install that had failed leaves {left}")


async def _job(kubectl: Kubectl, name: str) -> Any:
    async def there() -> None:
        try:
            await kubectl("get", "job", name)
        except Refused as refusal:
            raise NotReady(str(refusal)) from refusal

    await wait_until(there, _WITHIN_S)
    return await kubectl.get("job", name)


async def _end(kubectl: Kubectl, job: Any, *conditions: str) -> None:
    """Say of a Job what its controller would."""
    status: dict[str, Any] = {
        "startTime": _AT,
        "conditions": [
            {"type": each, "status": "True", "lastTransitionTime": _AT} for each in conditions
        ],
    }
    if "Complete" in conditions:
        status |= {"completionTime": _AT, "succeeded": 1}
    patch = json.dumps({"status": status})
    name = job["metadata"]["name"]
    await kubectl("patch", "job", name, "--subresource=status", "--type=merge", "--patch", patch)


async def _let_go(kube: Kube, namespace: str, account: str) -> None:
    environment = {
        "ENVIRONMENT": "production",
        "WATCH_NAMESPACE": namespace,
        "KUBECONFIG": str(await kube.access.kubeconfig_of(account, namespace)),
        "NO_PROXY": "127.0.0.1",
    }
    await asyncio.to_thread(
        run, "env", "-i", *(f"{name}={value}" for name, value in environment.items()),
        sys.executable, "-m", "julia_operator.release",
    )  # fmt: skip
