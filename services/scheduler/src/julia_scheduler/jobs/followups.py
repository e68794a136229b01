"""`followups`: at ten each day, plans what goes to doctors who did not answer.

On any day: a follow-up of a Saturday or a holiday waits in the outbox for the next working day.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.database import FollowupsPlanned
from julia_scheduler.jobs.job import Job, Missed, Run

_BATCH: Final = 50
"""Conversations in one call: well below the second for which a statement may last."""


class Planning(Protocol):
    """The database's follow-ups."""

    async def plan_followups(self, *, limit: int) -> FollowupsPlanned:
        """Plan up to `limit` follow-ups."""
        ...


def followups(database: Planning) -> Job:
    """The job; its details count what was planned."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        planned = with_shift = rested = 0
        # It ends: each call takes what it plans out of the reach of the next.
        while True:
            done = await database.plan_followups(limit=_BATCH)
            planned += done.planejados
            with_shift += done.com_plantao
            rested += done.recontato
            if not done.mais:
                return {"planejados": planned, "com_plantao": with_shift, "recontato": rested}

    return Job("followups", "0 10 * * *", Missed.LATEST, run)
