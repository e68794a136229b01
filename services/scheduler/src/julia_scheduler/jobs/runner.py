"""Begins what is due, each run at one replica, and records how it ended."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

import structlog
from pydantic import JsonValue

from julia_common.database import ClaimedRuns, DueRun, FinishJob, JobFinished
from julia_common.errors import Permanent, Retryable
from julia_scheduler import metrics
from julia_scheduler.jobs import plan
from julia_scheduler.jobs.job import Job, Run
from julia_scheduler.loops import SurvivingLoop

log = structlog.get_logger(__name__)

_TICK_SECONDS: Final = 2
_LEASE_SHARE: Final = 0.9
"""A run ends this far into its lease at the latest: nobody else can have it before."""
_RETRY_SECONDS: Final = 30
_BEST_EFFORT_SECONDS: Final = 3
_LAST_RETRY_SECONDS: Final = 600


class Schedule(Protocol):
    """The database's clock and its record of runs (`docs/reference/rpc.md`)."""

    async def now(self) -> datetime:
        """What the clock that decides says."""
        ...

    async def claim_runs(self, *, owner: str, runs: Sequence[DueRun]) -> ClaimedRuns:
        """Take what nobody else has, one run of each job at most."""
        ...

    async def finish_job(self, run: FinishJob) -> JobFinished:
        """Record how the run ended."""
        ...


class Runner:
    """Any number of replicas may run one: a run is unique by (job, scheduled time)."""

    name = "tarefas"

    def __init__(self, schedule: Schedule, jobs: Sequence[Job], *, owner: str) -> None:
        """`owner` is this process (a UUID). Raises `ValueError` when two jobs have one name."""
        self._schedule = schedule
        self._jobs = {job.name: job for job in jobs}
        self._owner = owner
        if len(self._jobs) < len(jobs):
            message = f"two jobs have one name: {sorted(job.name for job in jobs)}"
            raise ValueError(message)

    async def run(self, stop: asyncio.Event) -> None:
        """Begin what is due until `stop` is set; a long run delays no other job's."""
        async with asyncio.TaskGroup() as group:
            loop = SurvivingLoop(self.name, _TICK_SECONDS, lambda: self._begin_due(group))
            await loop.run(stop)

    async def step(self) -> None:
        """Run to its end what is due now: one round, for clocks that are moved by hand."""
        async with asyncio.TaskGroup() as group:
            await self._begin_due(group)

    async def _begin_due(self, group: asyncio.TaskGroup) -> None:
        now = await self._schedule.now()
        due = [
            DueRun(
                job=job.name,
                scheduled_at=at,
                lease_s=job.lease_s,
                tentativas=job.attempts,
                so_retomar=plan.only_resumed(job, at, now),
            )
            for job in self._jobs.values()
            for at in plan.due(job, now)
        ]
        claimed = (await self._schedule.claim_runs(owner=self._owner, runs=due)).runs
        for run in claimed:
            at = run.scheduled_at.astimezone(plan.SAO_PAULO)
            group.create_task(self._perform(self._jobs[run.job], Run(run.job, at), run.tentativa))

    async def _perform(self, job: Job, run: Run, attempt: int) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(job.lease_s * _LEASE_SHARE):
                details = await job.run(run)
        except asyncio.CancelledError:
            await self._give_back(run)
            _count(job, "interrompida")
            raise
        except Exception as error:
            log.exception("a job failed", tarefa=job.name, tentativa=attempt)
            retry = _pause_after(attempt) if attempt < job.attempts else None
            await self._finish(run, ok=False, details={"erro": _reason(error)}, retry_in_s=retry)
            result = "falha"
        else:
            result = await self._finish(run, ok=True, details=details)
        _count(job, result)
        metrics.JOB_SECONDS.labels(job.name).observe(time.monotonic() - began)
        if result == "ok":
            metrics.JOB_LAST_SUCCESS.labels(job.name).set_to_current_time()

    async def _give_back(self, run: Run) -> None:
        """Let another replica go on at once: this one stops and could not wait. Best effort."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_BEST_EFFORT_SECONDS):
                details: Mapping[str, JsonValue] = {"erro": "interrompida"}
                await self._finish(run, ok=False, details=details, retry_in_s=0)

    async def _finish(
        self,
        run: Run,
        *,
        ok: bool,
        details: Mapping[str, JsonValue],
        retry_in_s: int | None = None,
    ) -> str:
        """Record the end; without a record the lease runs out, and the run is done again."""
        end = FinishJob(
            job=run.job,
            scheduled_at=run.scheduled_at,
            owner=self._owner,
            ok=ok,
            detalhes=dict(details),
            retry_in_s=retry_in_s,
        )
        try:
            finished = await self._schedule.finish_job(end)
        except (Retryable, Permanent) as error:
            log.warning("the end of a run is not recorded", tarefa=run.job, erro=str(error))
            return "perdida"
        if finished.status == "perdido":
            log.warning("a run took longer than its lease and is another's", tarefa=run.job)
            return "perdida"
        return "ok"


def _count(job: Job, result: str) -> None:
    metrics.JOB_RUNS.labels(job.name, result).inc()
    metrics.JOB.ended(result)


def _pause_after(attempt: int) -> int:
    return min(_RETRY_SECONDS << (attempt - 1), _LAST_RETRY_SECONDS)


def _reason(error: Exception) -> str:
    # Only our own errors are known to hold no values.
    own = isinstance(error, Retryable | Permanent)
    return f"{type(error).__name__}: {error}" if own else type(error).__name__
