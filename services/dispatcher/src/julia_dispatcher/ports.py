"""What the dispatcher asks of the outside; the tests' fakes implement the same."""

from typing import Literal, Protocol

from julia_common.database import (
    CeilingReset,
    Claimed,
    ClaimNext,
    ClaimReleased,
    NotClaimed,
    RateUsage,
    RecordSend,
    SendRecorded,
)
from julia_common.evolution import File, Presence, SendOutcome


class Outbox(Protocol):
    """The database's functions of a send (`docs/reference/rpc.md`)."""

    async def claim_next(self, claim: ClaimNext) -> Claimed | NotClaimed:
        """Decide whether the conversation's next part may go, and claim it."""
        ...

    async def release_claim(self, *, claim_id: str, motivo: str) -> ClaimReleased:
        """Give back a claim whose POST was not made."""
        ...

    async def record_send(self, send: RecordSend) -> SendRecorded:
        """Record how the POST ended."""
        ...


class Ceilings(Protocol):
    """The counting authority."""

    async def rate_usage(self, *, post_timeout_s: float) -> RateUsage:
        """Use of the ceilings now."""
        ...

    async def reset_ceiling(
        self, *, window: Literal["hora", "dia"], op_id: str, por: str
    ) -> CeilingReset:
        """Count from now on; the same `op_id` again changes nothing."""
        ...


class Sender(Protocol):
    """The way to WhatsApp."""

    async def send_text(
        self, instance: str, number: str, text: str, *, start_within_seconds: float
    ) -> SendOutcome:
        """Make one POST, or none when it could not start in time."""
        ...

    async def send_media(
        self, instance: str, number: str, file: File, caption: str, *, start_within_seconds: float
    ) -> SendOutcome:
        """Make one POST with a file, or none when it could not start in time."""
        ...

    async def send_presence(
        self, instance: str, number: str, presence: Presence, *, hold_seconds: float
    ) -> None:
        """Show a presence for so long; raises `Retryable` or `Permanent`."""
        ...
