"""What the brain needs of the world; each is implemented by an adapter and by a test's fake."""

from collections.abc import Collection, Sequence
from typing import Protocol

from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.prompt import Prompt
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_common.database import (
    AckRecorded,
    CommitTurn,
    ConnectionRecorded,
    DueTurns,
    Edited,
    EditMessage,
    Effects,
    Handoff,
    HoldShift,
    HospitalsFound,
    PersonDecidedAnswer,
    PersonDecidedArguments,
    PersonReturnedAnswer,
    PersonReturnedArguments,
    PersonWroteAnswer,
    PersonWroteArguments,
    PromptText,
    ReadingStored,
    Received,
    ReceiveMessage,
    RecordSpent,
    SearchShifts,
    SentEvent,
    SentEventRecorded,
    ShadowStored,
    ShiftHeld,
    ShiftsFound,
    SpentRecorded,
    StoreReading,
    StoreShadow,
    StoreSummary,
    SummaryStored,
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

    async def person_wrote(self, message: PersonWroteArguments) -> PersonWroteAnswer:
        """Take the conversation over, and send a person's words."""
        ...

    async def person_decided(self, decided: PersonDecidedArguments) -> PersonDecidedAnswer:
        """Decide on a draft, as a person did."""
        ...

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        """Give the conversation back."""
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

    async def record_spent(self, spent: RecordSpent) -> SpentRecorded:
        """Record the cost of a turn that ended without a commit."""
        ...


class Prompts(Protocol):
    """The database's prompt versions; the text of an id never changes."""

    async def get_prompt(self, *, id: str) -> PromptText:  # noqa: A002 - the column's name
        """Read one version."""
        ...


class Shifts(Protocol):
    """The database's functions of shifts (`docs/reference/rpc.md`)."""

    async def search_shifts(self, search: SearchShifts) -> ShiftsFound:
        """Find open shifts for the doctor of a conversation."""
        ...

    async def hold_shift(self, hold: HoldShift) -> ShiftHeld:
        """Hold a shift within a turn."""
        ...

    async def hospital_info(self, *, nome: str) -> HospitalsFound:
        """Look a hospital up."""
        ...


class Tools(Protocol):
    """What the tools of one turn did, and the way to use them; thrown away with its draft."""

    @property
    def holds(self) -> tuple[str, ...]:
        """Reservations that the commit confirms."""
        ...

    @property
    def effects(self) -> Effects:
        """Everything else that the commit applies."""
        ...

    @property
    def handoff(self) -> Handoff | None:
        """The person called for by a tool."""
        ...

    async def run(self, call: ToolCall) -> ToolResult:
        """Do what the model asked for; what it got wrong is told to it in the result.

        Raises `Retryable` when the database is away and `TurnDropped` when the turn is not ours.
        """
        ...

    def evidence(self) -> Evidence:
        """What a draft may rely on by now."""
        ...


class Writer(Protocol):
    """Claude."""

    async def write(self, prompt: Prompt, *, size: Model, tools: bool, within_s: float) -> Draft:
        """Write the next message or ask for tools, in at most `within_s` seconds, retries included.

        Without `tools` the prompt's tools stay described (the cache depends on it) but may not be
        used.

        Raises `Retryable` when Claude is away, slow or overloaded, and `Permanent` when it will
        never answer this request (wrong key, unknown model, malformed request).
        """
        ...


class Attachments(Protocol):
    """Where the bytes of attachments come from."""

    async def fetch(self, instance: str, key_id: str, *, max_bytes: int, within_s: float) -> bytes:
        """Fetch the attachment of a message, never more than `max_bytes` of it.

        Raises `Retryable` when it cannot be had now and `Permanent` when it never will.
        """
        ...


class Transcriber(Protocol):
    """Whatever hears audio."""

    async def transcribe(self, audio: bytes, mimetype: str, *, within_s: float) -> str:
        """What is said in an audio, in at most `within_s` seconds, retries included.

        Raises `Retryable` when the service is away, slow or overloaded, `Permanent` when it will
        never take this audio.
        """
        ...


class Vault(Protocol):
    """What protects documents."""

    async def seal(self, data: bytes) -> str:
        """Encrypt."""
        ...


class Readings(Protocol):
    """The database's function for what attachments say (`docs/reference/rpc.md`)."""

    async def store_reading(self, reading: StoreReading) -> ReadingStored:
        """Note what an attachment says, and keep a document."""
        ...


class Summaries(Protocol):
    """The database's functions for summaries (`docs/reference/rpc.md`)."""

    async def store_summary(self, summary: StoreSummary) -> SummaryStored:
        """Replace the summary if nobody else did."""
        ...

    async def record_spent(self, spent: RecordSpent) -> SpentRecorded:
        """Record the cost of a summary that is none."""
        ...


class Shadows(Protocol):
    """The database's function for drafts that nobody sends (`docs/reference/rpc.md`)."""

    async def store_shadow(self, shadow: StoreShadow) -> ShadowStored:
        """Keep a draft beside the turn that was answered."""
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
