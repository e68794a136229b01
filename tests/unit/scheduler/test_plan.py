"""When runs are due: São Paulo's wall clock, and what becomes of those that were missed."""

from datetime import UTC, datetime, timedelta

import pytest

from julia_scheduler.jobs.job import Job, Missed
from julia_scheduler.jobs.plan import SAO_PAULO, due, only_resumed

pytestmark = pytest.mark.unit

MONDAY = datetime(2026, 11, 23, tzinfo=SAO_PAULO)


def job(cron: str, missed: Missed, **how: timedelta) -> Job:
    async def nothing(_):
        return {}

    return Job("tarefa", cron, missed, nothing, **how)


def hours(now: datetime, *, missed: Missed, **how: timedelta) -> list[str]:
    found = due(job("0 8,10,13,17,20 * * *", missed, **how), now)
    return [at.strftime("%d %H:%M") for at in found]


def test_of_the_missed_the_newest_is_due() -> None:
    assert hours(MONDAY.replace(hour=14), missed=Missed.LATEST) == ["23 13:00"]


def test_of_the_missed_each_is_due_the_oldest_first() -> None:
    assert hours(MONDAY.replace(hour=14), missed=Missed.EACH, grace=timedelta(hours=7)) == [
        "23 08:00",
        "23 10:00",
        "23 13:00",
    ]


def test_a_run_is_due_in_the_very_moment_of_its_plan_and_not_before() -> None:
    at_ten = MONDAY.replace(hour=10)

    assert hours(at_ten, missed=Missed.LATEST) == ["23 10:00"]
    assert hours(at_ten - timedelta(microseconds=1), missed=Missed.LATEST) == ["23 08:00"]


def test_what_lies_further_back_than_the_grace_is_left_out() -> None:
    late = MONDAY.replace(hour=14)

    assert hours(late, missed=Missed.LATEST, grace=timedelta(minutes=59)) == []
    assert hours(late, missed=Missed.EACH, grace=timedelta(hours=1)) == ["23 13:00"]


def test_the_plan_is_sao_paulos_wherever_the_clock_ticks() -> None:
    in_london = datetime(2026, 11, 23, 11, 0, 30, tzinfo=UTC)

    [at] = due(job("0 8 * * *", Missed.LATEST), in_london)

    assert at == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert at.hour == 8


def test_in_the_year_of_a_daylight_time_the_wall_clock_counts() -> None:
    # 2018: São Paulo went from UTC-3 to UTC-2 on 4 November.
    before = due(job("0 8 * * *", Missed.LATEST), datetime(2018, 11, 3, 12, tzinfo=UTC))
    after = due(job("0 8 * * *", Missed.LATEST), datetime(2018, 11, 4, 12, tzinfo=UTC))

    assert [at.astimezone(UTC).hour for at in (*before, *after)] == [11, 10]


def test_only_a_job_that_skips_is_too_late_to_begin() -> None:
    at, late = MONDAY, MONDAY + timedelta(seconds=61)

    assert not only_resumed(job("* * * * *", Missed.SKIP), at, at + timedelta(seconds=60))
    assert only_resumed(job("* * * * *", Missed.SKIP), at, late)
    assert not only_resumed(job("* * * * *", Missed.LATEST), at, late)
