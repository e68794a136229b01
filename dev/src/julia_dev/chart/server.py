"""A real API server's judgement: `kubectl apply --dry-run=server`, with the neighbours' CRDs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from julia_dev.chart.rendering import NAMESPACE, Rendering
from julia_dev.kube.kube import Kube
from julia_dev.kube.kubectl import Refused

_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


async def prepare(kube: Kube, definitions: Iterable[Mapping[str, Any]]) -> None:
    """Install the neighbours' CRDs and make a namespace that wants Pod Security `restricted`.

    Raises:
        Refused: the server does not take them.
    """
    kubectl = kube.access.kubectl(NAMESPACE)
    namespace = {"name": NAMESPACE, "labels": _RESTRICTED}
    await kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": namespace})
    for definition in definitions:
        # Not applied: they are larger than the annotation that `apply` leaves may be.
        await kubectl("create", "-f", "-", stdin=json.dumps(definition))
    await kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")


async def refusal(kube: Kube, rendering: Rendering) -> str:
    """Return why the server refuses the manifests, or warns of them; empty when it takes them."""
    kubectl = kube.access.kubectl(NAMESPACE)
    try:
        await kubectl(
            "apply", "--dry-run=server", "--warnings-as-errors", "-f", "-", stdin=rendering.text
        )
    except Refused as error:
        return str(error)
    return ""
