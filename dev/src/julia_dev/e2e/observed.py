"""What pods say of themselves: their metrics, and why they do not run."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from julia_dev.kube.kubectl import Kubectl, Refused

_HTTP = 8000


@dataclass(frozen=True)
class Sample:
    """One number of a pod's metrics."""

    name: str
    labels: dict[str, str]
    value: float


async def metrics(kubectl: Kubectl, pod: str) -> list[Sample]:
    """Return what a pod's `/metrics` shows, asked by way of the API server.

    Raises:
        Refused: it does not answer.
    """
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods/{pod}:{_HTTP}/proxy/metrics"
    text = await kubectl("get", "--raw", path)
    return [
        Sample(sample.name, dict(sample.labels), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]


async def complaints(kubectl: Kubectl, pod: str) -> str:
    """Return what a person finds who asks why a pod does not run: state, events and log."""
    item = await kubectl.get("pod", pod)
    events = await kubectl.get("events", f"--field-selector=involvedObject.name={pod}")
    said = [each["message"] for each in events["items"]]
    for container in item["status"].get("containerStatuses", ()):
        said += _messages(container["state"]) + _messages(container.get("lastState", {}))
    # A container that could not be made has no log.
    with suppress(Refused):
        said.append(await kubectl("logs", pod, "--tail=20"))
    return "\n".join(said)


def _messages(state: dict[str, Any]) -> list[str]:
    return [each["message"] for each in state.values() if "message" in each]
