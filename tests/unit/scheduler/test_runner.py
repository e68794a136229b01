"""What is due is begun, recorded and, when it fails, given back to be tried again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from julia_common.database import ClaimedRun, ClaimedRuns, DueRun, FinishJob, JobFinished
from julia_common.errors import Permanent, Retryable
from julia_scheduler.jobs.job import Job, Missed, Run
from julia_scheduler.jobs.runner import Runner

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 15, tzinfo=UTC)


@dataclass
class FakeSchedule:
    attempt: int = 1
    record: str | Exception = "ok"
    asked: list[DueRun] = field(default_factory=list)
    finished: list[FinishJob] = field(default_factory=list)

    async def now(self):
        return NOON

    async def claim_runs(self, *, owner, runs):
        self.asked = list(runs)
        return ClaimedRuns(
            runs=tuple(
                ClaimedRun(job=r.job, scheduled_at=r.scheduled_at, tentativa=self.attempt)
                for r in runs
            )
        )

    async def finish_job(self, run):
        self.finished.append(run)
        if isinstance(self.record, Exception):
            raise self.record
        return JobFinished(status=self.record)


async def nothing(_: Run) -> Mapping[str, JsonValue]:
    return {}


def job(
    run: Callable[[Run], Awaitable[Mapping[str, JsonValue]]] = nothing,
    name: str = "tarefa",
    **how: int,
) -> Job:
    return Job(name, "0 * * * *", Missed.LATEST, run, **how)


def failing(error: Exception) -> Callable[[Run], Awaitable[Mapping[str, JsonValue]]]:
    async def run(_: Run) -> Mapping[str, JsonValue]:
        raise error

    return run


async def finished(schedule: FakeSchedule, *jobs: Job) -> list[FinishJob]:
    await Runner(schedule, jobs, owner="eu").step()
    return schedule.finished


async def test_a_run_gets_its_planned_time_and_its_details_are_kept() -> None:
    async def run(run: Run) -> Mapping[str, JsonValue]:
        return {"quando": run.scheduled_at.isoformat()}

    [end] = await finished(FakeSchedule(), job(run))

    assert (end.ok, end.detalhes) == (True, {"quando": "2026-11-23T12:00:00-03:00"})


async def test_a_failure_is_recorded_with_its_reason_and_tried_again_later_and_later() -> None:
    error = Retryable("Slack did not answer")

    [first] = await finished(FakeSchedule(), job(failing(error)))
    [third] = await finished(FakeSchedule(attempt=3), job(failing(error)))

    assert not first.ok
    assert first.detalhes == {"erro": "Retryable: Slack did not answer"}
    assert (first.retry_in_s, third.retry_in_s) == (30, 120)


async def test_the_last_failure_is_the_end() -> None:
    [end] = await finished(FakeSchedule(attempt=2), job(failing(Permanent("no")), attempts=2))

    assert (end.ok, end.retry_in_s) == (False, None)


async def test_a_foreign_errors_words_are_not_kept() -> None:
    [end] = await finished(FakeSchedule(), job(failing(ValueError("11988887777"))))

    assert end.detalhes == {"erro": "ValueError"}


async def test_one_job_that_fails_or_hangs_holds_up_no_other() -> None:
    order = []

    async def slow(_: Run) -> Mapping[str, JsonValue]:
        await other_done.wait()
        order.append("lenta")
        return {}

    async def quick(_: Run) -> Mapping[str, JsonValue]:
        order.append("rápida")
        other_done.set()
        return {}

    other_done = asyncio.Event()
    jobs = (job(slow, "a"), job(failing(OSError()), "b"), job(quick, "c"))
    ends = await finished(FakeSchedule(), *jobs)

    assert order == ["rápida", "lenta"]
    assert {end.job: end.ok for end in ends} == {"a": True, "b": False, "c": True}


async def test_a_run_longer_than_its_lease_is_cut_off() -> None:
    async def endless(_: Run) -> Mapping[str, JsonValue]:
        await asyncio.Event().wait()
        return {}

    [end] = await finished(FakeSchedule(), job(endless, lease_s=0))

    assert end.detalhes == {"erro": "TimeoutError"}


@pytest.mark.parametrize("record", [Retryable("down"), Permanent("odd"), "perdido"])
async def test_an_end_that_cannot_be_recorded_stops_nothing(record: str | Exception) -> None:
    ends = await finished(FakeSchedule(record=record), job(name="a"), job(name="b"))

    assert {end.job for end in ends} == {"a", "b"}


async def test_a_stop_lets_the_run_in_progress_end() -> None:
    async def run(_: Run) -> Mapping[str, JsonValue]:
        stop.set()
        await asyncio.sleep(0)
        return {}

    stop = asyncio.Event()
    schedule = FakeSchedule()
    await Runner(schedule, (job(run),), owner="eu").run(stop)

    assert [end.ok for end in schedule.finished] == [True]


async def test_a_run_that_the_stop_could_not_wait_for_is_given_back_at_once() -> None:
    async def endless(_: Run) -> Mapping[str, JsonValue]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    begun = asyncio.Event()
    schedule = FakeSchedule()
    running = asyncio.create_task(Runner(schedule, (job(endless),), owner="eu").step())
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])

    assert running.cancelled()
    [end] = schedule.finished
    assert (end.ok, end.retry_in_s) == (False, 0)


def test_two_jobs_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        Runner(FakeSchedule(), (job(), job()), owner="eu")
