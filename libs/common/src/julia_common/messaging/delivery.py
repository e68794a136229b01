"""What becomes of one delivery: handled, tried again, put off, or buried."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

import aio_pika
import structlog
from aio_pika.abc import AbstractIncomingMessage, HeadersType
from aio_pika.exceptions import ChannelInvalidStateError
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge, Histogram

from julia_common.contracts.messages import Message
from julia_common.errors import Permanent, Refused, Retryable
from julia_common.lifecycle import stopped_within
from julia_common.messaging import envelope, topology
from julia_common.messaging.connection import BROKER_ERRORS
from julia_common.messaging.publisher import Publisher
from julia_common.telemetry import tracing
from julia_common.telemetry.logging import canonical
from julia_common.telemetry.work import Stage

REASON_HEADER = "julia-reason"
DETAIL_HEADER = "julia-detail"
RETRIES_HEADER = "julia-retries"
DIED_AT_HEADER = "julia-died-at"

MOVE_AGAIN_SECONDS = 2

_FAILURES = ("delayed", "dead")

Handler = Callable[[Message], Awaitable[None]]
"""Returns: acknowledged. Raises `Retryable` (or `TimeoutError`): tried again. `Permanent`: dead
letter. `Refused`: acknowledged, nothing to do. Anything else is a bug: tried again a few times."""

_log = logging.getLogger(__name__)

_CONSUMED = Counter(
    "julia_broker_consumed_total", "Messages by queue and what became of them", ["queue", "outcome"]
)
_HANDLE_SECONDS = Histogram(
    "julia_broker_handle_seconds",
    "Seconds from delivery to acknowledgement, retries in place included",
    ["queue"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_STAGE = Stage("consumo", "morta", "adiada")
_AS_ENDED = {"dead": "morta", "delayed": "adiada"}
_IN_FLIGHT = Gauge("julia_broker_in_flight", "Messages being handled now", ["queue"])


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message is tried before a person has to look.

    First in place, still unacknowledged, after each of `in_place_seconds`; then through the wait
    queues of `topology.RETRY_DELAYS_SECONDS`, the last of them again and again: an outage of a
    neighbour is not the message's fault. `delayed` bounds that (2,880 times 30 s is a day);
    `delayed_after_bug` bounds it for exceptions that nobody foresaw.
    """

    in_place_seconds: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0)
    delayed: int = 2_880
    delayed_after_bug: int = 5


