"""Shows how late each job is, whichever replica does it: by the database's record and clock."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from julia_common.database import LastRuns
from julia_scheduler import metrics
from julia_scheduler.jobs import plan
from julia_scheduler.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime


class Recorded(Protocol):
    """What the database knows of the jobs' runs."""

    async def last_runs(self, *, jobs: Collection[str]) -> LastRuns:
        """When each of the jobs last ended well."""
        ...


class Lateness:
    """Of a job that never ended well, its first run after the start of this process counts."""

    def __init__(self, database: Recorded, jobs: Sequence[Job]) -> None:
        self._database = database
        self._jobs = {job.name: job for job in jobs}
        self._since: datetime | None = None

    async def measure(self) -> None:
        """Bring the gauges up to date."""
        found = await self._database.last_runs(jobs=self._jobs)
        self._since = self._since or found.agora
        for name, job in self._jobs.items():
            last_good = found.jobs.get(name, self._since)
            late = plan.overdue_seconds(job, last_good, found.agora)
            metrics.JOB_LATE.labels(name).set(late)
