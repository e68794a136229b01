"""From a resource to the database and back: safe to repeat, by any number of replicas."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from julia_common.database import ApplyStatus, StatusApplied, StatusOf, StatusRemoved
from julia_common.errors import Permanent, Retryable, Unreachable
from julia_operator import metrics
from julia_operator.domain import happenings, standing
from julia_operator.domain.happenings import Happening
from julia_operator.domain.resource import goes, wanted

AWAY: Final = "DatabaseUnavailable"
REFUSED: Final = "Refused"
AGAIN_SECONDS: Final = 2.0
"""How soon what stands is looked at again, and a database that is away is asked again."""

_REFUSED_AGAIN_SECONDS: Final = 5.0
"""What was refused may be right later: a specialty that is added, a number that is connected."""

_MAX_MESSAGE: Final = 1024
_NOBODY_THERE: Final = (
    "The database does not answer; it is asked again every few seconds, and nothing is claimed for"
    " sending while it is away"
)


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


class Reading(Protocol):
    """The API server, asked for one resource."""

    async def read(self, metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return it as it is now; None: it is gone. Raises `Absent`."""
        ...


class Absent(Retryable):
    """The API server does not answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write into the resource's status and what to tell; when to look again."""

    changes: Mapping[str, Any]
    happenings: tuple[Happening, ...] = ()
    again_seconds: float = AGAIN_SECONDS
    away: bool = False
    """The database could not be asked: somebody who could knows better."""


@dataclass(frozen=True, slots=True)
class Reconciling:
    """Shows a resource to the database and tells how it stands."""

    database: Stopping
    cluster: Reading

    async def look(self, body: Mapping[str, Any]) -> Outcome | None:
        """Apply the spec if it is a decision, and compare the status with what stands.

        None: the resource has gone meanwhile. Never raises for a database that is away or refuses:
        the conditions say so. Raises `Absent`.
        """
        uid = body["metadata"]["uid"]
        try:
            asked = wanted(body)
            with metrics.APPLY_SECONDS.time():
                applied = await self._apply(asked, body["metadata"])
            if applied is None:
                return None
            stands = await self.database.status_of(uid=uid)
        except Absent:
            raise
        except (Retryable, Permanent) as error:
            return self._unapplied(body, error)
        metrics.DECISIONS.labels(applied.status).inc()
        metrics.know(uid, stands)
        before = body.get("status") or {}
        generation = body["metadata"]["generation"]
        after = standing.status(
            stands,
            before,
            generation=generation,
            until=asked.until,
            now=datetime.now(UTC),
        )
        told = (
            *happenings.of_recording(before, after),
            *happenings.of_decisions(stands, before, after),
        )
        return Outcome(standing.changes(before, after), told)

    async def remove(self, uid: str) -> None:
        """End the pauses of a resource that is being deleted. Raises `Retryable`, `Permanent`."""
        removed = await self.database.remove_status(uid=uid)
        metrics.DECISIONS.labels(removed.status).inc()

    def unremoved(self, body: Mapping[str, Any], error: Exception) -> Outcome:
        """What to say of a deletion that the database has not taken yet."""
        return self._unapplied(body, error)

    async def _apply(self, asked: ApplyStatus, metadata: Mapping[str, Any]) -> StatusApplied | None:
        """Show the spec to the database; None: the resource has gone, or is going, meanwhile."""
        applied = await self.database.apply_status(asked)
        if applied.status != "antiga":
            return applied
        # Late news, or a cluster that was restored: the API server knows.
        fresh = await self.cluster.read(metadata)
        if fresh is None or goes(fresh["metadata"]):
            return None
        return await self.database.apply_status(wanted(fresh, confirmed=True))

    def _unapplied(self, body: Mapping[str, Any], error: Exception) -> Outcome:
        away = isinstance(error, Retryable)
        reason = AWAY if away else REFUSED
        metrics.FAILURES.labels(reason).inc()
        message = _NOBODY_THERE if isinstance(error, Unreachable) else str(error)[:_MAX_MESSAGE]
        before = body.get("status") or {}
        generation = body["metadata"]["generation"]
        after = standing.unapplied(
            before, reason, message, generation=generation, now=datetime.now(UTC)
        )
        return Outcome(
            standing.changes(before, after),
            tuple(happenings.of_recording(before, after)),
            AGAIN_SECONDS if away else _REFUSED_AGAIN_SECONDS,
            away,
        )
