"""One turn, from the claim of a due conversation to its commit (`docs/reference/rpc.md`)."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import structlog

from julia_brain import metrics
from julia_brain.domain.budget import Budgets
from julia_brain.domain.composing import compose
from julia_brain.domain.routing import CHOSEN_BY_TEXT, Reason, route
from julia_brain.domain.spending import Spending
from julia_brain.ports import Doorbell, Prompts, Shifts, Signs, Tools, Turns, Writer
from julia_brain.tools.schemas import TOOLS
from julia_brain.tools.toolbox import Toolbox
from julia_brain.turns.afterwards import CommittedTurn
from julia_brain.turns.answer import Answer, handing_over
from julia_brain.turns.before_claude import answer_by_rules, doctors_words, keeping_opt_out
from julia_brain.turns.deadline import Deadline
from julia_brain.turns.lease import LEASE_SECONDS, Loss, TurnDropped, keep_lease
from julia_brain.turns.limits import Limits, retry_in
from julia_brain.turns.reading import Reader, ReadingTurn
from julia_brain.turns.thinking import Thinking, Unanswered
from julia_brain.turns.tracing import read_anew, turn_span
from julia_common.database import (
    CommitTurn,
    Handoff,
    RecordSpent,
    TurnBegun,
    TurnCommitted,
    TurnNotBegun,
)
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitOpen
from julia_common.resilience.clock import Clock
from julia_common.telemetry import tracing
from julia_common.telemetry.logging import canonical

_log = logging.getLogger(__name__)

_BEST_EFFORT_SECONDS: Final = 3.0
_RETRY_AFTER_FAILURE_SECONDS: Final = 5.0

_AWAY: Final = "A Júlia ficou sem o modelo de linguagem; alguém precisa continuar"

_SOFT: Final = ("mensagens_novas", "reserva_perdida", "efeito_invalido")
"""Refusals after which the turn is still ours and is thought about again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a turn ended; `due_in_s` says when the conversation is due again, if that is known."""

    outcome: str
    due_in_s: float | None = None


@dataclass(slots=True)
class _Turn:
    """A turn under way. `begun` is replaced when newer messages void a draft."""

    conversa_id: str
    token: str
    begun: TurnBegun
    started: float
    span: tracing.Span
    spending: Spending = field(default_factory=Spending)
    voided: int = 0
    readings: dict[str, str] = field(default_factory=dict)
    """What attachments say, by message id."""
    recorded: bool = False
    """The cost is in the database."""
    without_claude: bool = False


def _nothing(_: CommittedTurn) -> None:
    """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs turns; it keeps nothing between them."""

    turns: Turns
    shifts: Shifts
    prompts: Prompts
    reader: Reader
    writer: Writer
    signs: Signs
    doorbell: Doorbell
    clock: Clock
    owner: str
    """The id of this process, as the database knows it."""
    limits: Limits = field(default_factory=Limits)
    budgets: Budgets = field(default_factory=Budgets)
    large_for: Collection[Reason] = CHOSEN_BY_TEXT
    """What the larger model is asked for, besides repairs."""
    begin_afterwards: Callable[[CommittedTurn], None] = _nothing
    """Starts what follows a commit (a summary, a shadow's draft); nobody waits for it."""
    new_token: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))

    async def run(self, conversa_id: str) -> Finished:
        """Answer the conversation if it is due and free.

        Raises `Retryable` when the database is away; the lease then ends by itself. When the task
        is cancelled the turn is given back first. Anything else that is raised is a fault of the
        turn: it is given back as failed, and the third failure hands the conversation over.
        """
        started = self.clock.monotonic()
        began_ns = time.time_ns()
        token = self.new_token()
        begun = await self.turns.begin_turn(
            conversa_id=conversa_id, token=token, owner=self.owner, lease_s=LEASE_SECONDS
        )
        if isinstance(begun, TurnNotBegun):
            metrics.TURNS.labels(begun.status).inc()
            return await self._not_begun(conversa_id, begun)
        with (
            structlog.contextvars.bound_contextvars(
                conversa_id=conversa_id, medico_id=begun.medico.id, turno_id=begun.turno_id
            ),
            turn_span(begun, conversa_id, began_ns=began_ns) as span,
        ):
            turn = _Turn(conversa_id, token, begun, started, span)
            finished = Finished("falha")
            try:
                finished = await self._answer_or_drop(turn)
            except asyncio.CancelledError:
                finished = Finished("interrompido")
                await self._release_before_the_end(turn)
                raise
            except Retryable:
                raise
            except Exception:
                await self._release(
                    turn, "falha", retry_in_s=_RETRY_AFTER_FAILURE_SECONDS, falhou=True
                )
                raise
            finally:
                await self._record_spent(turn, finished)
                self._account(turn, finished)
        return finished

    async def _answer_or_drop(self, turn: _Turn) -> Finished:
        try:
            return await self._answer(turn)
        except TurnDropped as dropped:
            if dropped.loss is not Loss.LEASE:
                await self._release(turn, dropped.loss.value)
            return Finished(dropped.loss.value)

    async def _answer(self, turn: _Turn) -> Finished:
        deadline = Deadline(self.clock, self.limits)
        async with keep_lease(
            self.turns, self.clock, turn.begun, turn.conversa_id, turn.token
        ) as lease:
            while True:
                self._show_thinking(turn.begun)
                try:
                    await lease.guard(self._read(turn))
                    deadline.begin_again()  # time to read attachments is not time to think
                    answer = await lease.guard(self._think(turn, deadline))
                except Unanswered as unanswered:
                    return await self._without_claude(turn, unanswered.error)
                force = self._is_last(turn) and _may_be_forced(answer)
                committed = await self._commit(turn, answer, force=force)
                if committed.motivo not in _SOFT:
                    return await self._finish(turn, answer.outcome, committed)

                quiet_s = (committed.more_due_in_ms or 0) / 1000
                if not deadline.allows_a_call_after(quiet_s) or self._is_last(turn):
                    return await self._as_it_is(turn, answer, committed.motivo)
                turn.voided += 1
                metrics.REGENERATIONS.inc()
                await lease.guard(self.clock.sleep(quiet_s))
                again = await self.turns.begin_turn(
                    conversa_id=turn.conversa_id,
                    token=turn.token,
                    owner=self.owner,
                    lease_s=LEASE_SECONDS,
                )
                if isinstance(again, TurnNotBegun):
                    return await self._not_begun(turn.conversa_id, again)
                read_anew(turn.span, turn.begun, again)
                turn.begun = again

    async def _read(self, turn: _Turn) -> None:
        """Read attachments before anything is decided."""
        turn.begun = await self.reader.read(
            ReadingTurn(turn.begun, turn.conversa_id, turn.token, turn.spending, turn.readings)
        )

    async def _think(self, turn: _Turn, deadline: Deadline) -> Answer:
        """From what was written and said to an answer; tools start anew with each attempt."""
        begun = turn.begun
        ruled = answer_by_rules(begun)
        if ruled is not None:
            return keeping_opt_out(ruled, begun)
        persona = (await self.prompts.get_prompt(id=begun.prompt.id)).conteudo
        now = self.clock.now()
        thinking = Thinking(
            writer=self.writer,
            tools=self._tools(turn),
            deadline=deadline,
            limits=self.limits,
            budgets=self.budgets,
            spent=begun.gasto,
            spending=turn.spending,
            route=route(doctors_words(begun.pending), self.large_for),
            persona=persona,
            history=begun.history,
        )
        answer = await thinking.think(
            compose(begun, persona=persona, tools=TOOLS, conversa_id=turn.conversa_id, now=now)
        )
        return keeping_opt_out(answer, begun)

    def _tools(self, turn: _Turn) -> Tools:
        return Toolbox(
            self.shifts,
            turn.begun,
            conversa_id=turn.conversa_id,
            token=turn.token,
            clock=self.clock,
        )

    async def _as_it_is(self, turn: _Turn, answer: Answer, motivo: str | None) -> Finished:
        """No time for another attempt: newer messages stay due, lost effects need a fresh turn."""
        if motivo == "mensagens_novas" and _may_be_forced(answer):
            committed = await self._commit(turn, answer, force=True)
            if committed.motivo not in _SOFT:
                return await self._finish(turn, answer.outcome, committed)
            motivo = committed.motivo
        await self._release(turn, motivo or "recusado", falhou=True)
        return Finished("adiado", 0.0)

    def _is_last(self, turn: _Turn) -> bool:
        return turn.voided >= self.limits.regenerations

    def _show_thinking(self, begun: TurnBegun) -> None:
        if begun.medico.canario:
            return  # nobody to show it to
        self.signs.show_thinking(
            instance=begun.instance,
            destino=begun.destino,
            key_ids=[message.key_id for message in begun.pending],
        )

    async def _commit(self, turn: _Turn, answer: Answer, *, force: bool) -> TurnCommitted:
        committed = await self.turns.commit_turn(
            CommitTurn(
                conversa_id=turn.conversa_id,
                token=turn.token,
                turno_id=turn.begun.turno_id,
                control_epoch=turn.begun.control_epoch,
                inbox_seq=turn.begun.inbox_seq,
                force=force,
                outcome=answer.outcome,
                parts=answer.parts,
                handoff=answer.handoff,
                holds=answer.holds,
                effects=answer.effects,
                prompt_id=turn.begun.prompt.id,
                rota=answer.rota,
                usage=turn.spending.usage,
            )
        )
        turn.recorded = committed.status == "confirmado"
        return committed

    async def _finish(self, turn: _Turn, outcome: str, committed: TurnCommitted) -> Finished:
        if committed.doorbell:
            await self.doorbell.ring(instance=turn.begun.instance, conversa_id=turn.conversa_id)
        if committed.status == "recusado":
            return Finished(committed.motivo or "recusado")
        if committed.rascunho:
            outcome = "rascunho"
        if not turn.begun.medico.canario:
            metrics.REPLY.ended(outcome, len(turn.begun.pending))
        self._begin_afterwards(turn)
        return Finished(outcome, _seconds(committed.more_due_in_ms))

    def _begin_afterwards(self, turn: _Turn) -> None:
        if turn.begun.medico.canario:
            return  # what follows would cost money
        usage = turn.spending.usage
        self.begin_afterwards(
            CommittedTurn(
                begun=turn.begun,
                conversa_id=turn.conversa_id,
                usd=Decimal(0) if usage is None else usage.custo_usd,
                claude_answered=bool(turn.spending.drafts),
            )
        )

    async def _without_claude(self, turn: _Turn, error: Retryable | Permanent) -> Finished:
        """Let the doctor's messages wait for Claude, and after a while for a person."""
        turn.without_claude = True
        level = logging.WARNING if isinstance(error, Retryable) else logging.ERROR
        _log.log(level, "no answer from Claude: %s", error)
        waited = (turn.begun.pending_for_ms or 0) / 1000
        waited += self.clock.monotonic() - turn.started
        patience = self.limits.patience(asked=not isinstance(error, CircuitOpen))
        if waited < patience:
            again = retry_in(waited, patience)
            await self._release(turn, "indisponibilidade", again)
            return Finished("adiado", again)
        answer = handing_over(
            Handoff(trigger_type="indisponibilidade", motivo=_AWAY, notify=True), "sem_modelo"
        )
        committed = await self._commit(turn, answer, force=True)
        return await self._finish(turn, "indisponibilidade", committed)

    async def _release(
        self, turn: _Turn, motivo: str, retry_in_s: float = 0, *, falhou: bool = False
    ) -> None:
        await self.turns.release_turn(
            conversa_id=turn.conversa_id,
            token=turn.token,
            motivo=motivo,
            retry_in_s=retry_in_s,
            falhou=falhou,
        )

    async def _release_before_the_end(self, turn: _Turn) -> None:
        """Give the turn back although this task is being cancelled; best effort."""
        try:
            async with asyncio.timeout(_BEST_EFFORT_SECONDS):
                await self._release(turn, "desligamento")
        except (Retryable, Permanent, TimeoutError) as error:
            _log.warning("a turn was not given back, its lease will end: %s", error)

    async def _record_spent(self, turn: _Turn, finished: Finished) -> None:
        """Keep what an uncommitted turn cost; best effort, because the turn itself has ended."""
        usage = turn.spending.usage
        if turn.recorded or usage is None:
            return
        try:
            async with asyncio.timeout(_BEST_EFFORT_SECONDS):
                await self.turns.record_spent(
                    RecordSpent(
                        conversa_id=turn.conversa_id,
                        op_id=turn.begun.turno_id,
                        motivo=finished.outcome,
                        usage=usage,
                    )
                )
        except (Retryable, Permanent, TimeoutError) as error:
            _log.warning("the cost of a turn was not recorded: %s", error)

    async def _not_begun(self, conversa_id: str, answer: TurnNotBegun) -> Finished:
        if answer.motivo is not None:
            metrics.REPLY.ended(answer.motivo)
        if answer.doorbell and answer.instance is not None:
            await self.doorbell.ring(instance=answer.instance, conversa_id=conversa_id)
        return Finished(answer.status, _seconds(answer.due_in_ms))

    def _account(self, turn: _Turn, finished: Finished) -> None:
        elapsed = self.clock.monotonic() - turn.started
        turn.span.tell({"julia.resultado": finished.outcome, "julia.regeneracoes": turn.voided})
        metrics.TURNS.labels(finished.outcome).inc()
        metrics.TURN.ended("sem_modelo" if turn.without_claude else finished.outcome)
        metrics.TURN_SECONDS.observe(elapsed)
        canonical(
            "Turno encerrado",
            resultado=finished.outcome,
            latencia_ms=round(elapsed * 1000),
            llm_ms=sum(draft.llm_ms for draft in turn.spending.drafts),
            chamadas=len(turn.spending.drafts),
            tentativa=turn.begun.tentativa,
            pendentes=len(turn.begun.pending),
            regeneracoes=turn.voided,
        )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _may_be_forced(answer: Answer) -> bool:
    """Whether it may be sent over newer words: not what books or gives back, they may undo it."""
    return not (answer.holds or answer.effects.cancelamentos)
