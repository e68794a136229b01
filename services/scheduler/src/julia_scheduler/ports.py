"""What the scheduler asks of the outside; the tests' fakes implement the same."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, Protocol

from julia_common.contracts.messages import Identity, Message
from julia_common.database import (
    Backlog,
    CanaryStatus,
    CatchupDone,
    CatchupWindows,
    ConnectionRecorded,
    DraftsExpired,
    DueDoorbells,
    FinishJob,
    HoldsExpired,
    JobClaimed,
    JobFinished,
    MissingKeys,
    RepliesExpired,
    SendSettled,
    UncertainSends,
)
from julia_common.evolution import ConnectionState, StoredMessage


class Publish(Protocol):
    """See `julia_common.messaging.Publisher`."""

    async def publish(self, message: Message, *, key: str | None = None) -> None:
        """Return when the broker has the message; raise `Retryable` otherwise."""
        ...


class Due(Protocol):
    """The database's lists of what is due (`docs/reference/rpc.md`)."""

    async def due_doorbells(self, *, limit: int) -> DueDoorbells:
        """List sends that nobody rang for."""
        ...

    async def expire_drafts(self, *, limit: int) -> DraftsExpired:
        """Hand over what nobody decided on in time."""
        ...

    async def expire_replies(self, *, limit: int) -> RepliesExpired:
        """Hand replies that waited too long to a person."""
        ...

    async def expire_holds(self, *, limit: int) -> HoldsExpired:
        """Free holds whose time is up, and offer free shifts."""
        ...

    async def backlog(self) -> Backlog:
        """Size and age of what is due."""
        ...


class Canary(Protocol):
    """What became of the canary."""

    async def canary_status(self) -> CanaryStatus:
        """Say whether it is answered."""
        ...


class Settling(Protocol):
    """The database's functions for sends of unknown fate."""

    async def uncertain_sends(self, *, limit: int, owner: str) -> UncertainSends:
        """Borrow sends to settle."""
        ...

    async def settle_send(
        self,
        *,
        claim_id: str,
        evidence: Literal["positiva", "negativa", "nenhuma"],
        provider_message_id: str | None = None,
        identities: Collection[Identity] = (),
        strict: bool = False,
        reachable: bool = True,
    ) -> SendSettled:
        """Tell what was found."""
        ...


class Jobs(Protocol):
    """The database's functions of a catch-up."""

    async def claim_job(
        self, *, job: str, scheduled_at: datetime, owner: str, lease_s: int
    ) -> JobClaimed:
        """Take a run, unique among all replicas."""
        ...

    async def finish_job(self, run: FinishJob) -> JobFinished:
        """Record how the run ended."""
        ...

    async def connection_changed(
        self, *, instance: str, state: ConnectionState
    ) -> ConnectionRecorded:
        """Make the number known."""
        ...

    async def catchup_windows(self) -> CatchupWindows:
        """Say which stretch of time to check, per number."""
        ...

    async def missing_keys(self, *, instance: str, key_ids: Collection[str]) -> MissingKeys:
        """Say which ids are not known."""
        ...

    async def catchup_done(self, *, instance: str, until: datetime, found: int) -> CatchupDone:
        """Close the window."""
        ...


class Memory(Protocol):
    """What Evolution remembers; see `julia_common.evolution.EvolutionClient`."""

    async def find_messages(
        self, instance: str, gte: datetime, lte: datetime, *, from_me: bool | None = None
    ) -> list[StoredMessage]:
        """All stored messages between the two times, oldest first."""
        ...

    async def find_message(self, instance: str, key_id: str) -> StoredMessage | None:
        """The stored message with this id."""
        ...

    async def connection_state(self, instance: str) -> ConnectionState:
        """The state of the number's connection."""
        ...
