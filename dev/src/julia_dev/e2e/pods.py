"""Pods of the services: which there are, deleting them, evicting them, waiting for new ones."""

import json
from dataclasses import dataclass
from typing import Any, Final

from julia_dev.e2e.install import NAME
from julia_dev.kube.kubectl import Kubectl, Refused
from julia_dev.stopping.scene import eventually

SERVICES: Final = ("ingest", "brain", "dispatcher", "scheduler", "operator")
"""Components of the chart, as their pods' labels say."""
REPLACED_WITHIN_S: Final = 180.0
PACE_S: Final = 1.0
"""Between two questions to the cluster: kubectl takes time of processors that the pods need."""


@dataclass(frozen=True)
class Pod:
    """One pod at one moment; `ready` is false while it ends."""

    name: str
    uid: str
    component: str
    image: str
    ready: bool
    restarts: int


@dataclass(frozen=True)
class Pods:
    """The pods of the release."""

    kubectl: Kubectl

    async def of(self, *components: str) -> list[Pod]:
        """Return the pods of these components that run or start."""
        chosen = ",".join(components)
        listed = await self.kubectl.get(
            "pods",
            f"--selector=app.kubernetes.io/instance={NAME},"
            f"app.kubernetes.io/component in ({chosen})",
        )
        return [read(item) for item in listed["items"] if _lives(item)]

    async def delete_at_once(self, pod: Pod) -> None:
        """Take a pod away with no grace: its processes are killed."""
        await self.kubectl("delete", "pod", pod.name, "--grace-period=0", "--force")

    async def evict(self, pod: Pod) -> bool:
        """Ask the Eviction API, as a drain does; returns False where a budget forbids it now."""
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": self.kubectl.namespace},
        }
        path = f"/api/v1/namespaces/{self.kubectl.namespace}/pods/{pod.name}/eviction"
        try:
            await self.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
        except Refused as refusal:
            if "disruption budget" in str(refusal):
                return False
            raise
        return True

    async def replaced(self, gone: Pod) -> None:
        """Wait until the pod is gone and its component has all its pods, ready.

        Raises:
            Wrong: that takes longer than three minutes.
        """

        async def look() -> bool:
            now = await self.of(gone.component)
            wanted = await self._wanted(gone.component)
            return gone.uid not in {pod.uid for pod in now} and (
                sum(pod.ready for pod in now) >= wanted
            )

        await eventually(
            f"another pod than {gone.name}", look, within_s=REPLACED_WITHIN_S, every_s=PACE_S
        )

    async def _wanted(self, component: str) -> int:
        listed = await self.kubectl.get(
            "deployments",
            f"--selector=app.kubernetes.io/instance={NAME},app.kubernetes.io/component={component}",
        )
        return sum(item["spec"]["replicas"] for item in listed["items"])


def read(item: dict[str, Any]) -> Pod:
    """Read what the API server says of a pod."""
    status = item["status"]
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    return Pod(
        name=item["metadata"]["name"],
        uid=item["metadata"]["uid"],
        component=item["metadata"]["labels"]["app.kubernetes.io/component"],
        image=item["spec"]["containers"][0]["image"],
        ready=conditions.get("Ready") == "True" and not _ends(item),
        restarts=sum(each["restartCount"] for each in status.get("containerStatuses", ())),
    )


def _ends(item: dict[str, Any]) -> bool:
    return "deletionTimestamp" in item["metadata"]


def _lives(item: dict[str, Any]) -> bool:
    return not _ends(item) and item["status"].get("phase") in {"Pending", "Running"}
