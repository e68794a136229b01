"""Functions for readiness and gauges."""

from datetime import datetime
from typing import Final

from pydantic import AwareDatetime, TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc


class ContractVersion(Answer):
    """Version of the functions' contract."""

    version: int


class _Clock(Answer):
    agora: AwareDatetime


class Backlog(Answer):
    """What is due; ages in seconds, None when nothing waits.

    `paused`: everything is; `paused_scopes`: pauses of a part, which makes nothing late.
    `uncertain_settled_24h`: sends that were uncertain and have been settled in the last day;
    `uncertain_evidenced_24h`: those of them that arrived; `uncertain_median_s`: what settling took.
    """

    inbound_due: int
    inbound_oldest_s: float | None
    outbound_due: int
    outbound_oldest_s: float | None
    uncertain: int
    parked: int
    paused: bool
    paused_scopes: int = 0
    notices: int = 0
    notices_oldest_s: float | None = None
    drafts: int = 0
    drafts_oldest_s: float | None = None
    uncertain_settled_24h: int = 0
    uncertain_evidenced_24h: int = 0
    uncertain_median_s: float | None = None


_VERSION: Final = TypeAdapter(ContractVersion)
_CLOCK: Final = TypeAdapter(_Clock)
_BACKLOG: Final = TypeAdapter(Backlog)


class Health:
    """See `docs/reference/rpc.md`, Health."""

    _rpc: Rpc

    async def contract_version(self) -> int:
        """Version of the contract that the database implements; readiness compares it."""
        return (await self._rpc.call("contract_version", {}, _VERSION)).version

    async def now(self) -> datetime:
        """What the clock that decides says, with zone."""
        return (await self._rpc.call("now", {}, _CLOCK)).agora

    async def backlog(self) -> Backlog:
        """Size and age of what is due."""
        return await self._rpc.call("backlog", {}, _BACKLOG)
