"""Fakes of the brain's ports.

A conversation with the rules of the database's turn functions, a writer with a script, and a clock
that a test moves.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.prompt import SAO_PAULO, Prompt
from julia_brain.tools.calls import ToolCall
from julia_common.database import (
    CommitTurn,
    Doctor,
    DueTurn,
    DueTurns,
    HistoryMessage,
    HoldShift,
    Hospital,
    HospitalsFound,
    PendingMessage,
    PromptChosen,
    PromptText,
    ReadingStored,
    RecordSpent,
    Reservation,
    SearchShifts,
    Shift,
    ShiftHeld,
    ShiftsFound,
    Spent,
    SpentRecorded,
    StoreReading,
    TurnBegun,
    TurnCommitted,
    TurnLost,
    TurnNotBegun,
    TurnReleased,
    TurnRenewed,
)
from julia_common.errors import Retryable
from julia_common.telemetry import tracing

CONVERSA_ID = "6a8b7a62-6a4f-4dd6-a0a5-0c6f0d7f2a11"
INSTANCE = "julia-teste"


class SteppedClock:
    """A clock on which sleepers wake in order when a test lets time pass."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        """Begin at `start`."""
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._order = itertools.count()

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._elapsed

    def now(self) -> datetime:
        """The start plus what has passed."""
        return self._start + timedelta(seconds=self._elapsed)

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let `seconds` pass."""
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking each sleeper at its own moment."""
        end = self._elapsed + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._elapsed, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await _settle()
        self._elapsed = end

    async def until_done[T](self, task: "asyncio.Task[T]", *, at_most: float = 120.0) -> T:
        """Let time pass in small steps until the task has ended; its result."""
        end = self._elapsed + at_most
        while not task.done() and self._elapsed < end:
            await self.advance(0.1)
        if not task.done():
            task.cancel()
        return await task


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class FakeConversation:
    """One conversation, as the functions of `docs/reference/rpc.md` treat it."""

    clock: SteppedClock
    pending: list[PendingMessage] = field(default_factory=list)
    inbox_seq: int = 0
    control_epoch: int = 1
    controlled_by: Literal["ai", "human"] = "ai"
    paused: bool = False
    away: bool = False
    """The database does not answer."""
    token: str | None = None
    first_pending_at: float = 0.0
    quiet_at: float = 0.0
    commits: list[CommitTurn] = field(default_factory=list)
    """Only those that were applied."""
    refusals: list[str] = field(default_factory=list)
    releases: list[tuple[str, float]] = field(default_factory=list)
    failures: int = 0
    """Releases of turns that failed by themselves."""
    commit_error: Exception | None = None
    copilot: bool = False
    history: tuple[HistoryMessage, ...] = ()
    medico: Doctor = field(default_factory=lambda: Doctor(id="medico-1", primeiro_nome="Ana"))
    reservas: tuple[Reservation, ...] = ()
    gasto: Spent = field(default_factory=Spent)
    lost_holds: set[str] = field(default_factory=set)
    invalid_effects: bool = False
    """Reservations that a commit names in vain."""
    spent: list[RecordSpent] = field(default_factory=list)
    """Costs of turns that were not committed."""
    readings: list[StoreReading] = field(default_factory=list)
    renewals: int = 0
    begun: int = 0

    def doctor_writes(self, text: str, kind: str = "texto", **attachment: object) -> None:
        """A message arrives, with what it says of its attachment."""
        now = self.clock.monotonic()
        if not self.pending:
            self.first_pending_at = now
        self.inbox_seq += 1
        self.quiet_at = min(now + 1.2, self.first_pending_at + 3)
        self.pending.append(
            PendingMessage(
                id=str(self.inbox_seq),
                key_id=f"KEY{self.inbox_seq}",
                inbox_seq=self.inbox_seq,
                tipo_conteudo=kind,
                conteudo=text,
                anexos=attachment or None,
                provider_at=self.clock.now(),
                traceparent=tracing.traceparent(),
            )
        )

    def person_takes_over(self) -> None:
        """A person types on the phone."""
        self.control_epoch += 1
        self.controlled_by = "human"
        self.token = None
        self.pending.clear()

    def lease_runs_out(self) -> None:
        """Somebody else takes the turn."""
        self.token = "somebody-else"  # noqa: S105 - a lease's token, no secret

    async def due_turns(
        self,
        *,
        owner: str,  # noqa: ARG002 - part of the port
        limit: int,  # noqa: ARG002 - part of the port
        exclude: Collection[str] = (),
    ) -> DueTurns:
        """List the conversation when it waits."""
        self._answer()
        due = self.pending and self.token is None and CONVERSA_ID not in exclude
        turns = (DueTurn(conversa_id=CONVERSA_ID, due_at=self.clock.now()),) if due else ()
        return DueTurns(turns=turns)

    async def begin_turn(
        self,
        *,
        conversa_id: str,  # noqa: ARG002 - part of the port
        token: str,
        owner: str,  # noqa: ARG002 - part of the port
        lease_s: int = 15,  # noqa: ARG002 - part of the port
    ) -> TurnBegun | TurnNotBegun:
        """Take the conversation, or say why not."""
        self._answer()
        status = self._why_not(token)
        if status is not None:
            due_in_ms = round((self.quiet_at - self.clock.monotonic()) * 1000)
            return TurnNotBegun(
                status=status, due_in_ms=due_in_ms if status == "aguardar" else None
            )
        if self.token != token:
            self.begun += 1
        self.token = token
        return TurnBegun(
            status="iniciado",
            turno_id=f"turno-{self.begun}",
            turn_seq=len(self.commits) + 1,
            control_epoch=self.control_epoch,
            inbox_seq=self.inbox_seq,
            tentativa=1,
            instance=INSTANCE,
            pending_for_ms=round((self.clock.monotonic() - self.first_pending_at) * 1000),
            destino="5519999990000",
            medico=self.medico,
            pending=tuple(self.pending),
            history=self.history,
            reservas=self.reservas,
            gasto=self.gasto,
            prompt=PromptChosen(id="persona-1", versao="1"),
        )

    async def renew_turn(
        self,
        *,
        conversa_id: str,  # noqa: ARG002 - part of the port
        token: str,
        lease_s: int = 15,  # noqa: ARG002 - part of the port
    ) -> TurnRenewed | TurnLost:
        """Extend the lease while it is the caller's."""
        self._answer()
        self.renewals += 1
        if self.token != token:
            return TurnLost(status="perdido")
        return TurnRenewed(
            status="renovado",
            control_epoch=self.control_epoch,
            inbox_seq=self.inbox_seq,
            paused=self.paused,
        )

    async def release_turn(
        self,
        *,
        conversa_id: str,  # noqa: ARG002 - part of the port
        token: str,
        motivo: str,
        retry_in_s: float = 0,
        falhou: bool = False,
    ) -> TurnReleased:
        """Give the turn back."""
        self._answer()
        if self.token != token:
            return TurnReleased(status="perdido")
        self.token = None
        self.releases.append((motivo, retry_in_s))
        self.failures += falhou
        return TurnReleased(status="liberado")

    async def commit_turn(self, turn: CommitTurn) -> TurnCommitted:
        """End the turn, or refuse."""
        self._answer()
        if self.commit_error is not None:
            raise self.commit_error
        refusal = self._refusal(turn)
        if refusal is not None:
            self.refusals.append(refusal)
            quiet_ms = max(0, round((self.quiet_at - self.clock.monotonic()) * 1000))
            return TurnCommitted(status="recusado", motivo=refusal, more_due_in_ms=quiet_ms)
        self.commits.append(turn)
        self.token = None
        self.pending = [one for one in self.pending if one.inbox_seq > turn.inbox_seq]
        if turn.outcome == "transferir":
            self.person_takes_over()
        return TurnCommitted(
            status="confirmado",
            rascunho=self.copilot,
            doorbell=not self.copilot,
            more_due_in_ms=0 if self.pending else None,
        )

    async def record_spent(self, spent: RecordSpent) -> SpentRecorded:
        """Keep the cost of a turn that was not committed."""
        self._answer()
        self.spent.append(spent)
        return SpentRecorded(status="registrado")

    async def store_reading(self, reading: StoreReading) -> ReadingStored:
        """Keep what an attachment says with its message, while the turn is the caller's."""
        self._answer()
        self.readings.append(reading)
        if self.token != reading.token:
            return ReadingStored(status="perdido")
        self.pending = [
            one.model_copy(update={"leitura": reading.leitura})
            if one.id == reading.interacao_id
            else one
            for one in self.pending
        ]
        return ReadingStored(status="guardada")

    def _answer(self) -> None:
        if self.away:
            message = "the database is away"
            raise Retryable(message)

    def _why_not(
        self, token: str
    ) -> Literal["ocupado", "aguardar", "pausado", "humano", "nada"] | None:
        if self.controlled_by == "human":
            return "humano"
        if self.token not in {None, token}:
            return "ocupado"
        if self.paused:
            return "pausado"
        if not self.pending:
            return "nada"
        if self.token is None and self.quiet_at > self.clock.monotonic():
            return "aguardar"
        return None

    def _refusal(
        self, turn: CommitTurn
    ) -> (
        Literal["lease", "epoca", "pausa", "mensagens_novas", "reserva_perdida", "efeito_invalido"]
        | None
    ):
        if self.control_epoch != turn.control_epoch:
            return "epoca"
        if self.token != turn.token:
            return "lease"
        if self.paused:
            self.token = None
            return "pausa"
        if self.inbox_seq > turn.inbox_seq and not turn.force:
            return "mensagens_novas"
        if self.lost_holds.intersection(turn.holds):
            return "reserva_perdida"
        return "efeito_invalido" if self.invalid_effects else None


