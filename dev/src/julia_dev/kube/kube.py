"""An API server that runs and knows `JuliaStatus`."""

import asyncio
import signal
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from julia_dev import paths
from julia_dev.kube.access import Access
from julia_dev.kube.control_plane import ControlPlane
from julia_dev.stack import ports
from julia_dev.stack.keeper import Keeper
from julia_dev.stack.output import Output
from julia_dev.stack.probes import wait_until

_VISIBLE_WITHIN_S = 60.0
CRD = paths.ROOT / "charts" / "julia" / "files" / "juliastatuses.yaml"


class Kube:
    """etcd and kube-apiserver, kept running; an async context manager.

    Processes are named `etcd` and `kube-apiserver`; what they say is in `folder/logs`.
    """

    def __init__(self, folder: Path, output: Output | None = None) -> None:
        """Prepare; nothing is started yet."""
        plane = ControlPlane(folder, *ports.free(3))
        self.access = Access(folder, plane.pki, plane.url)
        self._plane = plane
        self._output = output or Output(folder / "logs", console=None)
        self._keepers: dict[str, Keeper] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start both, and install the CRD.

        Raises:
            StackError: a binary is missing, or one of them does not get ready.
            NotReady: the CRD does not become visible.
        """
        await asyncio.to_thread(self._plane.prepare)
        try:
            for program in (self._plane.etcd(), self._plane.api_server()):
                self._keepers[program.name] = Keeper(program, self._output)
                await self._keepers[program.name].start()
            kubectl = self.access.kubectl()
            await kubectl("apply", "-f", str(CRD))
            await wait_until(lambda: kubectl.knows("juliastatuses"), _VISIBLE_WITHIN_S)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop both; what they stored is of no use afterwards."""
        for keeper in reversed(list(self._keepers.values())):
            await keeper.stop(at_once=True)
        self._keepers.clear()
        self._output.close()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process; one that ends is started again."""
        self._keepers[name].kill(number)

    async def compact(self) -> None:
        """Forget all changes until now, as etcd does every few minutes: a watch cannot go on."""
        async with httpx.AsyncClient(base_url=self._plane.etcd_url, trust_env=False) as etcd:
            found = await etcd.post("/v3/kv/range", json={"key": "AA=="})
            revision = found.raise_for_status().json()["header"]["revision"]
            done = await etcd.post("/v3/kv/compaction", json={"revision": revision})
            done.raise_for_status()

    async def wait_ready(self) -> None:
        """Wait until both are ready, again if need be."""
        for keeper in self._keepers.values():
            await keeper.wait_ready()