@dataclass(frozen=True, slots=True)
class Processor:
    """Takes the deliveries of one queue through their handler to their end."""

    queue: topology.Queue
    publisher: Publisher
    handler: Handler
    policy: RetryPolicy

    async def process(self, delivery: AbstractIncomingMessage, stop: asyncio.Event) -> None:
        """Handle the delivery and acknowledge it, or leave it to come back; never raises.

        Once `stop` is set nothing is tried again: what failed is returned with the channel.
        """
        started = time.monotonic()
        event = envelope.envelope_of(delivery)
        with (
            self._span(delivery, event) as span,
            structlog.contextvars.bound_contextvars(
                fila=str(self.queue), tipo=event.type, evento_id=event.id
            ),
            _IN_FLIGHT.labels(self.queue).track_inprogress(),
        ):
            outcome = await self._outcome(delivery, stop)
            span.tell({"julia.resultado": outcome})
            if outcome in _FAILURES:
                span.failed(outcome)
            elapsed = time.monotonic() - started
            canonical("Mensagem tratada", resultado=outcome, latencia_ms=round(elapsed * 1000))
        _CONSUMED.labels(self.queue, outcome).inc()
        _STAGE.ended(_AS_ENDED.get(outcome.removesuffix("_unacknowledged"), outcome))
        _HANDLE_SECONDS.labels(self.queue).observe(elapsed)

    def _span(
        self, delivery: AbstractIncomingMessage, event: envelope.Envelope
    ) -> AbstractContextManager[tracing.Span]:
        # Deliveries come in whatever context the connection was opened in, which may be that of
        # somebody's message.
        parent = tracing.context_of(envelope.traceparent_of(delivery)) or tracing.outside()
        attributes = {
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.destination.name": str(self.queue),
            "messaging.message.id": event.id,
            "julia.tipo": event.type,
        }
        return tracing.span(
            f"process {self.queue}", attributes, kind=SpanKind.CONSUMER, parent=parent
        )

    async def _outcome(self, delivery: AbstractIncomingMessage, stop: asyncio.Event) -> str:
        try:
            message = envelope.decode(delivery)
        except Permanent as error:
            return await self._bury(delivery, stop, "undecodable", str(error))
        try:
            await self._attempts(message, delivery, stop)
        except Refused as error:
            _log.info("refused: %s", error)
            return await _acknowledge(delivery, "refused")
        except Permanent as error:
            return await self._bury(delivery, stop, "permanent", str(error))
        except (Retryable, TimeoutError) as error:
            limit = self.policy.delayed
            return await self._put_off(delivery, stop, limit, "retries exhausted", error)
        except Exception as error:  # a bug must not end the consumer  # noqa: BLE001
            _log.error("a bug in the handler of %s", self.queue, exc_info=True)
            limit = self.policy.delayed_after_bug
            return await self._put_off(delivery, stop, limit, "handler failed", error)
        return await _acknowledge(delivery, "ok")

    async def _attempts(
        self, message: Message, delivery: AbstractIncomingMessage, stop: asyncio.Event
    ) -> None:
        pauses = self.policy.in_place_seconds
        for pause in pauses:
            try:
                return await self.handler(message)
            except (Retryable, TimeoutError) as error:
                asked = error.retry_after if isinstance(error, Retryable) else None
                wait = min(max(pause, asked or 0), pauses[-1])
                _log.info("trying again in %g s: %s", wait, brief(error))
                if is_gone(delivery) or await stopped_within(stop, wait):
                    raise
        return await self.handler(message)

    async def _put_off(
        self,
        delivery: AbstractIncomingMessage,
        stop: asyncio.Event,
        limit: int,
        reason: str,
        error: Exception,
    ) -> str:
        if stop.is_set():
            return "returned"  # closing the channel gives it to another replica at once
        retries = delivery.headers.get(RETRIES_HEADER)
        done = retries if isinstance(retries, int) else 0
        if done >= limit:
            return await self._bury(delivery, stop, reason, brief(error))
        delays = topology.RETRY_DELAYS_SECONDS
        delay = delays[min(done, len(delays) - 1)]
        _log.warning("put off for %d s: %s", delay, brief(error))
        copy = _copy(delivery, {RETRIES_HEADER: done + 1})
        target = topology.retry_queue(self.queue, delay)
        return await self._move(delivery, stop, "", target, copy, "delayed")

    async def _bury(
        self, delivery: AbstractIncomingMessage, stop: asyncio.Event, reason: str, detail: str
    ) -> str:
        _log.error("dead letter (%s): %s", reason, detail)
        copy = _copy(
            delivery,
            {
                REASON_HEADER: reason,
                DETAIL_HEADER: detail[:500],
                DIED_AT_HEADER: datetime.now(UTC).isoformat(),
            },
        )
        return await self._move(delivery, stop, topology.DEAD_EXCHANGE, self.queue, copy, "dead")

    async def _move(
        self,
        delivery: AbstractIncomingMessage,
        stop: asyncio.Event,
        exchange: str,
        key: str,
        copy: aio_pika.Message,
        outcome: str,
    ) -> str:
        """Publish the copy, confirmed, and only then let go of the original."""
        while not is_gone(delivery):
            try:
                await self.publisher.send(exchange, key, copy)
            except Retryable as error:
                _log.warning("not moved to %s yet: %s", key, error)
                if await stopped_within(stop, MOVE_AGAIN_SECONDS):
                    break
            else:
                return await _acknowledge(delivery, outcome)
        return "returned"


def is_gone(delivery: AbstractIncomingMessage) -> bool:
    """Whether the channel that brought the message is closed: the broker has it back."""
    try:
        return bool(delivery.channel.is_closed)
    except ChannelInvalidStateError:  # how aio-pika shows a channel that is closed
        return True


def brief(error: Exception) -> str:
    """What of an error may be written down: the text of ours, the type of other people's."""
    return str(error) if isinstance(error, Retryable) else type(error).__name__


async def _acknowledge(delivery: AbstractIncomingMessage, outcome: str) -> str:
    try:
        await delivery.ack()
    except BROKER_ERRORS:
        # Done, but the broker does not know: it comes again and is recognised as a duplicate.
        return f"{outcome}_unacknowledged"
    return outcome


def _copy(delivery: AbstractIncomingMessage, extra: HeadersType) -> aio_pika.Message:
    # The broker's own headers (x-death, x-delivery-count ...) stay behind: with x-death copied, it
    # would take the second visit to a wait queue for a cycle and drop the message.
    ours = {name: value for name, value in delivery.headers.items() if not name.startswith("x-")}
    return aio_pika.Message(
        delivery.body,
        headers={**ours, **extra},
        content_type=delivery.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
