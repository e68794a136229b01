"""The subscription to one queue: kept up whatever the broker does, ended without losing work."""

import asyncio
import logging
import random

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from prometheus_client import Gauge

from julia_common.errors import Retryable
from julia_common.lifecycle import stopped_within
from julia_common.messaging import topology
from julia_common.messaging.connection import BROKER_ERRORS, Broker
from julia_common.messaging.delivery import Handler, Processor, RetryPolicy, brief, is_gone
from julia_common.messaging.publisher import Publisher

RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)
WATCH_SECONDS = 5

SUSPECT_AFTER = 2
"""A message that came back this often may be what kills its consumers."""

_log = logging.getLogger(__name__)

_CONSUMING = Gauge("julia_broker_consuming", "1 while subscribed to the queue", ["queue"])


class Consumer:
    """One subscription. `run` it as a `Background` of the service.

    A new process takes one message at a time until it meets one that is not suspect (what came back
    comes first): a message that kills its consumers then dies alone, at the queue's delivery limit,
    instead of using up the deliveries of all that were prefetched with it.
    """

    def __init__(
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
        self._processor = Processor(queue, publisher, handler, policy or RetryPolicy())
        self._prefetch = prefetch
        self._slots = asyncio.Semaphore(concurrency)
        self._drain_seconds = drain_seconds
        self._stop = asyncio.Event()
        self._trusting = asyncio.Event()
        self._lost = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscribed = False
        self._idle = True

    @property
    def name(self) -> str:
        """The consumer's name in logs."""
        return f"consumer of {self.queue}"

    async def check(self) -> None:
        """Readiness: raise `Retryable` while not subscribed."""
        if not self._subscribed:
            raise Retryable(f"not subscribed to {self.queue}")

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
                _log.warning("%s: %s; trying again", self.name, brief(error))
                if isinstance(error, ChannelNotFoundEntity):
                    await self._redeclare()
                if isinstance(error, TimeoutError):
                    await self._broker.suspect()
            pause = RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)]
            attempt += 1
            await stopped_within(stop, pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    async def _session(self) -> None:
        """Subscribe, and return when the subscription is lost or the process has drained."""
        self._lost = asyncio.Event()
        channel = await self._broker.channel(confirms=False)
        try:
            channel.close_callbacks.add(lambda *_: self._lost.set())
            underlay = await channel.get_underlay_channel()
            underlay.on_consumer_cancel_callbacks.add(lambda _: self._lost.set())
            queue = await channel.get_queue(self.queue, ensure=False)
            if not self._trusting.is_set():
                await self._subscription(channel, queue, 1, self._trusting)
            if not self._lost.is_set() and not self._stop.is_set():
                await self._subscription(channel, queue, self._prefetch)
            if self._lost.is_set():
                _log.warning("%s: the subscription was lost", self.name)
            else:
                await self._drain()
        finally:
            self._note(subscribed=False)
            await _close(channel)

    async def _subscription(
        self, channel: AbstractChannel, queue: AbstractQueue, prefetch: int, *until: asyncio.Event
    ) -> None:
        """Consume with `prefetch` until one of the events, the loss, or the stop."""
        await channel.set_qos(prefetch_count=prefetch, timeout=WATCH_SECONDS)
        tag = await queue.consume(self._accept, timeout=WATCH_SECONDS)
        self._note(subscribed=True)
        starving = False
        while not await _first_of(self._lost, self._stop, *until, seconds=WATCH_SECONDS):
            # A half-open connection tells nothing, and brokers were seen to forget consumers
            # without a word: ask whether this one agrees.
            declared = await queue.declare(timeout=WATCH_SECONDS)
            was_starving, starving = starving, bool(declared.message_count) and self._idle
            self._idle = not self._tasks
            if not declared.consumer_count or (starving and was_starving):
                raise Retryable("the broker has forgotten the subscription")
        if not self._lost.is_set():
            await queue.cancel(tag, timeout=WATCH_SECONDS)

    async def _redeclare(self) -> None:
        try:
            await self._broker.redeclare()
        except Retryable as error:
            _log.warning("%s: %s", self.name, error)

    def _note(self, *, subscribed: bool) -> None:
        self._subscribed = subscribed
        _CONSUMING.labels(self.queue).set(subscribed)

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
        if _times_returned(delivery) < SUSPECT_AFTER:
            self._trusting.set()
        task = asyncio.create_task(self._process(delivery), name=f"{self.queue} message")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _process(self, delivery: AbstractIncomingMessage) -> None:
        async with self._slots:
            if self._stop.is_set() or is_gone(delivery):
                return  # it comes back by itself, to us or to another replica
            await self._processor.process(delivery, self._stop)


async def _first_of(*events: asyncio.Event, seconds: float) -> bool:
    """Wait for the first of the events; false when none comes within `seconds`."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
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


def _times_returned(delivery: AbstractIncomingMessage) -> int:
    count = delivery.headers.get("x-delivery-count")
    return count if isinstance(count, int) else 0
