"""One claim, at most one POST, one record: the step that is repeated for a conversation."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog

from julia_common.database import Claimed, ClaimNext, NotClaimed, RecordSend, SendRecorded
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import File, NotSent, SendOutcome, Sent, Uncertain
from julia_common.resilience.breaker import CircuitBreaker, CircuitOpen, CircuitState
from julia_common.resilience.clock import Clock
from julia_common.telemetry import tracing
from julia_common.telemetry.logging import canonical
from julia_dispatcher import metrics
from julia_dispatcher.conversations import Typing, Wait
from julia_dispatcher.measuring import count_send, observe_reply
from julia_dispatcher.ports import Outbox, Sender

log = structlog.get_logger(__name__)

# A claim call that failed may still commit until the role's statement_timeout, which is shorter.
_CLAIM_COMMITS_WITHIN_SECONDS: Final = 3.0
_FINISH_SECONDS: Final = 5.0
_TRIAL_SECONDS: Final = 1.0
_FIRST_RETRY_SECONDS: Final = 0.1
_LAST_RETRY_SECONDS: Final = 5.0
_RESULT: Final = "julia.resultado"
# Lasts until a person ends it, and the sweeper leaves out what it covers.
_PAUSED: Final = "pausa"


@dataclass(frozen=True, slots=True)
class Terms:
    """What every claim of this process says: ceilings per number, POST timeout (s), who asks."""

    max_hora: int
    max_dia: int
    post_timeout_s: float
    owner: str


class _UnreachableError(Retryable):
    """Carries an outcome through the circuit breaker that speaks of the way to Evolution."""

    def __init__(self, outcome: NotSent | Uncertain) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class Sending:
    """Sends the next part of a conversation, if it may go."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        circuit: CircuitBreaker,
        terms: Terms,
        clock: Clock,
        *,
        redis_up: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare; `circuit` is Evolution's. Without Redis only what is waited for goes."""
        self._outbox = outbox
        self._sender = sender
        self._circuit = circuit
        self._terms = terms
        self._clock = clock
        self._redis_up = redis_up
        self._afterwards: set[asyncio.Task[None]] = set()
        self._shown: dict[str, asyncio.Task[None]] = {}

    async def step(self, conversa_id: str) -> Wait | None:
        """Claim, send and record one part; answer as `Conversations` wants it.

        Raises `Retryable` when the database is away: then nothing was sent.
        """
        if (wait := self._circuit_wait()) is not None:
            metrics.REFUSED.labels("circuito_aberto").inc()
            return wait
        started = self._clock.monotonic()
        answer = await self._claim(conversa_id)
        metrics.CLAIM_SECONDS.observe(self._clock.monotonic() - started)
        if isinstance(answer, NotClaimed):
            if answer.digitar_ms is not None:
                self._show_typing(conversa_id, answer, answer.digitar_ms / 1000)
            return _after_refusal(answer)
        with metrics.IN_FLIGHT.track_inprogress(), _span_of(conversa_id, answer) as span:
            return await self._send(conversa_id, answer, started, span)

    async def finish(self) -> None:
        """Let the claims of unknown fate be given back, as far as a few seconds suffice."""
        shown = tuple(self._shown.values())
        for task in shown:
            task.cancel()
        await asyncio.gather(*shown, return_exceptions=True)
        if self._afterwards:
            _, late = await asyncio.wait(self._afterwards, timeout=_FINISH_SECONDS)
            for task in late:
                task.cancel()

    def _show_typing(self, conversa_id: str, answer: NotClaimed, seconds: float) -> None:
        """Show "composing" beside everything else: nobody waits for it, and it may fail.

        A doorbell in the middle of it makes the claim early; what is being shown goes on.
        """
        if answer.instance is None or answer.destino is None or conversa_id in self._shown:
            return

        async def show(instance: str, destino: str) -> None:
            try:
                await self._sender.send_presence(
                    instance, destino, "composing", hold_seconds=seconds
                )
            except (Retryable, Permanent) as error:
                log.debug("typing could not be shown", instance=instance, motivo=str(error))

        task = asyncio.create_task(show(answer.instance, answer.destino), name="show typing")
        self._shown[conversa_id] = task
        task.add_done_callback(lambda _: self._shown.pop(conversa_id))

    def _circuit_wait(self) -> Wait | None:
        snapshot = self._circuit.snapshot
        if snapshot.retry_in_seconds > 0:
            return snapshot.retry_in_seconds
        return _TRIAL_SECONDS if snapshot.state is CircuitState.HALF_OPEN else None

    async def _claim(self, conversa_id: str) -> Claimed | NotClaimed:
        claim_id = str(uuid4())
        terms = self._terms
        try:
            return await self._outbox.claim_next(
                ClaimNext(
                    conversa_id=conversa_id,
                    claim_id=claim_id,
                    max_hora=terms.max_hora,
                    max_dia=terms.max_dia,
                    post_timeout_s=terms.post_timeout_s,
                    owner=terms.owner,
                    sem_redis=not self._redis_up(),
                )
            )
        except Retryable:
            task = asyncio.create_task(self._give_back_later(claim_id), name="give claim back")
            self._afterwards.add(task)
            task.add_done_callback(self._afterwards.discard)
            raise

    async def _give_back_later(self, claim_id: str) -> None:
        """Release a claim whose answer was lost; most of the time it was never made.

        Given back it costs nothing; forgotten, it would have to be settled as if its POST had
        been made.
        """
        await self._clock.sleep(_CLAIM_COMMITS_WITHIN_SECONDS)
        try:
            await self._until_answered(
                lambda: self._outbox.release_claim(claim_id=claim_id, motivo="resposta_perdida")
            )
        except Permanent:
            log.debug("the claim was never made", claim_id=claim_id)

    async def _send(
        self, conversa_id: str, part: Claimed, started: float, span: tracing.Span
    ) -> Wait | None:
        if part.canary:
            done = RecordSend(claim_id=part.claim_id, result="enviada", start_delay_ms=0)
            span.tell({_RESULT: "canario"})
            return await self._record(conversa_id, part, done, started)
        delay = self._clock.monotonic() - started
        budget = part.budget_ms / 1000 - delay
        if budget <= 0:
            span.tell({_RESULT: "liberada"})
            return await self._give_back(conversa_id, part, "tarde", started)
        metrics.START_SECONDS.observe(delay)
        try:
            outcome = await self._post(part, budget)
        except CircuitOpen:
            span.tell({_RESULT: "liberada"})
            return await self._give_back(conversa_id, part, "circuito_aberto", started)
        done = _report(part.claim_id, outcome, start_delay_ms=round(delay * 1000))
        span.tell({_RESULT: done.result})
        if not isinstance(outcome, Sent):
            span.failed(done.result)
        return await self._record(conversa_id, part, done, started)

    async def _post(self, part: Claimed, budget: float) -> SendOutcome:
        posted_at = self._clock.monotonic()
        try:
            async with self._circuit.guard():
                outcome = await self._deliver(part, budget)
                _raise_if_unreachable(outcome)
        except _UnreachableError as error:
            outcome = error.outcome
        metrics.POST_SECONDS.observe(self._clock.monotonic() - posted_at)
        return outcome

    async def _deliver(self, part: Claimed, budget: float) -> SendOutcome:
        if part.anexo is None:
            return await self._sender.send_text(
                part.instance, part.destino, part.conteudo, start_within_seconds=budget
            )
        file = File(
            kind=part.anexo.tipo,
            mimetype=part.anexo.mimetype,
            name=part.anexo.nome,
            base64=part.anexo.base64,
        )
        return await self._sender.send_media(
            part.instance, part.destino, file, part.conteudo, start_within_seconds=budget
        )

    async def _give_back(
        self, conversa_id: str, part: Claimed, motivo: str, started: float
    ) -> Wait | None:
        metrics.RELEASED.labels(motivo).inc()
        try:
            await self._until_answered(
                lambda: self._outbox.release_claim(claim_id=part.claim_id, motivo=motivo)
            )
        except Permanent:
            log.exception("a claim could not be given back", claim_id=part.claim_id)
        self._account_for(conversa_id, part, "liberada", motivo, started)
        return self._circuit_wait() or 0

    async def _record(
        self, conversa_id: str, part: Claimed, done: RecordSend, started: float
    ) -> Wait | None:
        result = "canario" if part.canary else done.result
        posted_at = self._clock.monotonic()
        try:
            recorded = await self._until_answered(lambda: self._outbox.record_send(done))
        except Permanent:
            # Unrecorded, the claim becomes uncertain, and is settled from evidence.
            log.exception("a send could not be recorded", claim_id=part.claim_id)
            self._account_for(conversa_id, part, result, "sem_registro", started)
            return None
        if recorded.resposta is not None:
            observe_reply(recorded.resposta, since_sent_s=self._clock.monotonic() - posted_at)
        self._account_for(conversa_id, part, result, done.motivo, started)
        return _after_record(recorded)

    async def _until_answered[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a harmless call until the database answers or this process ends."""
        wait = _FIRST_RETRY_SECONDS
        while True:
            try:
                return await call()
            except Retryable as error:
                metrics.RECORD_RETRIES.inc()
                log.warning("the database has to be told again", wait_s=wait, error=str(error))
            await self._clock.sleep(wait)
            wait = min(_LAST_RETRY_SECONDS, wait * 2)

    def _account_for(
        self, conversa_id: str, part: Claimed, result: str, motivo: str | None, started: float
    ) -> None:
        count_send(part, result)
        canonical(
            "Envio tratado",
            medico_id=part.medico_id,
            conversa_id=conversa_id,
            fila_id=part.fila_id,
            claim_id=part.claim_id,
            tipo_envio=part.kind,
            tentativa=part.tentativa,
            resultado=result,
            motivo=motivo,
            latencia_ms=round((self._clock.monotonic() - started) * 1000),
        )


def _span_of(conversa_id: str, part: Claimed) -> AbstractContextManager[tracing.Span]:
    """In the trace of what wrote the part, whoever rang for it: the doorbell is linked."""
    written = tracing.context_of(part.traceparent)
    rung = None if written is None else tracing.traceparent()
    return tracing.span(
        "send",
        {
            "julia.conversa_id": conversa_id,
            "julia.fila_id": part.fila_id,
            "julia.turno_id": part.turno_id,
            "julia.tipo_envio": part.kind,
            "julia.tentativa": part.tentativa,
        },
        parent=written,
        follows=[rung],
    )


def _raise_if_unreachable(outcome: SendOutcome) -> None:
    if not isinstance(outcome, Sent) and outcome.unreachable:
        raise _UnreachableError(outcome)


def _report(claim_id: str, outcome: SendOutcome, *, start_delay_ms: int) -> RecordSend:
    match outcome:
        case Sent(key_id, remote_jid):
            return RecordSend(
                claim_id=claim_id,
                result="enviada",
                provider_message_id=key_id,
                remote_jid=remote_jid,
                start_delay_ms=start_delay_ms,
            )
        case NotSent(permanent=permanent, reason=reason, status=status):
            return RecordSend(
                claim_id=claim_id,
                result="nao_enviada",
                permanent=permanent,
                motivo=reason,
                start_delay_ms=start_delay_ms,
                http_status=status,
            )
        case Uncertain(reason=reason, status=status):
            return RecordSend(
                claim_id=claim_id,
                result="incerta",
                motivo=reason,
                start_delay_ms=start_delay_ms,
                http_status=status,
            )


def _after_refusal(answer: NotClaimed) -> Wait | None:
    if answer.status == "recusado":
        metrics.REFUSED.labels(answer.motivo or "").inc()
    if answer.digitar_ms is not None:
        return Typing(answer.digitar_ms / 1000)
    if answer.retry_in_ms is None or answer.motivo == _PAUSED:
        return None
    return answer.retry_in_ms / 1000


def _after_record(recorded: SendRecorded) -> Wait | None:
    if recorded.retry_in_ms is not None:
        return recorded.retry_in_ms / 1000
    return 0 if recorded.mais else None
