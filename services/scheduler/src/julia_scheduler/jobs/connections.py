"""`conexoes`: each minute asks Evolution for the state of every number.

A lost webhook would otherwise park a number, or let it send into nothing, for ever.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import structlog
from pydantic import JsonValue

from julia_common.database import ConnectionRecorded, NumbersListed
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import ConnectionState
from julia_scheduler.jobs.job import Job, Missed, Run

log = structlog.get_logger(__name__)

_LEASE_SECONDS: Final = 50


class Connections(Protocol):
    """The database's numbers."""

    async def list_numbers(self) -> NumbersListed:
        """Name every number that was ever heard of."""
        ...

    async def connection_changed(
        self, *, instance: str, state: ConnectionState
    ) -> ConnectionRecorded:
        """Record a number's state."""
        ...


class Asked(Protocol):
    """See `julia_common.evolution.EvolutionClient`."""

    async def connection_state(self, instance: str) -> ConnectionState:
        """The state of the number's connection."""
        ...


def connections(database: Connections, evolution: Asked, instances: Sequence[str]) -> Job:
    """The job; `instances` are asked for even if nobody ever heard of them.

    A run fails when no number's state could be had.
    """

    async def ask(instance: str) -> Exception | None:
        try:
            state = await evolution.connection_state(instance)
            await database.connection_changed(instance=instance, state=state)
        except (Retryable, Permanent) as error:
            log.warning("the state of a number is not known", instance=instance, motivo=str(error))
            return error
        return None

    async def run(_: Run) -> Mapping[str, JsonValue]:
        known = (number.instance for number in (await database.list_numbers()).numeros)
        numbers = tuple(dict.fromkeys([*instances, *known]))
        failures = [error for error in await asyncio.gather(*map(ask, numbers)) if error]
        if len(failures) == len(numbers):
            raise failures[0]
        return {"numeros": len(numbers), "falhas": len(failures)}

    return Job("conexoes", "* * * * *", Missed.SKIP, run, lease_s=_LEASE_SECONDS, attempts=1)