PERSONA = "Você é a Júlia, assistente virtual da empresa. Regra de teste: fale pouco."


@dataclass
class FakePrompts:
    """One prompt version."""

    read: list[str] = field(default_factory=list)

    async def get_prompt(self, *, id: str) -> PromptText:  # noqa: A002 - the port's name
        """Read it."""
        self.read.append(id)
        return PromptText(id=id, nome="julia", versao="1", conteudo=PERSONA)


def shift(vaga_id: str = "11111111-1111-4111-8111-111111111111", *, day: int = 7) -> Shift:
    """A night shift in Campinas in March 2026, for R$ 1.500."""
    start = datetime(2026, 3, day, 19, tzinfo=SAO_PAULO)
    return Shift(
        id=vaga_id,
        hospital=Hospital(
            id="22222222-2222-4222-8222-222222222222",
            nome="Hospital Santa Clara",
            endereco="Rua das Acácias, 120, Campinas",
            cidade="Campinas",
            estado="SP",
        ),
        especialidade="Anestesiologia",
        data=start.date(),
        inicio=start,
        fim=start + timedelta(hours=12),
        valor_tipo="fixo",
        valor_centavos=150_000,
    )


@dataclass
class FakeShifts:
    """Open shifts; each hold succeeds and has an id of its own."""

    open: list[Shift] = field(default_factory=lambda: [shift()])
    held: list[str] = field(default_factory=list)
    """Ids of the holds, in order."""
    error: Exception | None = None

    async def search_shifts(self, search: SearchShifts) -> ShiftsFound:
        """Find all of them."""
        if self.error is not None:
            raise self.error
        return ShiftsFound(vagas=tuple(self.open[: search.limite]), total=len(self.open))

    async def hold_shift(self, hold: HoldShift) -> ShiftHeld:
        """Hold it."""
        if self.error is not None:
            raise self.error
        self.held.append(f"reserva-{len(self.held) + 1}")
        found = next(one for one in self.open if one.id == hold.vaga_id)
        return ShiftHeld(status="segurada", reserva_id=self.held[-1], vaga=found)

    async def hospital_info(self, *, nome: str) -> HospitalsFound:  # noqa: ARG002 - the port's
        """Find the hospitals of the open shifts."""
        return HospitalsFound(hospitais=tuple(one.hospital for one in self.open))


