"""`pausas`: tells managers that a pause has come to its end by itself.

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
        """Tell managers of the pauses whose time is up, each once."""
        ...


def pauses(database: Announcing) -> Job:
    """The job; its details are how many ended."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        return {"encerradas": (await database.announce_expired()).encerradas}

    return Job("pausas", "* * * * *", Missed.SKIP, run)
