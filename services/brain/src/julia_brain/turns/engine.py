"""One turn, from the claim of a due conversation to its commit (`docs/reference/rpc.md`)."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from julia_brain import metrics
from julia_brain.ports import Doorbell, Draft, Signs, Turns, Writer
from julia_brain.turns.lease import LEASE_SECONDS, Loss, TurnDropped, keep_lease
from julia_brain.turns.limits import Limits, retry_in
from julia_brain.turns.thinking import Answer, Budget, prompt_of, think, usage_of
from julia_common.database import (
    CommitTurn,
    Handoff,
    TurnBegun,
    TurnCommitted,
    TurnNotBegun,
)
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitOpen
from julia_common.resilience.clock import Clock
from julia_common.telemetry.logging import canonical

_log = logging.getLogger(__name__)

_RELEASE_ON_STOP_SECONDS: Final = 3.0
_RETRY_AFTER_FAILURE_SECONDS: Final = 5.0

_UNFIT = "A resposta automática não pôde ser enviada ({}); alguém precisa continuar"
_AWAY = "A Júlia ficou sem o modelo de linguagem; alguém precisa continuar"


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
    drafts: list[Draft] = field(default_factory=list)
    voided: int = 0


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs turns; it keeps nothing between them."""

    turns: Turns
    writer: Writer
    signs: Signs
    doorbell: Doorbell
    clock: Clock
    owner: str
    """The id of this process, as the database knows it."""
    limits: Limits = field(default_factory=Limits)
    new_token: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))

    async def run(self, conversa_id: str) -> Finished:
        """Answer the conversation if it is due and free.

        Raises `Retryable` when the database is away; the lease then ends by itself. When the task
        is cancelled the turn is given back first. Anything else that is raised is a fault of the
        turn: it is given back as failed, and the third failure hands the conversation over.
        """
        started = self.clock.monotonic()
        token = self.new_token()
        begun = await self.turns.begin_turn(
            conversa_id=conversa_id, token=token, owner=self.owner, lease_s=LEASE_SECONDS
        )
        if isinstance(begun, TurnNotBegun):
            metrics.TURNS.labels(begun.status).inc()
            return await self._not_begun(conversa_id, begun)
        turn = _Turn(conversa_id, token, begun, started)
        with structlog.contextvars.bound_contextvars(
            conversa_id=conversa_id, medico_id=begun.medico.id, turno_id=begun.turno_id
        ):
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
        budget = Budget(self.clock, self.limits)
        async with keep_lease(
            self.turns, self.clock, turn.begun, turn.conversa_id, turn.token
        ) as lease:
            while True:
                self._show_thinking(turn.begun)
                try:
                    prompt = prompt_of(turn.begun, self.clock)
                    answer = await lease.guard(think(self.writer, prompt, budget))
                except (Retryable, Permanent) as error:
                    return await self._without_claude(turn, error)
                turn.drafts += answer.drafts
                committed = await self._commit(turn, answer, force=self._is_last(turn))
                if committed.motivo != "mensagens_novas":
                    return await self._finish(turn, answer, committed)

                quiet_s = (committed.more_due_in_ms or 0) / 1000
                if not budget.allows_a_call_after(quiet_s):
                    committed = await self._commit(turn, answer, force=True)
                    return await self._finish(turn, answer, committed)
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
                turn.begun = again

    def _is_last(self, turn: _Turn) -> bool:
        return turn.voided >= self.limits.regenerations

    def _show_thinking(self, begun: TurnBegun) -> None:
        self.signs.show_thinking(
            instance=begun.instance,
            destino=begun.destino,
            key_ids=[message.key_id for message in begun.pending],
        )

    async def _commit(self, turn: _Turn, answer: Answer, *, force: bool) -> TurnCommitted:
        handoff = None
        if answer.flaw is not None:
            handoff = Handoff(
                trigger_type="baixa_confianca",
                motivo=_UNFIT.format(answer.flaw.value),
                notify=True,
            )
        return await self.turns.commit_turn(
            CommitTurn(
                conversa_id=turn.conversa_id,
                token=turn.token,
                turno_id=turn.begun.turno_id,
                control_epoch=turn.begun.control_epoch,
                inbox_seq=turn.begun.inbox_seq,
                force=force,
                outcome="resposta" if handoff is None else "transferir",
                parts=answer.parts,
                handoff=handoff,
                usage=usage_of(turn.drafts),
            )
        )

    async def _finish(self, turn: _Turn, answer: Answer, committed: TurnCommitted) -> Finished:
        if committed.doorbell:
            await self.doorbell.ring(instance=turn.begun.instance, conversa_id=turn.conversa_id)
        if committed.status == "recusado":
            return Finished(committed.motivo or "recusado")
        outcome = "resposta" if answer.flaw is None else "transferir"
        return Finished(outcome, _seconds(committed.more_due_in_ms))

    async def _without_claude(self, turn: _Turn, error: Retryable | Permanent) -> Finished:
        """Let the doctor's messages wait for Claude, and after a while for a person."""
        level = logging.WARNING if isinstance(error, Retryable) else logging.ERROR
        _log.log(level, "no answer from Claude: %s", error)
        waited = (turn.begun.pending_for_ms or 0) / 1000
        waited += self.clock.monotonic() - turn.started
        patience = self.limits.patience(asked=not isinstance(error, CircuitOpen))
        if waited < patience:
            again = retry_in(waited, patience)
            await self._release(turn, "indisponibilidade", again)
            return Finished("adiado", again)
        return await self._hand_over(turn, "indisponibilidade", _AWAY)

    async def _hand_over(self, turn: _Turn, trigger: str, motivo: str) -> Finished:
        """Give the conversation to a person, and tell the doctor."""
        committed = await self.turns.commit_turn(
            CommitTurn(
                conversa_id=turn.conversa_id,
                token=turn.token,
                turno_id=turn.begun.turno_id,
                control_epoch=turn.begun.control_epoch,
                inbox_seq=turn.begun.inbox_seq,
                force=True,
                outcome="transferir",
                handoff=Handoff(trigger_type=trigger, motivo=motivo, notify=True),
                usage=usage_of(turn.drafts),
            )
        )
        if committed.doorbell:
            await self.doorbell.ring(instance=turn.begun.instance, conversa_id=turn.conversa_id)
        if committed.status == "recusado":
            return Finished(committed.motivo or "recusado")
        return Finished(trigger)

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
            async with asyncio.timeout(_RELEASE_ON_STOP_SECONDS):
                await self._release(turn, "desligamento")
        except (Retryable, Permanent, TimeoutError) as error:
            _log.warning("a turn was not given back, its lease will end: %s", error)

    async def _not_begun(self, conversa_id: str, answer: TurnNotBegun) -> Finished:
        if answer.doorbell and answer.instance is not None:
            await self.doorbell.ring(instance=answer.instance, conversa_id=conversa_id)
        return Finished(answer.status, _seconds(answer.due_in_ms))

    def _account(self, turn: _Turn, finished: Finished) -> None:
        elapsed = self.clock.monotonic() - turn.started
        metrics.TURNS.labels(finished.outcome).inc()
        metrics.TURN_SECONDS.observe(elapsed)
        canonical(
            "Turno encerrado",
            resultado=finished.outcome,
            latencia_ms=round(elapsed * 1000),
            llm_ms=sum(draft.llm_ms for draft in turn.drafts),
            tentativa=turn.begun.tentativa,
            pendentes=len(turn.begun.pending),
            regeneracoes=turn.voided,
        )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
