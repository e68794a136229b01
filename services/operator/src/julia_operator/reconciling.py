"""From a resource to the database and back: safe to repeat, by any number of replicas."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import structlog

from julia_common.database import ApplyStatus, StatusApplied, StatusOf, StatusRemoved
from julia_common.errors import Permanent, Retryable
from julia_operator import metrics
from julia_operator.domain import standing
from julia_operator.domain.resource import wanted

log = structlog.get_logger(__name__)

AWAY: Final = "DatabaseUnavailable"
REFUSED: Final = "Refused"
_MAX_MESSAGE: Final = 1024


class Stopping(Protocol):
    """The database's functions of a stop (`docs/reference/rpc.md`)."""

    async def apply_status(self, wanted: ApplyStatus) -> StatusApplied:
        """Act on a spec, once for each decision."""
        ...

    async def remove_status(self, *, uid: str, por: str | None = None) -> StatusRemoved:
        """End what a resource had set."""
        ...

    async def status_of(self, *, uid: str) -> StatusOf:
        """How a resource's scope stands."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write into the resource's status, and the event to tell, if there is one."""

    changes: Mapping[str, Any]
    event: tuple[str, str, str] | None = None
    """Type (Normal, Warning), reason, message."""


_EVENTS: Final = {
    "pausada": ("Normal", "Paused", "Julia is stopped for this scope"),
    "retomada": ("Normal", "Resumed", "Julia goes on for this scope"),
    "vencida": ("Normal", "Expired", "The time of this pause is up"),
    "observada": (
        "Warning",
        "NotResumed",
        "A new, restored or older spec resumes nothing; change spec.request to repeat a decision",
    ),
}


@dataclass(frozen=True, slots=True)
class Reconciling:
    """Shows a resource to the database and tells how it stands."""

    database: Stopping
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def look(self, body: Mapping[str, Any]) -> Outcome:
        """Apply the spec if it is a decision, and compare the status with what stands.

        Never raises for a database that is away or refuses: the conditions say so.
        """
        before = body.get("status") or {}
        generation = body["metadata"]["generation"]
        try:
            with metrics.APPLY_SECONDS.time():
                applied = await self.database.apply_status(wanted(body))
            stands = await self.database.status_of(uid=body["metadata"]["uid"])
        except Retryable as error:
            return self._unapplied(before, generation, AWAY, str(error))
        except (Permanent, ValueError) as error:
            return self._unapplied(before, generation, REFUSED, str(error))
        metrics.DECISIONS.labels(applied.status).inc()
        metrics.LATE_STARTS.set(stands.inicios_tardios)
        metrics.CLAIMS_AFTER_STOP.set(stands.reservas_apos)
        after = standing.status(stands, before, generation=generation, now=self.now())
        # A new resource that pauses nothing only says that all is well.
        quiet = applied.status == "observada" and not before
        event = None if quiet else _EVENTS.get(applied.status)
        return Outcome(standing.changes(before, after), event)

    async def remove(self, uid: str) -> None:
        """End the pauses of a resource that is being deleted. Raises `Retryable`, `Permanent`."""
        removed = await self.database.remove_status(uid=uid)
        metrics.DECISIONS.labels(removed.status).inc()

    def _unapplied(
        self, before: Mapping[str, Any], generation: int, reason: str, message: str
    ) -> Outcome:
        metrics.FAILURES.labels(reason).inc()
        log.warning("a spec did not reach the database", motivo=reason)
        after = standing.unapplied(
            before, reason, message[:_MAX_MESSAGE], generation=generation, now=self.now()
        )
        changed = standing.changes(before, after)
        event = ("Warning", reason, message[:_MAX_MESSAGE]) if changed else None
        return Outcome(changed, event)
