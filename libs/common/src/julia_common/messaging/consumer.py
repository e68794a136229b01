"""Consuming one queue: decode, handle, retry, bury, and survive whatever the broker does."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue, HeadersType
from aio_pika.exceptions import ChannelNotFoundEntity
from prometheus_client import Counter, Gauge, Histogram

from julia_common.contracts.messages import Message
from julia_common.errors import Permanent, Refused, Retryable
from julia_common.lifecycle import stopped_within
from julia_common.messaging import envelope, topology
from julia_common.messaging.connection import BROKER_ERRORS, Broker
from julia_common.messaging.publisher import Publisher
from julia_common.telemetry.logging import canonical
from julia_common.telemetry.tracing import trace_context

REASON_HEADER = "julia-reason"
DETAIL_HEADER = "julia-detail"
RETRIES_HEADER = "julia-retries"
DIED_AT_HEADER = "julia-died-at"

RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)
WATCH_SECONDS = 5

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
_IN_FLIGHT = Gauge("julia_broker_in_flight", "Messages being handled now", ["queue"])
_CONSUMING = Gauge("julia_broker_consuming", "1 while subscribed to the queue", ["queue"])


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message is tried before a person has to look.

    First in place, still unacknowledged, after each of `in_place_seconds`; then through the wait
    queues of `topology.RETRY_DELAYS_SECONDS`, the last of them again and again: an outage of a
    neighbour is not the message's fault. `delayed` bounds that (2,880 × 30 s is a day);
    `delayed_after_bug` bounds it for exceptions that nobody foresaw.
    """

    in_place_seconds: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0)
    delayed: int = 2_880
    delayed_after_bug: int = 5


