"""Functions of what is written of our own accord: campaigns and follow-ups."""

from typing import Final

from pydantic import TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc


class CampaignsFed(Answer):
    """Recipients whose message went into the outbox, who wait for another day, who are left out.

    `mais`: there is room left and there are recipients left: call again.
    """

    enfileiradas: int
    adiadas: int
    puladas: int
    mais: bool


class FollowupsPlanned(Answer):
    """Follow-ups put into the outbox, and how many of them offer a shift.

    `recontato`: conversations whose rest is over. `mais`: call again.
    """

    planejados: int
    com_plantao: int
    recontato: int
    mais: bool


_FED: Final = TypeAdapter(CampaignsFed)
_PLANNED: Final = TypeAdapter(FollowupsPlanned)


class Campaigns:
    """See `docs/reference/rpc.md`, Jobs."""

    _rpc: Rpc

    async def feed_campaigns(self, *, limit: int) -> CampaignsFed:
        """Look at up to `limit` recipients of running campaigns, as far as numbers have room."""
        return await self._rpc.call("feed_campaigns", {"limit": limit}, _FED)

    async def plan_followups(self, *, limit: int) -> FollowupsPlanned:
        """Put up to `limit` follow-ups that are due into the outbox."""
        return await self._rpc.call("plan_followups", {"limit": limit}, _PLANNED)
