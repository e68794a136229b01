"""Functions of the scheduler's jobs."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final, Literal

from pydantic import AwareDatetime, JsonValue, TypeAdapter

from julia_common.database.model import Answer, Arguments, Doorbell
from julia_common.database.rpc import Rpc


class JobClaimed(Answer):
    """`de_outro`: a living replica has the run; `feito`: the run is over."""

    status: Literal["seu", "de_outro", "feito"]


class DueRun(Arguments):
    """A run that may be taken.

    `lease_s`: how long it is lent for; `tentativas`: how often it may be begun; `so_retomar`: only
    if it was begun before.
    """

    job: str
    scheduled_at: AwareDatetime
    lease_s: int
    tentativas: int
    so_retomar: bool = False


class ClaimedRun(Answer):
    """A run that is the caller's; `tentativa` counts from 1."""

    job: str
    scheduled_at: AwareDatetime
    tentativa: int


class ClaimedRuns(Answer):
    """At most one of each job."""

    runs: tuple[ClaimedRun, ...]


class Holiday(Arguments):
    """A holiday of the nation, or of one state (its two letters)."""

    dia: date
    nome: str
    uf: str | None = None


class HolidaysStored(Answer):
    """How many were new or changed, and how many are none any more."""

    guardados: int
    retirados: int


class FinishJob(Arguments):
    """The end of a run; `retry_in_s`: it failed, and may be taken again after so many seconds."""

    job: str
    scheduled_at: AwareDatetime
    owner: str
    ok: bool
    detalhes: dict[str, JsonValue] | None = None
    retry_in_s: int | None = None


class JobFinished(Answer):
    """`perdido`: the lease had passed to another replica."""

    status: Literal["ok", "perdido"]


class HoldsExpired(Answer):
    """How many holds were freed and how many waiting doctors were offered a shift."""

    liberadas: int
    ofertas: int
    conversas: tuple[Doorbell, ...] = ()


class RepliesExpired(Answer):
    """How many replies went to a person, and which conversations have a notice to send.

    `retidas`: those of them that a pause or a ceiling had held up.
    """

    transferidas: int
    retidas: int = 0
    conversas: tuple[Doorbell, ...] = ()


class CatchupWindow(Answer):
    """The stretch of time in which messages of one number may have been missed."""

    instance: str
    since: AwareDatetime
    until: AwareDatetime


class CatchupWindows(Answer):
    """One window per number."""

    instances: tuple[CatchupWindow, ...]


class MissingKeys(Answer):
    """Ids neither received nor sent by us."""

    missing: tuple[str, ...]


class CatchupDone(Answer):
    """The window is closed up to `until`."""

    status: Literal["ok"]


_CLAIMED: Final = TypeAdapter(JobClaimed)
_HOLIDAYS: Final = TypeAdapter(HolidaysStored)
_RUNS: Final = TypeAdapter(ClaimedRuns)
_FINISHED: Final = TypeAdapter(JobFinished)
_EXPIRED: Final = TypeAdapter(RepliesExpired)
_HOLDS: Final = TypeAdapter(HoldsExpired)
_WINDOWS: Final = TypeAdapter(CatchupWindows)
_MISSING: Final = TypeAdapter(MissingKeys)
_DONE: Final = TypeAdapter(CatchupDone)


class Jobs:
    """See `docs/reference/rpc.md`, Jobs."""

    _rpc: Rpc

    async def claim_job(
        self, *, job: str, scheduled_at: datetime, owner: str, lease_s: int
    ) -> JobClaimed:
        """Take the run of `job` at `scheduled_at` (with zone), unique among all replicas."""
        arguments = {
            "job": job,
            "scheduled_at": scheduled_at,
            "owner": owner,
            "lease_s": lease_s,
        }
        return await self._rpc.call("claim_job", arguments, _CLAIMED)

    async def claim_runs(self, *, owner: str, runs: Sequence[DueRun]) -> ClaimedRuns:
        """Take of each job the oldest run that is not over, unless somebody is at that job."""
        due = [run.model_dump(mode="json") for run in runs]
        return await self._rpc.call("claim_runs", {"owner": owner, "runs": due}, _RUNS)

    async def finish_job(self, run: FinishJob) -> JobFinished:
        """Record how the run ended."""
        return await self._rpc.call("finish_job", run, _FINISHED)

    async def store_holidays(self, *, since: date, holidays: Collection[Holiday]) -> HolidaysStored:
        """Replace what the library said before about the days from `since` on."""
        rows = [holiday.model_dump(mode="json", exclude_none=True) for holiday in holidays]
        arguments = {"desde": since, "feriados": rows}
        return await self._rpc.call("store_holidays", arguments, _HOLIDAYS)

    async def expire_replies(self, *, limit: int) -> RepliesExpired:
        """Hand replies that waited longer than the reply window to a person."""
        return await self._rpc.call("expire_replies", {"limit": limit}, _EXPIRED)

    async def expire_holds(self, *, limit: int) -> HoldsExpired:
        """Free holds whose time is up, and offer freed shifts to whoever waits for them."""
        return await self._rpc.call("expire_holds", {"limit": limit}, _HOLDS)

    async def catchup_windows(self) -> CatchupWindows:
        """Say which stretch of time to ask Evolution for, per number."""
        return await self._rpc.call("catchup_windows", {}, _WINDOWS)

    async def missing_keys(self, *, instance: str, key_ids: Collection[str]) -> MissingKeys:
        """Say which of the ids we do not know."""
        arguments = {"instance": instance, "key_ids": list(key_ids)}
        return await self._rpc.call("missing_keys", arguments, _MISSING)

    async def catchup_done(self, *, instance: str, until: datetime, found: int) -> CatchupDone:
        """Close the window up to `until` (with zone); `found` messages had been missed."""
        arguments = {"instance": instance, "until": until, "found": found}
        return await self._rpc.call("catchup_done", arguments, _DONE)
