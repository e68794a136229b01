"""A scene whose operators and whose database may be made to fail."""

from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from julia_dev.kube.operator import operator
from julia_dev.kube.scene import Scene, until
from julia_dev.stack import ports
from julia_dev.stack.keeper import Keeper
from julia_dev.stack.output import Output


@dataclass(frozen=True)
class World:
    """A scene, and what may go wrong around it."""

    scene: Scene
    folder: Path
    kubeconfig: Path
    supabase_url: str
    service_key: str
    stack: AsyncExitStack

    async def operator(self, name: str = "operator") -> Keeper:
        """Start an operator; it is started again when it ends."""
        program = operator(
            self.folder,
            kubeconfig=self.kubeconfig,
            namespace=self.scene.namespace,
            port=ports.free(1)[0],
            supabase_url=self.supabase_url,
            service_key=self.service_key,
            name=name,
        )
        output = Output(self.folder / "logs", console=None)
        self.stack.callback(output.close)
        keeper = Keeper(program, output)
        self.stack.push_async_callback(keeper.stop, at_once=True)
        await keeper.start()
        return keeper

    async def fault(self, **order: object) -> None:
        """Order faults of the database's endpoint; those before end."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{self.supabase_url}/_sim/faults", json=order)
            answer.raise_for_status()

    async def told(self, name: str) -> Counter[str]:
        """How often each kind of Event was told of a resource."""
        return Counter(reason for _, reason, _ in await self.scene.events(name))

    async def gone(self, name: str) -> None:
        """Wait until a resource is there no more."""

        async def found() -> str:
            return await self.scene.kubectl("get", "js", name, "--ignore-not-found", "-o", "name")

        await until(found, lambda names: not names)


async def counted(keeper: Keeper, metric: str) -> float:
    """A metric of an operator, all labels that begin so together, from its last start on."""
    port = keeper.program.env["PORT"]
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(metric))
