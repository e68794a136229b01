"""Julia as a Helm release."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from julia_dev.chart.programs import CHART
from julia_dev.e2e.cluster import Cluster, HelmFailed
from julia_dev.e2e.images import Images
from julia_dev.e2e.neighbours import Neighbours

NAME: Final = "julia"
NUMBERS: Final = ("julia-um", "julia-dois", "julia-tres")
"""Our numbers at Evolution; doctors write to all of them."""
_CRD: Final = "juliastatuses.whats-agents.dev"
WITHIN_S: Final = 420
"""An install, upgrade or rollback that takes longer has failed."""


class Release:
    """The release `julia`; its resources are `julia-api`, `julia-brain` and so on."""

    def __init__(self, cluster: Cluster, base: Mapping[str, Any], *, chart: Path = CHART) -> None:
        """Prepare; nothing is installed. `base`: the values of every install and upgrade."""
        self._chart = chart
        self.values: dict[str, Any] = copy.deepcopy(dict(base))
        """What the release has, or will have when it is installed."""
        self._base = base
        self._before = self.values
        self._cluster = cluster

    async def install(self, *, within_s: int = WITHIN_S) -> None:
        """`helm install --wait` with the values of the beginning; raises `HelmFailed`."""
        self.values = self._before = copy.deepcopy(dict(self._base))
        await self._cluster.helm(
            *("install", NAME, str(self._chart), *_waiting(within_s)), values=self.values
        )

    async def upgrade(
        self, changes: Mapping[str, Any], *, wait: bool = True, within_s: int = WITHIN_S
    ) -> None:
        """`helm upgrade --wait` with these values over those before; raises `HelmFailed`.

        The changes stand from then on. Unless it is to `wait`, it ends with the hooks' Jobs.
        """
        changed = merged(self.values, changes)
        waiting = _waiting(within_s) if wait else ("--timeout", f"{within_s}s")
        await self._cluster.helm("upgrade", NAME, str(self._chart), *waiting, values=changed)
        self._before, self.values = self.values, changed

    async def rollback(self, *, within_s: int = WITHIN_S) -> None:
        """`helm rollback --wait` to the revision before; raises `HelmFailed`."""
        await self._cluster.helm("rollback", NAME, *_waiting(within_s))
        self._before, self.values = self.values, self._before

    async def uninstall(self) -> None:
        """`helm uninstall --wait`, if it is there; raises `HelmFailed`."""
        await self._cluster.helm("uninstall", NAME, "--ignore-not-found", *_waiting(WITHIN_S))

    async def test(self) -> str:
        """`helm test`: return what it and the pod's log said; raises `HelmFailed`."""
        return await self._cluster.helm("test", NAME, "--logs", "--timeout", f"{WITHIN_S}s")

    async def state(self) -> str | None:
        """Return Helm's word for the state, such as `deployed` or `failed`; none without one."""
        try:
            said = await self._cluster.helm("status", NAME, "--output", "json")
        except HelmFailed as error:
            if "not found" in str(error):
                return None
            raise
        return str(json.loads(said)["info"]["status"])


def base_values(neighbours: Neighbours, images: Images) -> dict[str, Any]:
    """Return the values of the release: the chart's own, but for what a test needs otherwise."""
    return merged(
        merged(images.values(), neighbours.values()),
        {
            "config": {
                "EVOLUTION_INSTANCE": ",".join(NUMBERS),
                # Raised, so that the ceilings of production do not decide what is sent.
                "MAX_MSGS_POR_HORA": 8_000,
                "MAX_MSGS_POR_DIA": 20_000,
            },
            "redis": {"persistence": {"size": "256Mi"}},
            "rabbitmq": {"persistence": {"size": "1Gi"}, "diskFreeLimit": "200MB"},
            "backup": {"enabled": True, "target": {"pvc": {"size": "256Mi"}}},
            "evolution": {
                "persistence": {"size": "256Mi"},
                # What the simulated WhatsApp opens by itself: no phone is there to be paired.
                "config": {"EVOLUTION_INSTANCE": ",".join(NUMBERS)},
            },
        },
    )


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes` laid over it, as Helm lays values over each other."""
    result = dict(base)
    for name, value in changes.items():
        under = result.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            result[name] = merged(under, value)
        else:
            result[name] = value
    return result


def _waiting(within_s: int) -> tuple[str, ...]:
    return ("--wait", "--timeout", f"{within_s}s")


async def owns_crds(cluster: Cluster) -> bool:
    """Tell whether the release may have the CRD: nobody has, or a release of this namespace."""
    name = "meta.helm.sh/release-namespace"
    listed = await cluster.kubectl.get("customresourcedefinitions")
    found = [
        each["metadata"].get("annotations", {}).get(name)
        for each in listed["items"]
        if each["metadata"]["name"] == _CRD
    ]
    return found in ([], [cluster.namespace])
