"""9: all pods run under Pod Security `restricted`; what each service takes is printed."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from julia_dev.e2e.install import NAME
from julia_dev.e2e.pods import SERVICES
from julia_dev.e2e.scene import Scene
from julia_dev.kube.kubectl import Kubectl, Refused
from julia_dev.stopping.scene import Wrong, require

_LOOKS: Final = 9
_APART_S: Final = 5.0
"""metrics-server looks every fifteen seconds, and averages over that time."""
_MI: Final = 2**20
_UNITS: Final = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "n": 1e-9, "u": 1e-6, "m": 1e-3}
_COMPONENT: Final = "app.kubernetes.io/component"


@dataclass
class _Peak:
    """The most that one pod of a component took: cores, and bytes."""

    cpu: float = 0.0
    memory: float = 0.0


async def play(scene: Scene) -> None:
    """Look at what the pods take while doctors write."""
    kubectl = scene.cluster.kubectl
    await _require_restricted(kubectl)
    peaks: defaultdict[str, _Peak] = defaultdict(_Peak)
    async with scene.loads.running():
        for _ in range(_LOOKS):
            await asyncio.sleep(_APART_S)
            await _look(kubectl, peaks)
    for component, peak in sorted(peaks.items()):
        print(
            f"    {component}: {peak.memory / _MI:.0f} MiB, {peak.cpu * 1000:.0f}m of a core",
            flush=True,
        )
    unseen = set(SERVICES) - peaks.keys()
    require(not unseen, f"metrics-server has no figures of {', '.join(sorted(unseen))}")


async def _require_restricted(kubectl: Kubectl) -> None:
    """Nothing else is let in, and everything of Julia is there nevertheless."""
    outlaw = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "outlaw"},
        "spec": {"containers": [{"name": "outlaw", "image": "localhost/none"}]},
    }
    try:
        await kubectl.apply(outlaw, arguments=("--dry-run=server",))
    except Refused as refusal:
        require("restricted" in str(refusal), f"a pod was refused for another reason: {refusal}")
    else:
        raise Wrong("the namespace takes a pod that may do what it likes")


async def _look(kubectl: Kubectl, peaks: dict[str, _Peak]) -> None:
    """Note what each pod takes now."""
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{kubectl.namespace}/pods"
    selector = f"labelSelector=app.kubernetes.io/instance={NAME}"
    listed = json.loads(await kubectl("get", "--raw", f"{path}?{selector}"))
    for item in listed["items"]:
        peak = peaks[item["metadata"]["labels"][_COMPONENT]]
        peak.cpu = max(peak.cpu, _sum(item, "cpu"))
        peak.memory = max(peak.memory, _sum(item, "memory"))


def _sum(item: dict[str, Any], what: str) -> float:
    return sum(amount(container["usage"][what]) for container in item["containers"])


def amount(quantity: str) -> float:
    """Read one of Kubernetes' quantities, such as `250m` or `64Mi`."""
    unit = quantity.lstrip("0123456789.")
    return float(quantity.removesuffix(unit)) * _UNITS[unit]
