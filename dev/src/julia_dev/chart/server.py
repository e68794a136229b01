"""A real API server's judgement: `kubectl apply --dry-run=server`, with the neighbours' CRDs."""

import asyncio
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from julia_dev.chart.programs import Failed
from julia_dev.chart.rendering import NAMESPACE, Rendering
from julia_dev.kube.kube import Kube
from julia_dev.kube.kubectl import Kubectl, Refused

_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


async def judge(
    renderings: Iterable[Rendering], definitions: Iterable[Mapping[str, Any]]
) -> list[tuple[Rendering, str]]:
    """Return the renderings that the server refuses or warns of, with its words.

    Pods have to be such as Pod Security `restricted` allows. Raises `Failed` and `StackError`
    when there is no server.
    """
    with tempfile.TemporaryDirectory(prefix="julia-chart-") as folder:
        async with Kube(Path(folder)) as kube:
            kubectl = kube.access.kubectl(NAMESPACE)
            await _prepare(kubectl, definitions)
            return [(one, words) for one in renderings if (words := await _refusal(kubectl, one))]


async def _prepare(kubectl: Kubectl, definitions: Iterable[Mapping[str, Any]]) -> None:
    namespace = {"name": NAMESPACE, "labels": _RESTRICTED}
    installed = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(definitions)})
    try:
        await kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": namespace})
        # Not applied: they are larger than the annotation that `apply` leaves may be.
        await kubectl("create", "-f", "-", stdin=installed)
        await kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
    except Refused as error:
        raise Failed(f"the API server does not take a neighbour's CRDs: {error}") from error


async def _refusal(kubectl: Kubectl, rendering: Rendering) -> str:
    try:
        await kubectl(
            "apply", "--dry-run=server", "--warnings-as-errors", "-f", "-", stdin=rendering.text
        )
    except Refused as error:
        return str(error)
    return ""


def judge_all(
    renderings: Iterable[Rendering], definitions: Iterable[Mapping[str, Any]]
) -> list[tuple[Rendering, str]]:
    """Do `judge` from code that is not asynchronous."""
    return asyncio.run(judge(renderings, definitions))
