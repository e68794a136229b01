"""`pausas`: tells managers that a pause soon ends by itself, and that it has.

It ends without this: whether a pause stands is read off the clock at each claim.
"""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from julia_common.database import ExpiredAnnounced
from julia_scheduler.jobs.job import Job, Missed, Run


class Announcing(Protocol):
    """The database's pauses."""

    async def announce_expired(self) -> ExpiredAnnounced:
        """Tell managers of the pauses whose time is up or soon will be, each once."""
        ...


def pauses(database: Announcing) -> Job:
    """The job; its details are how many ended, and how many soon will."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        told = await database.announce_expired()
        return {"encerradas": told.encerradas, "terminando": told.terminando}

    return Job("pausas", "* * * * *", Missed.SKIP, run)
