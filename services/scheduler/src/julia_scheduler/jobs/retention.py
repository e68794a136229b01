"""`retencao`: each night, deletes what is older than its table keeps it, a few rows at a time."""

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.database import Purged, Retention
from julia_scheduler.jobs.job import Job, Missed, Run

_BATCH: Final = 500
_PAUSE_SECONDS: Final = 0.05
"""Between batches, so that nobody who writes waits for long."""


class Forgetting(Protocol):
    """The database's retention."""

    async def retention(self) -> Retention:
        """Say which tables forget."""
        ...

    async def purge_old(self, *, tabela: str, limit: int) -> Purged:
        """Delete some rows of one."""
        ...


def retention(database: Forgetting) -> Job:
    """The job; its details count the rows that went, by table."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        gone: dict[str, JsonValue] = {}
        for table in (await database.retention()).tabelas:
            count = 0
            while True:
                done = await database.purge_old(tabela=table, limit=_BATCH)
                count += done.apagadas
                if not done.mais:
                    break
                await asyncio.sleep(_PAUSE_SECONDS)
            if count:
                gone[table] = count
        return gone

    # What one night leaves undone the next one does.
    return Job("retencao", "30 3 * * *", Missed.LATEST, run, lease_s=1800)
