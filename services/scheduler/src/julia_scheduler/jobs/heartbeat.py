"""`batimento`: a row of `execucoes` each minute that says the scheduler and the database live.

Never a row of `julia_status`: a status that a machine writes takes back what a person decided.
"""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from julia_common.database import Backlog
from julia_scheduler.jobs.job import Job, Missed, Run


class Measured(Protocol):
    """The database's backlog."""

    async def backlog(self) -> Backlog:
        """Size and age of what is due."""
        ...


def heartbeat(database: Measured) -> Job:
    """The job; its details are what was due at that minute."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        backlog = await database.backlog()
        return {
            "turnos_devidos": backlog.inbound_due,
            "envios_devidos": backlog.outbound_due,
            "incertas": backlog.uncertain,
            "estacionadas": backlog.parked,
            "pausada": backlog.paused,
        }

    return Job("batimento", "* * * * *", Missed.SKIP, run)
