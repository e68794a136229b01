"""The running system, as a manager with kubectl and an SQL console sees it, and doctors' phones."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import httpx

from julia_common.database import Database
from julia_dev.kube.kube import Kube
from julia_dev.kube.kubectl import Kubectl
from julia_dev.ledger.world import World
from julia_dev.stack.stack import Stack
from julia_dev.stopping.letters import Letters, Load
from julia_dev.stopping.operators import Operators

NAMESPACE: Final = "julia"
NUMBERS: Final = ("julia-local", "julia-dois")

_SOON_S: Final = 30.0
"""How soon is no figure here: long enough for a machine that is busy with something else."""
_POLL_S: Final = 0.1
_GROUP: Final = "whats-agents.dev"


class Wrong(Exception):
    """What was not as it should be."""


@dataclass(frozen=True)
class Row:
    """A row of `julia_status`; times are seconds since the epoch."""

    id: int
    status: str
    reason: str
    via: str
    by: str | None
    scope: Mapping[str, str]
    at: float


@dataclass(frozen=True)
class Condition:
    """One condition of a resource."""

    status: str
    reason: str
    message: str


@dataclass(frozen=True)
class Resource:
    """A `JuliaStatus` by its name, handled with kubectl."""

    kubectl: Kubectl
    name: str

    def manifest(self, **spec: object) -> dict[str, Any]:
        """Return it with this spec."""
        return {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "JuliaStatus",
            "metadata": {"name": self.name},
            "spec": spec,
        }

    async def apply(self, **spec: object) -> None:
        """`kubectl apply`; raises `Refused` when the API server refuses it."""
        await self.kubectl.apply(self.manifest(**spec))

    async def pause(self, reason: str, **spec: object) -> None:
        """`kubectl apply` of a pause."""
        await self.apply(paused=True, reason=reason, **spec)

    async def resume(self, **spec: object) -> None:
        """`kubectl apply` of its end."""
        await self.apply(paused=False, **spec)

    async def delete(self) -> None:
        """`kubectl delete`, until it is gone."""
        await self.kubectl("delete", "juliastatus", self.name, "--wait", "--timeout=60s")

    async def status(self) -> dict[str, Any]:
        """Return what its status says."""
        seen = await self.kubectl.get("juliastatus", self.name)
        return dict(seen.get("status") or {})

    async def condition(self, kind: str) -> Condition | None:
        """Return a condition, if it speaks of the spec that stands."""
        seen = await self.kubectl.get("juliastatus", self.name)
        for one in (seen.get("status") or {}).get("conditions", ()):
            if one["type"] == kind and one["observedGeneration"] == seen["metadata"]["generation"]:
                return Condition(one["status"], one["reason"], one["message"])
        return None


@dataclass
class Scene:
    """Everything that a scenario needs; one after the other they use the same one."""

    stack: Stack
    world: World
    kube: Kube
    kubectl: Kubectl
    operators: Operators
    database: Database
    letters: Letters
    load: Load
    notes: dict[str, str] = field(default_factory=dict)
    """What one scenario leaves for a later one to look at."""
    _people: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    # Stopping and resuming

    def resource(self, name: str) -> Resource:
        """Return the resource of this name, whether it exists or not."""
        return Resource(self.kubectl, name)

    async def by_sql(
        self, status: str, reason: str, *, by: str | None = None, scope: str = "{}"
    ) -> Row:
        """Insert as the runbook does; returns the row."""
        before = await self.last_id()
        await self.world.sql(
            "INSERT INTO julia_status (status, motivo, alterado_via, alterado_por, escopo)"
            " VALUES ($1, $2, 'manual', $3, $4::jsonb)",
            *(status, reason, by, scope),
        )
        return await self.row_after(before, status)

    async def last_id(self) -> int:
        """Return the number of the last decision."""
        (row,) = await self.world.sql("select coalesce(max(id), 0) as id from julia_status")
        return int(row["id"])

    async def rows_after(self, before: int) -> list[Row]:
        """Return the decisions that followed, in order."""
        found = await self.world.sql(
            "select id, status, motivo, alterado_via, alterado_por, escopo::text,"
            " extract(epoch from created_at)::float8 as at"
            " from julia_status where id > $1 order by id",
            before,
        )
        return [
            Row(
                row["id"],
                row["status"],
                row["motivo"],
                row["alterado_via"],
                row["alterado_por"],
                json.loads(row["escopo"]),
                row["at"],
            )
            for row in found
        ]

    async def row_after(self, before: int, status: str) -> Row:
        """Wait for the first decision after `before`, which must be of this status."""

        async def look() -> Row | None:
            return next(iter(await self.rows_after(before)), None)

        row = await eventually(f"a row '{status}'", look)
        require(row.status == status, f"the row says {row.status}, not {status}")
        return row

    async def paused(self) -> bool:
        """Tell whether everything is stopped, as the database sees it."""
        (row,) = await self.world.sql("select private.paused() as paused")
        return bool(row["paused"])

    async def open_sends(self) -> int:
        """Return how many sends that a pause stops are claimed and not recorded."""
        (row,) = await self.world.sql(
            "select count(*) as n from envios join regras_envio using (kind)"
            " where status = 'aberto' and pausa and postado"
        )
        return int(row["n"])

    async def holds(self, resource: Resource, kind: str, status: str = "True") -> Condition:
        """Wait until a condition of the present spec has this status; returns it."""

        async def look() -> Condition | None:
            seen = await resource.condition(kind)
            return seen if seen is not None and seen.status == status else None

        return await eventually(f"{kind}={status} of {resource.name}", look, within_s=2 * _SOON_S)

    async def says(self, resource: Resource, **wanted: object) -> dict[str, Any]:
        """Wait until the resource's status says this; returns it whole."""

        async def look() -> dict[str, Any] | None:
            seen = await resource.status()
            return seen if {name: seen.get(name) for name in wanted} == wanted else None

        return await eventually(f"{resource.name} with {wanted}", look, within_s=2 * _SOON_S)

    # Doctors

    async def doctor(self, *, state: str | None = None, specialty: str | None = None) -> str:
        """Make a doctor known to us and to WhatsApp; returns the number."""
        number = f"5511971{next(self._people):06d}"
        await self.world.join([number], plain=True)
        await self.world.sql(
            "insert into medicos (primeiro_nome, telefone, estado, especialidade_id)"
            " values ('Doutor', $1, $2, (select id from especialidades where nome = $3))",
            *(f"+{number}", state, specialty),
        )
        return number

    async def answers(self, doctor: str) -> list[str]:
        """Return the texts that reached the doctor's phone, in order."""
        return [r["text"] for r in await self.world.records("delivery", doctor=doctor)]

    async def answered(self, doctor: str, number: int) -> None:
        """Wait until a message was answered."""

        async def look() -> bool:
            return any(f"#m{number}" in text for text in await self.answers(doctor))

        await eventually(f"the answer to message {number}", look, within_s=2 * _SOON_S)

    async def unanswered(self, doctor: str, number: int) -> None:
        """Require that a message was stored and not answered."""
        rows = await self.world.sql(
            "select situacao from interacoes where conteudo like '%#m' || $1::text", str(number)
        )
        require([row["situacao"] for row in rows] == ["pendente"], f"#m{number} is {rows}")
        texts = await self.answers(doctor)
        require(not any(f"#m{number}" in text for text in texts), f"#m{number} was answered")

    async def stored(self, number: int) -> None:
        """Wait until a message was accepted and stored."""

        async def look() -> bool:
            return bool(
                await self.world.sql(
                    "select from interacoes where conteudo like '%#m' || $1::text", str(number)
                )
            )

        await eventually(f"message {number} in the database", look)

    # Outages

    @asynccontextmanager
    async def away(self, kill: Callable[[], object]) -> AsyncIterator[None]:
        """Keep a process down while the block runs: whenever it is started, it is killed."""

        async def hold() -> None:
            while True:
                kill()
                await asyncio.sleep(_POLL_S)

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.wait({holding})
            await self.ready()

    async def ready(self) -> None:
        """Wait until all that runs is ready, again if need be."""
        await self.kube.wait_ready()
        await self.stack.wait_ready()
        await self.operators.wait_ready()

    async def slack(self) -> list[str]:
        """Return what managers were told, as text."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{self.stack.url('slack')}/_sim/messages")
        answer.raise_for_status()
        return [str(message) for message in answer.json()["messages"]]

    async def settle(self) -> None:
        """Leave nothing behind for the next scenario: no resource, no pause, nothing unanswered."""
        await self.operators.start()
        await self.ready()
        await self.kubectl("delete", "juliastatus", "--all", "--wait", "--timeout=60s")
        if await self.world.sql("select from pausas"):
            await self.by_sql("ativo", "Fim do cenário")

        async def empty() -> bool:
            return await self.world.backlog() == 0

        await eventually("an empty backlog", empty, within_s=90)


def require(holds: object, otherwise: str) -> None:
    """Raise `Wrong` with these words unless it holds."""
    if not holds:
        raise Wrong(otherwise)


async def eventually[T](
    what: str,
    look: Callable[[], Awaitable[T | None]],
    *,
    within_s: float = _SOON_S,
    every_s: float = _POLL_S,
) -> T:
    """Look until there is something to see; returns it. `every_s`: pause between two looks.

    Raises:
        Wrong: nothing came within the time.
    """
    deadline = time.monotonic() + within_s
    while not (seen := await look()):
        if time.monotonic() > deadline:
            raise Wrong(f"{what} did not come within {within_s:g} s")
        await asyncio.sleep(every_s)
    return seen


async def refused_by_database(scene: Scene, statement: str) -> str:
    """Run a statement that must fail; returns the database's words."""
    try:
        await scene.world.sql(statement)
    except asyncpg.PostgresError as error:
        return str(error)
    raise Wrong(f"the database took it: {statement}")
