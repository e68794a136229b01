"""The operator, as two processes that a test may kill, stop and start."""

import asyncio
import signal
from pathlib import Path

from julia_dev.kube.access import Access
from julia_dev.kube.operator import operator
from julia_dev.stack import ports
from julia_dev.stack.keeper import Keeper
from julia_dev.stack.stack import Stack

REPLICAS = ("operator-1", "operator-2")


class Operators:
    """Two replicas that watch one namespace under the rights that the chart gives them."""

    def __init__(self, stack: Stack, kubeconfig: Path, namespace: str) -> None:
        """Prepare; nothing is started yet."""
        self._output = stack.output
        self._programs = [
            operator(
                stack.config.folder,
                kubeconfig=kubeconfig,
                namespace=namespace,
                port=port,
                supabase_url=stack.url("supabase"),
                service_key=stack.secrets.service_key,
                name=name,
            )
            for name, port in zip(REPLICAS, ports.free(len(REPLICAS)), strict=True)
        ]
        self._keepers: dict[str, Keeper] = {}

    @classmethod
    async def at_home(cls, stack: Stack, access: Access, namespace: str) -> "Operators":
        """Make the namespace with the operator's account, and prepare the replicas."""
        return cls(stack, await access.home_of_operator(namespace), namespace)

    async def start(self) -> None:
        """Start those that do not run, and wait until all watch."""
        for program in self._programs:
            if program.name not in self._keepers:
                self._keepers[program.name] = Keeper(program, self._output)
                await self._keepers[program.name].start()
        await self.wait_ready()

    async def stop(self, *, at_once: bool = False) -> None:
        """Stop all of them; `at_once` lets nothing tidy up."""
        going = [self._keepers.pop(name) for name in list(self._keepers)]
        await asyncio.gather(*(keeper.stop(at_once=at_once) for keeper in going))

    def kill(self, name: str) -> bool:
        """Kill one with SIGKILL; it is started again. False: it was down already."""
        return self._keepers[name].kill(signal.SIGKILL)

    async def wait_ready(self) -> None:
        """Wait until all that should run are watching, again if need be."""
        for keeper in list(self._keepers.values()):
            await keeper.wait_ready()
