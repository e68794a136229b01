"""Managers are asked of every shift that is over, however many there are."""

from datetime import UTC, datetime

from julia_common.database import ShiftsAsked
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.shifts import shifts


class Over:
    """So many shifts are over."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting

    async def ask_of_shifts(self, *, limit: int) -> ShiftsAsked:
        asked = min(limit, self.waiting)
        self.waiting -= asked
        return ShiftsAsked(perguntadas=asked, mais=asked >= limit)


async def test_a_run_asks_of_all_that_wait() -> None:
    database = Over(45)
    job = shifts(database)

    told = await job.run(Run(job.name, datetime(2026, 11, 23, 13, tzinfo=UTC)))

    assert told == {"perguntadas": 45}
    assert database.waiting == 0