type Step = str | Draft | Exception | Callable[[], None]


def draft(text: str, stop_reason: str | None = "end_turn") -> Draft:
    """A draft with made-up token counts."""
    return Draft(text, stop_reason, "claude-haiku-5-5", 100, 20, 0, 0, 900)


def asking(name: str, **arguments: object) -> Draft:
    """A draft that asks for a tool."""
    call = ToolCall(id=f"toolu_{name}", name=name, arguments=arguments)
    return replace(draft("", "tool_use"), tool_calls=(call,))


@dataclass(frozen=True)
class Asked:
    """How the writer was asked."""

    size: Model
    tools: bool


@dataclass
class ScriptedWriter:
    """Claude with a script: a text or draft is written, an exception raised, a call made before.

    When the script has ended the last pending texts are repeated, so that a test can see what was
    answered.
    """

    clock: SteppedClock
    takes: float = 1.0
    """Seconds until each answer."""
    script: list[Step] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    cancelled: int = 0

    async def write(
        self,
        prompt: Prompt,
        *,
        size: Model,
        tools: bool,
        within_s: float,
    ) -> Draft:
        """Answer by the script."""
        self.prompts.append(prompt)
        self.asked.append(Asked(size, tools))
        try:
            await self.clock.sleep(min(self.takes, within_s))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.takes > within_s:
            message = "Claude did not answer in time"
            raise Retryable(message)
        while self.script and callable(self.script[0]):
            self.script.pop(0)()  # type: ignore[operator]  # just checked
        match self.script.pop(0) if self.script else None:
            case str() as text:
                return draft(text)
            case Draft() as written:
                return written
            case Exception() as error:
                raise error
            case _:
                return draft(f"Sobre: {' | '.join(map(str, prompt.pending))}")


