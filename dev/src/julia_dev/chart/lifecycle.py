"""A release's life at a real API server: installed, upgraded, rolled back, uninstalled, back again.

Nothing runs there, so hooks are left out and nothing is waited for. What is shown is what Helm and
the API server decide: that the chart's objects can be made, changed and found again by their owner.
Before all that an install fails, and is undone with its hooks (`failing`).
"""

import asyncio
from functools import partial
from typing import Any

from julia_dev.chart import failing
from julia_dev.chart.programs import CHART, Failed, program, run
from julia_dev.kube.kube import Kube
from julia_dev.kube.kubectl import Kubectl

_VALUES = CHART / "ci" / "minimal-values.yaml"
_CRD = "juliastatuses.whats-agents.dev"
_KEPT = {"secret/julia-rabbitmq", "secret/julia-redis"}
"""Secrets that the chart made up: what is on the volumes can only be opened with them."""


async def live(kube: Kube, helm: str) -> None:
    """Go through it with one Helm, in a namespace of its own.

    Raises:
        Failed: Helm or the server refuses a step, or something changes or goes that must stay.
        NotReady: a hook's Job does not come.
        Refused: the server does not answer kubectl.
    """
    kubectl = kube.access.kubectl(f"julia-{helm}")
    # The test server knows it already, and Helm takes over nothing that it did not make.
    await kubectl("delete", "crd", _CRD, "--ignore-not-found")
    await _fail(kube, helm)
    await _helm(helm, kubectl, "install", *_chart(), "--create-namespace")
    made = await _secrets(kubectl)
    await _helm(helm, kubectl, "upgrade", *_chart())
    if await _secrets(kubectl) != made:
        raise Failed("an upgrade changed a Secret that nobody had changed")
    await _helm(helm, kubectl, "rollback", "julia", "1")
    await _helm(helm, kubectl, "uninstall", "julia")
    left = set((await kubectl("get", "secret,deployment,statefulset", "--output=name")).split())
    if left != _KEPT:
        raise Failed(f"an uninstall leaves {sorted(left)}, and should leave {sorted(_KEPT)}")
    await kubectl("get", "crd", _CRD)
    # What was kept is taken over.
    await _helm(helm, kubectl, "install", *_chart())
    if await _secrets(kubectl) != made:
        raise Failed("a Secret that an uninstall had kept was made anew")


async def _fail(kube: Kube, helm: str) -> None:
    kubectl = kube.access.kubectl(f"julia-{helm}-falha")
    where = _where(kubectl)
    await failing.fail_and_undo(
        kube,
        kubectl.namespace,
        partial(run, program(helm), "install", *_chart(), "--create-namespace", *where),
        partial(run, program(helm), "uninstall", "julia", "--timeout=60s", *where),
    )


def _chart() -> tuple[str, ...]:
    return ("julia", str(CHART), "--values", str(_VALUES))


async def _helm(helm: str, kubectl: Kubectl, *arguments: str) -> None:
    await asyncio.to_thread(run, program(helm), *arguments, "--no-hooks", *_where(kubectl))


def _where(kubectl: Kubectl) -> tuple[str, ...]:
    return ("--namespace", kubectl.namespace, "--kubeconfig", str(kubectl.kubeconfig))


async def _secrets(kubectl: Kubectl) -> dict[str, Any]:
    listed = await kubectl.get("secrets", "--field-selector=type=Opaque")
    return {secret["metadata"]["name"]: secret["data"] for secret in listed["items"]}
