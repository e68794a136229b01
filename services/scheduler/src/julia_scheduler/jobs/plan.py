"""When a job's runs are due. Pure: the caller says what time it is.

Cron lines are read by cronsim: it knows zones and their changes of clock, goes backwards as well,
and has no dependencies.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from julia_scheduler.jobs.job import Job, Missed

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
ON_TIME: Final = timedelta(seconds=60)
"""A run that begins within this time of its plan was not missed."""


def due(job: Job, now: datetime) -> tuple[datetime, ...]:
    """The scheduled times whose runs may still be begun or taken up again, the oldest first."""
    oldest = now - job.grace
    found = list(takewhile(lambda at: at >= oldest, _backwards(job.cron, now)))
    return tuple(reversed(found if job.missed is Missed.EACH else found[:1]))


def overdue_seconds(job: Job, last_good: datetime, now: datetime) -> float:
    """For how long the first run after `last_good` has been due; 0: none has."""
    missing = next(CronSim(job.cron, last_good.astimezone(SAO_PAULO)))
    return max(0.0, (now - missing).total_seconds())


def only_resumed(job: Job, scheduled_at: datetime, now: datetime) -> bool:
    """Whether it is too late to begin this run, though not to finish one that was begun."""
    return job.missed is Missed.SKIP and now - scheduled_at > ON_TIME


def _backwards(cron: str, now: datetime) -> Iterator[datetime]:
    # cronsim goes back from the second before; what is due in this very second counts.
    after = now.astimezone(SAO_PAULO) + timedelta(seconds=1)
    return (at for at in CronSim(cron, after, reverse=True) if at <= now)
