"""`campanhas`: each minute feeds running campaigns into the outbox, as far as numbers have room.

The database keeps the place: what is in the outbox, and who is still to be written to. So nothing
is held here, and a run that dies in the middle is taken up by the next one.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.database import CampaignsFed
from julia_scheduler.jobs.job import Job, Missed, Run

_BATCH: Final = 20
"""Recipients in one call: well below the second for which a statement may last."""

_CALLS: Final = 50
"""In one run; the next is a minute away."""


class Feeding(Protocol):
    """The database's campaigns."""

    async def feed_campaigns(self, *, limit: int) -> CampaignsFed:
        """Look at up to `limit` recipients."""
        ...


def campaigns(database: Feeding) -> Job:
    """The job; its details count what became of the recipients that were looked at."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        fed = put_off = left_out = 0
        for _call in range(_CALLS):
            done = await database.feed_campaigns(limit=_BATCH)
            fed += done.enfileiradas
            put_off += done.adiadas
            left_out += done.puladas
            if not done.mais:
                break
        return {"enfileiradas": fed, "adiadas": put_off, "puladas": left_out}

    return Job("campanhas", "* * * * *", Missed.SKIP, run)
