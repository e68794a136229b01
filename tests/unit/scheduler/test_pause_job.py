"""The ends of pauses are announced each minute."""

from datetime import UTC, datetime

from julia_common.database import ExpiredAnnounced
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.pauses import pauses


class Ending:
    async def announce_expired(self) -> ExpiredAnnounced:
        return ExpiredAnnounced(encerradas=2, terminando=1)


async def test_a_run_tells_how_many_pauses_ended_and_how_many_soon_will() -> None:
    job = pauses(Ending())

    told = await job.run(Run(job.name, datetime(2026, 11, 23, 13, tzinfo=UTC)))

    assert told == {"encerradas": 2, "terminando": 1}
