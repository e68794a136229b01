"""What the brain needs of the world; each is implemented by an adapter and by a test's fake."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from julia_brain.domain.prompt import Prompt
from julia_common.database import (
    AckRecorded,
    CommitTurn,
    ConnectionRecorded,
    DueTurns,
    Edited,
    EditMessage,
    Received,
    ReceiveMessage,
    SentEvent,
    SentEventRecorded,
    TurnBegun,
    TurnCommitted,
    TurnLost,
    TurnNotBegun,
    TurnReleased,
    TurnRenewed,
)


class Inbox(Protocol):
    """The database's functions of receiving (`docs/reference/rpc.md`)."""

    async def receive_message(self, message: ReceiveMessage) -> Received:
        """Store a message once."""
        ...

    async def edit_message(self, edit: EditMessage) -> Edited:
        """Change or delete a message."""
        ...

    async def record_sent_event(self, event: SentEvent) -> SentEventRecorded:
        """Bind an echo, or take the conversation over."""
        ...

    async def record_ack(self, *, instance: str, key_id: str, status: str) -> AckRecorded:
        """Note how far a message got."""
        ...

    async def connection_changed(
        self, *, instance: str, state: str, reason: int | None = None
    ) -> ConnectionRecorded:
        """Note the state of a number."""
        ...


class Turns(Protocol):
    """The database's functions of turns (`docs/reference/rpc.md`)."""

    async def due_turns(self, *, owner: str, limit: int, exclude: Collection[str] = ()) -> DueTurns:
        """List due conversations."""
        ...

    async def begin_turn(
        self, *, conversa_id: str, token: str, owner: str, lease_s: int = 15
    ) -> TurnBegun | TurnNotBegun:
        """Take a conversation under a lease."""
        ...

    async def renew_turn(
        self, *, conversa_id: str, token: str, lease_s: int = 15
    ) -> TurnRenewed | TurnLost:
        """Extend the lease."""
        ...

    async def release_turn(
        self,
        *,
        conversa_id: str,
        token: str,
        motivo: str,
        retry_in_s: float = 0,
        falhou: bool = False,
    ) -> TurnReleased:
        """Give the turn back; `falhou` counts it like a crash."""
        ...

    async def commit_turn(self, turn: CommitTurn) -> TurnCommitted:
        """End the turn."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote. `stop_reason` is the API's; token counts are as billed."""

    text: str
    stop_reason: str | None
    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    llm_ms: int


class Writer(Protocol):
    """Claude."""

    async def write(self, prompt: Prompt, *, within_s: float) -> Draft:
        """Write the next message, in at most `within_s` seconds, retries included.

        Raises `Retryable` when Claude is away, slow or overloaded, and `Permanent` when it will
        never answer this request (wrong key, unknown model, malformed request).
        """
        ...


class Signs(Protocol):
    """What the doctor sees while Julia thinks. Best effort: never awaited, never raises."""

    def show_thinking(self, *, instance: str, destino: str, key_ids: Sequence[str]) -> None:
        """Mark the messages as read and show the typing indicator."""
        ...


class Doorbell(Protocol):
    """Tells the dispatcher that a conversation has something to send."""

    async def ring(self, *, instance: str, conversa_id: str) -> None:
        """Ring once; never raises, because the scheduler's sweeper rings again."""
        ...
