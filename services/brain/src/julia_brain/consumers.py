"""Which handler takes which broker message."""

from julia_brain import handlers, people
from julia_brain.handlers import Deps
from julia_common.contracts.messages import (
    Connection,
    DraftDecided,
    Message,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
    PersonReturned,
    PersonWrote,
)
from julia_common.errors import Permanent
from julia_common.messaging import Consumer, Messaging, RetryPolicy
from julia_common.messaging.topology import Queue

# With the database down a delivery stays unacknowledged and is tried again here: for five minutes
# at least, and when every call has to time out for less than the thirty that RabbitMQ allows. Then
# it waits in the broker.
PATIENT = RetryPolicy(in_place_seconds=(0.2, 0.5, 1.0, 2.0, *[3.0] * 95))

INBOUND_PREFETCH = 40
INBOUND_CONCURRENCY = 10
CONTROL_PREFETCH = 60
CONTROL_CONCURRENCY = 20
"""An echo that waits for its send's id holds a place; takeovers must not queue behind it."""


def consumers(messaging: Messaging, deps: Deps) -> tuple[Consumer, Consumer]:
    """Consume doctors' messages and, apart from them, everything else."""

    async def inbound(message: Message) -> None:
        await handle_inbound(message, deps)

    async def control(message: Message) -> None:
        await handle_control(message, deps)

    return (
        messaging.consumer(
            Queue.BRAIN_INBOUND,
            inbound,
            prefetch=INBOUND_PREFETCH,
            concurrency=INBOUND_CONCURRENCY,
            policy=PATIENT,
        ),
        messaging.consumer(
            Queue.BRAIN_CONTROL,
            control,
            prefetch=CONTROL_PREFETCH,
            concurrency=CONTROL_CONCURRENCY,
        ),
    )


async def handle_inbound(message: Message, deps: Deps) -> None:
    """Handle what `brain.inbound` carries."""
    match message:
        case MessageReceived():
            await handlers.receive(message, deps)
        case MessageEdited():
            await handlers.edit(message, deps)
        case _:
            raise _misrouted(message, Queue.BRAIN_INBOUND)


async def handle_control(message: Message, deps: Deps) -> None:
    """Handle what `brain.control` carries."""
    match message:
        case MessageSent():
            await handlers.record_sent(message, deps)
        case MessageAcked():
            await handlers.record_ack(message, deps)
        case Connection():
            await handlers.record_connection(message, deps)
        case PersonWrote():
            await people.wrote(message, deps)
        case PersonReturned():
            await people.returned(message, deps)
        case DraftDecided():
            await people.decided(message, deps)
        case _:
            raise _misrouted(message, Queue.BRAIN_CONTROL)


def _misrouted(message: Message, queue: Queue) -> Permanent:
    return Permanent(f"{message.TYPE} does not belong on {queue}: check the bindings")
