"""Every exchange, queue and binding, in one place.

Arguments of a queue are frozen at its creation: changing one here needs a new queue name. What may
need tuning (length limits, a lower delivery limit) is set with a RabbitMQ policy instead. The
arguments chosen are valid on RabbitMQ 3.10 and on 4.x: delivery limits are always explicit, because
unset means "none" on one and 20 on the other, and -1 drops messages on 3.10.
"""

from dataclasses import dataclass
from enum import StrEnum

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldTable

from julia_common.contracts.messages import (
    Connection,
    DraftDecided,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
    PersonReturned,
    PersonWrote,
    SendRequested,
    SlackRequest,
)
from julia_common.errors import Permanent

EXCHANGE = "julia"
DEAD_EXCHANGE = "julia.dead"

QUARANTINE_KEY = "ingest.webhook.unreadable.v1"

RETRY_DELAYS_SECONDS = (2, 10, 30)
"""The delays for which a wait queue exists. One queue per delay: a message with a long time to live
at the head of a shared queue would hold back the shorter ones behind it."""

DELIVERY_LIMIT = 20
"""Deliveries that end in a crash or a lost channel before the broker itself gives a message up.
Generous: a crash also counts against every innocent message that was prefetched beside it."""

UNLIMITED_DELIVERIES = 1_000_000
"""For queues that only people read: looking at a message must never use it up."""


class Queue(StrEnum):
    """The queues by name: `<consumer>.<what>`."""

    BRAIN_INBOUND = "brain.inbound"
    BRAIN_CONTROL = "brain.control"
    DISPATCHER_OUTBOUND = "dispatcher.outbound"
    SCHEDULER_SLACK = "scheduler.slack"
    INGEST_QUARANTINE = "ingest.quarantine"


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One queue. A consumed queue has a dead queue and wait queues; the quarantine has neither."""

    name: Queue
    binds: tuple[str, ...]
    consumed: bool = True


QUEUES = (
    QueueSpec(Queue.BRAIN_INBOUND, (MessageReceived.TYPE, MessageEdited.TYPE)),
    QueueSpec(
        Queue.BRAIN_CONTROL,
        (
            MessageSent.TYPE,
            MessageAcked.TYPE,
            Connection.TYPE,
            PersonWrote.TYPE,
            PersonReturned.TYPE,
            DraftDecided.TYPE,
        ),
    ),
    QueueSpec(Queue.DISPATCHER_OUTBOUND, (SendRequested.TYPE,)),
    QueueSpec(Queue.SCHEDULER_SLACK, (SlackRequest.TYPE,)),
    QueueSpec(Queue.INGEST_QUARANTINE, (QUARANTINE_KEY,), consumed=False),
)


def dead_queue(queue: str) -> str:
    """The name of the queue that holds what `queue` gave up."""
    return f"{queue}.dead"


def retry_queue(queue: str, delay_seconds: int) -> str:
    """The name of the queue in which a message waits `delay_seconds` to come back to `queue`."""
    return f"{queue}.retry.{delay_seconds}s"


async def declare(channel: AbstractChannel) -> None:
    """Declare everything; harmless when it is there already.

    Raises `Permanent` when something of the same name exists with other arguments.
    """
    try:
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        dead = await channel.declare_exchange(DEAD_EXCHANGE, "topic", durable=True)
        for spec in QUEUES:
            queue = await channel.declare_queue(spec.name, durable=True, arguments=_arguments(spec))
            for key in spec.binds:
                await queue.bind(exchange, key)
            if not spec.consumed:
                continue
            grave = await channel.declare_queue(
                dead_queue(spec.name), durable=True, arguments=_quorum(UNLIMITED_DELIVERIES)
            )
            await grave.bind(dead, spec.name)
            for delay in RETRY_DELAYS_SECONDS:
                await channel.declare_queue(
                    retry_queue(spec.name, delay),
                    durable=True,
                    arguments=_waiting(spec.name, delay),
                )
    except ChannelPreconditionFailed as error:
        message = (
            f"the broker has an exchange or queue of ours with other arguments ({error}); "
            "drain and delete it, or give the new one another name in messaging/topology.py"
        )
        raise Permanent(message) from error


def _arguments(spec: QueueSpec) -> FieldTable:
    if not spec.consumed:
        return _quorum(UNLIMITED_DELIVERIES)
    return _quorum(DELIVERY_LIMIT) | _dead_letters(DEAD_EXCHANGE, spec.name)


def _waiting(queue: str, delay_seconds: int) -> FieldTable:
    arguments = _quorum(UNLIMITED_DELIVERIES) | _dead_letters("", queue)
    arguments["x-message-ttl"] = delay_seconds * 1000
    return arguments


def _quorum(delivery_limit: int) -> FieldTable:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": delivery_limit,
        "x-overflow": "reject-publish",
    }


def _dead_letters(exchange: str, key: str) -> FieldTable:
    # At least once (which needs reject-publish): the default loses a dead letter with its broker.
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-routing-key": key,
        "x-dead-letter-strategy": "at-least-once",
    }