@dataclass
class FakeAttachments:
    """Attachments by the id of their message; an exception is raised, anything else is missing."""

    clock: SteppedClock
    files: dict[str, bytes | Exception] = field(default_factory=dict)
    takes: float = 0.0
    """Seconds for each."""
    fetched: list[str] = field(default_factory=list)

    async def fetch(
        self,
        instance: str,  # noqa: ARG002 - the port's
        key_id: str,
        *,
        max_bytes: int,  # noqa: ARG002 - the port's
        within_s: float,
    ) -> bytes:
        """Fetch one."""
        self.fetched.append(key_id)
        await self.clock.sleep(min(self.takes, within_s))
        found = self.files.get(key_id)
        if self.takes > within_s or found is None:
            message = "Evolution has no file for this message"
            raise Retryable(message)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class FakeTranscriber:
    """Hears what the audio says in UTF-8, or fails."""

    error: Exception | None = None
    heard: int = 0

    async def transcribe(self, audio: bytes, mimetype: str, *, within_s: float) -> str:  # noqa: ARG002 - the port's
        """Hear one."""
        self.heard += 1
        if self.error is not None:
            raise self.error
        return audio.decode()


class FakeVault:
    """Seals by turning bytes round."""

    async def seal(self, data: bytes) -> str:
        """Seal one."""
        return data[::-1].hex()


@dataclass
class FakeSigns:
    """Remembers which messages were shown as read."""

    shown: list[tuple[str, ...]] = field(default_factory=list)

    def show_thinking(
        self,
        *,
        instance: str,  # noqa: ARG002 - part of the port
        destino: str,  # noqa: ARG002 - part of the port
        key_ids: Sequence[str],
    ) -> None:
        """Remember."""
        self.shown.append(tuple(key_ids))


@dataclass
class FakeDoorbell:
    """Counts the rings."""

    rung: list[str] = field(default_factory=list)

    async def ring(self, *, instance: str, conversa_id: str) -> None:  # noqa: ARG002 - the port's
        """Remember."""
        self.rung.append(conversa_id)
