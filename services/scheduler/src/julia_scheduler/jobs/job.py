"""A job: what is done, when by São Paulo's wall clock, and what becomes of the runs it missed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import JsonValue


class Missed(StrEnum):
    """What becomes of the runs that nobody began in time, within the job's `grace`."""

    LATEST = "latest"
    """The newest is made up for, the ones before it are left out."""
    EACH = "each"
    """Every one is made up for, the oldest first."""
    SKIP = "skip"
    """None: a run begins on time or never. One that was begun is finished by another replica."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of `job`. `scheduled_at` is the time of the plan in São Paulo's zone, not of now."""

    job: str
    scheduled_at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """Work by the clock.

    `name` is Portuguese: managers read it in `execucoes`. `cron` has five fields, in São Paulo's
    wall clock. `run` must bear being repeated, in whole or in part: a replica may die in it. What
    it returns is kept in `execucoes.detalhes`; what it raises has it tried again, `attempts` times
    in all, later and later.

    `lease_s`: seconds after which a run is cancelled, and taken over if its owner died. `grace`:
    how far back missed runs are looked for; runs of a month ago are
    forgotten, so it is shorter.
    """

    name: str
    cron: str
    missed: Missed
    run: Callable[[Run], Awaitable[Mapping[str, JsonValue]]]
    lease_s: int = 120
    grace: timedelta = timedelta(hours=24)
    attempts: int = 5
