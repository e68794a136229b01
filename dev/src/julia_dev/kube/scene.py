"""A namespace, the database of its operator, and what a manager does with both."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from julia_dev.kube.access import Access
from julia_dev.kube.kubectl import Kubectl

_PATIENCE_S = 20.0
_POLL_S = 0.05


class NeverSo(AssertionError):
    """What was waited for did not come; holds what was seen last."""


@dataclass(frozen=True)
class Scene:
    """Resources by kubectl (`api`: what is asked often), rows by SQL."""

    kubectl: Kubectl
    api: httpx.AsyncClient
    database: asyncpg.Connection

    @property
    def namespace(self) -> str:
        """Where the resources are."""
        return self.kubectl.namespace

    async def apply(self, name: str, **spec: Any) -> None:
        """`kubectl apply` a resource with this spec."""
        await self.kubectl.apply(manifest(name, **spec))

    async def resource(self, name: str) -> Any:
        """The resource as the API server has it."""
        return await self._get(f"/apis/whats-agents.dev/v1/namespaces/{{}}/juliastatuses/{name}")

    async def rows(self) -> list[tuple[str, str]]:
        """Decisions in order: status and by what way."""
        found = await self.database.fetch("select * from julia_status order by id")
        return [(row["status"], row["alterado_via"]) for row in found]

    async def standing(self) -> int:
        """How many pauses stand."""
        count: int = await self.database.fetchval(
            "select count(*) from pausas where coalesce(ate > api.agora(), true)"
        )
        return count

    async def decide(self, status: str, reason: str, by: str | None = None) -> None:
        """Insert a decision by SQL, as the runbook does."""
        await self.database.execute(
            "insert into julia_status (status, motivo, alterado_via, alterado_por)"
            " values ($1, $2, 'manual', $3)",
            status,
            reason,
            by,
        )

    async def conditions(self, name: str) -> dict[str, tuple[str, str]]:
        """Status and reason by type; nothing of a spec that the operator has not looked at yet."""
        body = await self.resource(name)
        return {
            one["type"]: (one["status"], one["reason"])
            for one in body.get("status", {}).get("conditions", ())
            if one["observedGeneration"] == body["metadata"]["generation"]
        }

    async def until(self, name: str, **wanted: tuple[str, str]) -> dict[str, tuple[str, str]]:
        """Wait for conditions of the present spec: `Enforced=("True", "Stopped")`."""

        async def asked() -> Mapping[str, tuple[str, str]]:
            return await self.conditions(name)

        return dict(await until(asked, lambda found: wanted.items() <= dict(found).items()))

    async def events(self, name: str) -> list[tuple[str, str, str]]:
        """Type, reason and text of what was told of a resource, in order."""
        body = await self._get("/apis/events.k8s.io/v1/namespaces/{}/events")
        about = [one for one in body["items"] if one["regarding"]["name"] == name]
        about.sort(key=lambda one: one["eventTime"])
        return [(one["type"], one["reason"], one["note"]) for one in about]

    async def _get(self, path: str) -> Any:
        answer = await self.api.get(path.format(self.namespace))
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True)
class Bed:
    """An operator that runs under the rights that the chart gives it, and no others."""

    access: Access
    namespace: str
    dsn: str
    kubeconfig: Path
    operator_url: str
    log: Path

    def said(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    async def looks(self) -> float:
        """How often it has shown a spec to the database that was no decision."""
        async with httpx.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"{self.operator_url}/metrics")).text
        name = 'julia_operador_decisoes_total{desfecho="repetida"}'
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    async def looked_again(self) -> None:
        """Wait until it has shown a spec to the database again."""
        before = await self.looks()
        await until(self.looks, lambda now: now > before)


def manifest(name: str, **spec: Any) -> dict[str, Any]:
    """A resource; the namespace is kubectl's."""
    return {
        "apiVersion": "whats-agents.dev/v1",
        "kind": "JuliaStatus",
        "metadata": {"name": name},
        "spec": spec,
    }


def new_namespace() -> str:
    """A name that no other test has."""
    return f"julia-{uuid.uuid4().hex[:12]}"


async def until[T](
    ask: Callable[[], Awaitable[T]], so: Callable[[T], bool], *, patience: float = _PATIENCE_S
) -> T:
    """Ask again and again until it is so, and return the answer.

    Raises:
        NeverSo: it was not, for `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        answer = await ask()
        if so(answer):
            return answer
        if time.monotonic() > deadline:
            raise NeverSo(f"for {patience:g} s, and in the end: {answer!r}")
        await asyncio.sleep(_POLL_S)
