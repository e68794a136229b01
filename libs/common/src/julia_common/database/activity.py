"""Functions of gauges: how doctors and people fared, and when jobs last ended well."""

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import AwareDatetime, TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc


class Suspecting(Answer):
    """Doctors who suspected a machine, and how often each pattern said so."""

    medicos: int
    por_padrao: Mapping[str, int]


class OpenConversations(Answer):
    """Open conversations by who has them."""

    ai: int
    human: int


class LastHour(Answer):
    """Turns answered, and conversations that Julia gave to people (not those that people took)."""

    respondidos: int
    transferidas: int


class Activity(Answer):
    """The last 24 hours, and how things stand now; the canary is in none of it.

    `com_pessoas`: hand-offs that stand, and the age of the oldest; `sem_desfecho`: messages that
    were neither answered nor handed over within the reply window, without what a pause covers.
    """

    conversando: int
    suspeitas: Suspecting
    transferencias: Mapping[str, int]
    com_pessoas: int
    com_pessoas_idade_s: float | None
    opt_outs: Mapping[str, int]
    funil: Mapping[str, int]
    abertas: OpenConversations
    sem_desfecho: int
    ultima_hora: LastHour


class LastRuns(Answer):
    """Of each job that ever ended well the scheduled time of its last good run; `agora`: now."""

    agora: AwareDatetime
    jobs: Mapping[str, AwareDatetime]


_ACTIVITY: Final = TypeAdapter(Activity)
_LAST_RUNS: Final = TypeAdapter(LastRuns)


class Measures:
    """See `docs/reference/rpc.md`, Health."""

    _rpc: Rpc

    async def activity(self) -> Activity:
        """What doctors and people did in the last 24 hours."""
        return await self._rpc.call("activity", {}, _ACTIVITY)

    async def last_runs(self, *, jobs: Collection[str]) -> LastRuns:
        """When each of the jobs last ended well."""
        return await self._rpc.call("last_runs", {"jobs": list(jobs)}, _LAST_RUNS)
