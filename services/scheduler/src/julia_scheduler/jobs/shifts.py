"""`plantoes`: asks managers, two hours after a shift's end, whether it took place.

Missed minutes need no making up: each run finds every shift of which nobody asked yet.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.database import ShiftsAsked
from julia_scheduler.jobs.job import Job, Missed, Run

_BATCH: Final = 20
"""Shifts in one call: well below the second for which a statement may last."""


class Asking(Protocol):
    """The database's shifts."""

    async def ask_of_shifts(self, *, limit: int) -> ShiftsAsked:
        """Ask of up to `limit` shifts, of each once."""
        ...


def shifts(database: Asking) -> Job:
    """The job; its details count the shifts that were asked about."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        asked = 0
        # It ends: each call takes what it asks about out of the reach of the next.
        while True:
            done = await database.ask_of_shifts(limit=_BATCH)
            asked += done.perguntadas
            if not done.mais:
                return {"perguntadas": asked}

    return Job("plantoes", "* * * * *", Missed.SKIP, run)
