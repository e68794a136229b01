"""The cluster that everything happens on, and the ways into it."""

import asyncio
import os
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import yaml

from julia_dev.chart.programs import program
from julia_dev.kube.kubectl import Kubectl
from julia_dev.stack import ports
from julia_dev.stack.errors import StackError

_FORWARDED_WITHIN_S: Final = 30.0
_AGAIN_S: Final = 0.3


class HelmFailed(Exception):
    """What Helm said when it failed."""


@dataclass
class Cluster:
    """One namespace of a cluster, as an administrator sees it.

    Attributes:
        kubeconfig: how it is reached.
        namespace: where Julia and her neighbours are.
        direct: whether this machine reaches the addresses of Services itself.
        helm_name: `helm3` or `helm4`, as `dev/chart/build` made them.
    """

    kubeconfig: Path
    namespace: str
    direct: bool
    helm_name: str = "helm4"
    _held: AsyncExitStack = field(default_factory=AsyncExitStack)
    _forwards: dict[tuple[str, int], str] = field(default_factory=dict)

    @property
    def kubectl(self) -> Kubectl:
        """An administrator's kubectl in the namespace."""
        return Kubectl(self.kubeconfig, self.namespace)

    async def helm(self, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
        """Run Helm in the namespace and return what it printed; `values` are passed as a file.

        Raises:
            HelmFailed: it failed; holds its words, which may quote a pod's but no value.
        """
        process = await asyncio.create_subprocess_exec(
            program(self.helm_name),
            *arguments,
            *(() if values is None else ("--values", "-")),
            *("--namespace", self.namespace, "--kubeconfig", str(self.kubeconfig)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        given = b"" if values is None else yaml.safe_dump(dict(values)).encode()
        output, errors = await process.communicate(given)
        if process.returncode:
            raise HelmFailed(errors.decode(errors="replace").strip())
        return output.decode()

    async def address(self, service: str, port: int) -> str:
        """Return `host:port` by which this machine reaches a Service.

        Raises:
            Refused: there is no such Service.
            StackError: `kubectl port-forward` does not come about.
        """
        if self.direct:
            found = await self.kubectl.get("service", service)
            return f"{found['spec']['clusterIP']}:{port}"
        if (service, port) not in self._forwards:
            self._forwards[service, port] = await self._forward(service, port)
        return self._forwards[service, port]

    async def _forward(self, service: str, port: int) -> str:
        (here,) = ports.free(1)
        ready = asyncio.Event()
        keeping = asyncio.create_task(self._keep_forward(service, here, port, ready))
        self._held.push_async_callback(_cancelled, keeping)
        try:
            await asyncio.wait_for(ready.wait(), _FORWARDED_WITHIN_S)
        except TimeoutError:
            raise StackError(f"no way to Service {service}:{port} by port-forward") from None
        return f"127.0.0.1:{here}"

    async def _keep_forward(self, service: str, here: int, port: int, ready: asyncio.Event) -> None:
        """Forward again and again: a forward ends with the pod that it leads to."""
        while True:
            process = await asyncio.create_subprocess_exec(
                *self.kubectl.command("port-forward", f"service/{service}", f"{here}:{port}"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=self.kubectl.environment(),
            )
            try:
                assert process.stdout is not None  # noqa: S101 - asked for above
                async for line in process.stdout:
                    if re.match(rb"Forwarding from", line):
                        ready.set()
            finally:
                if process.returncode is None:
                    process.terminate()
                await process.wait()
            await asyncio.sleep(_AGAIN_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


def own_kubeconfig() -> Path:
    """Return where `tests/cluster` writes the administrator's kubeconfig."""
    given = os.environ.get("JULIA_CLUSTER_HOME")
    home = Path(given) if given else Path.home() / ".cache" / "julia" / "cluster"
    return home / "run" / "admin.kubeconfig"