class Consumer:
    """One subscription. `run` it as a `Background` of the service."""

    def __init__(  # noqa: PLR0913 - each is one decision of the service that consumes
        self,
        broker: Broker,
        publisher: Publisher,
        queue: topology.Queue,
        handler: Handler,
        *,
        prefetch: int = 20,
        concurrency: int = 10,
        policy: RetryPolicy | None = None,
        drain_seconds: float = 15,
    ) -> None:
        """Prepare; nothing is asked of the broker yet.

        `prefetch` messages at most are held unacknowledged, `concurrency` of them are handled at
        a time; `drain_seconds` is what those get to finish after a stop.
        """
        self.queue = queue
        self._broker = broker
        self._publisher = publisher
        self._handler = handler
        self._prefetch = prefetch
        self._slots = asyncio.Semaphore(concurrency)
        self._policy = policy or RetryPolicy()
        self._drain_seconds = drain_seconds
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._consuming = False
        self._idle = True

    @property
    def name(self) -> str:
        """The consumer's name in logs."""
        return f"consumer of {self.queue}"

    async def check(self) -> None:
        """Readiness: raise `Retryable` while not subscribed."""
        if not self._consuming:
            message = f"not subscribed to {self.queue}"
            raise Retryable(message)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then finish what is in flight within the drain deadline.

        Reconnects for ever. Raises `Permanent` when the broker's topology contradicts ours.
        """
        self._stop = stop
        attempt = 0
        while not stop.is_set():
            try:
                await self._session()
                attempt = 0
            except (Retryable, *BROKER_ERRORS) as error:
                _log.warning("%s: %s; trying again", self.name, _brief(error))
                if isinstance(error, ChannelNotFoundEntity):
                    await self._redeclare()
            pause = RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)]
            attempt += 1
            await stopped_within(stop, pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    async def _session(self) -> None:
        """Subscribe, and return when the subscription is lost or the process is to stop."""
        channel = await self._broker.channel(confirms=False)
        lost = asyncio.Event()
        channel.close_callbacks.add(lambda *_: lost.set())
        try:
            await channel.set_qos(prefetch_count=self._prefetch)
            underlay = await channel.get_underlay_channel()
            underlay.on_consumer_cancel_callbacks.add(lambda _: lost.set())
            queue = await channel.get_queue(self.queue, ensure=False)
            tag = await queue.consume(self._accept)
            self._subscribed(True)
            await self._watch(queue, lost)
            self._subscribed(False)
            if not lost.is_set():
                await queue.cancel(tag)
                await self._drain()
            else:
                _log.warning("%s: the subscription was lost", self.name)
        finally:
            self._subscribed(False)
            await _close(channel)

    async def _watch(self, queue: AbstractQueue, lost: asyncio.Event) -> None:
        """Wait for the end of the session, and ask now and then whether the broker agrees.

        RabbitMQ 3.10 was seen not to tell a consumer that its quorum queue was deleted, and a
        half-open connection tells nothing at all.
        """
        starving = False
        while not await _either(lost, self._stop, seconds=WATCH_SECONDS):
            declared = await queue.declare(timeout=WATCH_SECONDS)
            was_starving, starving = starving, bool(declared.message_count) and self._idle
            self._idle = not self._tasks
            if not declared.consumer_count or (starving and was_starving):
                message = "the broker has forgotten the subscription"
                raise Retryable(message)

    async def _redeclare(self) -> None:
        try:
            await self._broker.redeclare()
        except Retryable as error:
            _log.warning("%s: %s", self.name, error)

    def _subscribed(self, value: bool) -> None:  # noqa: FBT001 - a setter
        self._consuming = value
        _CONSUMING.labels(self.queue).set(value)

    async def _drain(self) -> None:
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._drain_seconds)
        for task in late:
            task.cancel("the drain deadline passed")
        if late:
            _log.error("%s: %d messages not finished in time come back", self.name, len(late))
            await asyncio.wait(late, timeout=1)

    async def _accept(self, delivery: AbstractIncomingMessage) -> None:
        # aiormq cancels its own callbacks with the channel. What is in flight must not be cut off
        # by a lost connection, so it lives in a task of ours.
        self._idle = False
        task = asyncio.create_task(self._process(delivery), name=f"{self.queue} message")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _process(self, delivery: AbstractIncomingMessage) -> None:
        async with self._slots:
            if self._stop.is_set() or _is_gone(delivery):
                return  # it comes back by itself, to us or to another replica
            started = time.monotonic()
            with (
                trace_context(envelope.trace_of(delivery)),
                structlog.contextvars.bound_contextvars(
                    fila=str(self.queue),
                    tipo=envelope.envelope_of(delivery).type,
                    evento_id=envelope.envelope_of(delivery).id,
                ),
                _IN_FLIGHT.labels(self.queue).track_inprogress(),
            ):
                outcome = await self._outcome(delivery)
                elapsed = time.monotonic() - started
                canonical(
                    "Mensagem tratada", resultado=outcome, latencia_ms=round(elapsed * 1000)
                )
            _CONSUMED.labels(self.queue, outcome).inc()
            _HANDLE_SECONDS.labels(self.queue).observe(elapsed)

    async def _outcome(self, delivery: AbstractIncomingMessage) -> str:
        try:
            message = envelope.decode(delivery)
        except Permanent as error:
            return await self._bury(delivery, "undecodable", str(error))
        try:
            await self._attempts(message, delivery)
        except Refused as error:
            _log.info("refused: %s", error)
            return await self._acknowledge(delivery, "refused")
        except Permanent as error:
            return await self._bury(delivery, "permanent", str(error))
        except (Retryable, TimeoutError) as error:
            _log.warning("put off: %s", error)
            return await self._put_off(delivery, self._policy.delayed, "retries exhausted", error)
        except Exception as error:
            _log.exception("a bug in the handler of %s", self.queue)
            return await self._put_off(
                delivery, self._policy.delayed_after_bug, "handler failed", error
            )
        return await self._acknowledge(delivery, "ok")

    async def _attempts(self, message: Message, delivery: AbstractIncomingMessage) -> None:
        for pause in self._policy.in_place_seconds:
            try:
                return await self._handler(message)
            except (Retryable, TimeoutError) as error:
                if self._stop.is_set() or _is_gone(delivery):
                    raise
                asked = error.retry_after if isinstance(error, Retryable) else None
                wait = min(max(pause, asked or 0), max(self._policy.in_place_seconds))
                _log.info("trying again in %g s: %s", wait, error)
                if await stopped_within(self._stop, wait):
                    raise
        return await self._handler(message)

    async def _put_off(
        self, delivery: AbstractIncomingMessage, limit: int, reason: str, error: Exception
    ) -> str:
        if self._stop.is_set():
            return "returned"  # closing the channel gives it to another replica at once
        retries = _retries(delivery)
        if retries >= limit:
            return await self._bury(delivery, reason, _brief(error))
        delays = topology.RETRY_DELAYS_SECONDS
        delay = delays[min(retries, len(delays) - 1)]
        copy = _copy(delivery, {RETRIES_HEADER: retries + 1})
        return await self._move(delivery, "", topology.retry_queue(self.queue, delay), copy, "delayed")

    async def _bury(self, delivery: AbstractIncomingMessage, reason: str, detail: str) -> str:
        _log.error("dead letter (%s): %s", reason, detail)
        copy = _copy(
            delivery,
            {
                REASON_HEADER: reason,
                DETAIL_HEADER: detail[:500],
                DIED_AT_HEADER: datetime.now(UTC).isoformat(),
            },
        )
        return await self._move(delivery, topology.DEAD_EXCHANGE, self.queue, copy, "dead")

    async def _move(
        self,
        delivery: AbstractIncomingMessage,
        exchange: str,
        key: str,
        copy: aio_pika.Message,
        outcome: str,
    ) -> str:
        """Publish the copy, confirmed, and only then let go of the original."""
        while not _is_gone(delivery):
            try:
                await self._publisher.send(exchange, key, copy)
            except Retryable as error:
                _log.warning("not moved to %s yet: %s", key, error)
                if await stopped_within(self._stop, RECONNECT_SECONDS[-1]):
                    break
            else:
                return await self._acknowledge(delivery, outcome)
        return "returned"

    async def _acknowledge(self, delivery: AbstractIncomingMessage, outcome: str) -> str:
        try:
            await delivery.ack()
        except BROKER_ERRORS:
            # Done, but the broker does not know: it comes again and is recognised as a duplicate.
            return f"{outcome}_unacknowledged"
        return outcome


async def _either(*events: asyncio.Event, seconds: float) -> bool:
    """Wait for the first of the events; false when none comes within `seconds`."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(
            waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)
    finally:
        for wait in waits:
            wait.cancel()


async def _close(channel: AbstractChannel) -> None:
    try:
        async with asyncio.timeout(2):
            await channel.close()
    except BROKER_ERRORS:
        _log.debug("the channel was gone already")


def _brief(error: Exception) -> str:
    return str(error) if isinstance(error, Retryable) else type(error).__name__


def _is_gone(delivery: AbstractIncomingMessage) -> bool:
    """Whether the channel that brought the message is closed: the broker has it back."""
    return bool(delivery.channel.is_closed)


def _retries(delivery: AbstractIncomingMessage) -> int:
    value = delivery.headers.get(RETRIES_HEADER, 0)
    return value if isinstance(value, int) else 0


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
