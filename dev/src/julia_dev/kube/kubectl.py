"""kubectl, as a manager uses it."""

import asyncio
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from julia_dev.kube.binaries import binary
from julia_dev.stack.probes import NotReady


class Refused(Exception):
    """What kubectl said when it failed."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl with one kubeconfig, in one namespace."""

    kubeconfig: Path
    namespace: str

    async def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Run it and return what it printed.

        Raises:
            Refused: it failed; holds its words.
        """
        process = await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment(),
        )
        output, errors = await process.communicate(stdin.encode())
        if process.returncode:
            raise Refused(errors.decode(errors="replace").strip())
        return output.decode()

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Return the command line, for who runs it otherwise."""
        return (
            binary("kubectl"),
            f"--kubeconfig={self.kubeconfig}",
            f"--namespace={self.namespace}",
            # Not in the home of whoever runs the tests.
            f"--cache-dir={self._cache}",
            *arguments,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment that goes with it."""
        return {"PATH": os.environ.get("PATH", os.defpath), "NO_PROXY": "127.0.0.1"}

    @property
    def _cache(self) -> Path:
        return self.kubeconfig.parent / "kubectl"

    async def knows(self, resource: str) -> None:
        """Ask the API server anew which resources there are.

        Raises:
            NotReady: it does not know this one (yet: a CRD becomes visible some time after it is
                established).
        """
        shutil.rmtree(self._cache, ignore_errors=True)
        try:
            await self("get", resource)
        except Refused as refusal:
            raise NotReady(str(refusal)) from refusal

    async def apply(self, *manifests: dict[str, Any], arguments: tuple[str, ...] = ()) -> str:
        """`kubectl apply -f -` of these manifests."""
        # Documents of one file; a List is validated otherwise, by kubectl itself.
        file = "\n---\n".join(map(json.dumps, manifests))
        return await self("apply", *arguments, "-f", "-", stdin=file)

    async def get(self, *arguments: str) -> Any:
        """`kubectl get ... -o json`, parsed."""
        return json.loads(await self("get", *arguments, "-o", "json"))
