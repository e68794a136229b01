"""How much waits in each queue, and how many take it, as the broker says."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aio_pika.abc import AbstractChannel

from julia_common.errors import Retryable
from julia_common.messaging import topology
from julia_common.messaging.connection import BROKER_ERRORS, Broker

_ANSWER_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages ready in a queue, and its consumers; a queue that people read has none."""

    name: str
    ready: int
    consumers: int
    is_consumed: bool


async def read_depths(broker: Broker) -> tuple[QueueDepth, ...]:
    """Ask about every queue of ours. Raises `Retryable` while one of them is not told."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS), await broker.channel(confirms=False) as asking:
            return tuple([await _depth(asking, name, is_consumed=of) for name, of in _queues()])
    except BROKER_ERRORS as error:
        message = f"the broker did not tell how long its queues are ({type(error).__name__})"
        raise Retryable(message) from error


async def _depth(channel: AbstractChannel, name: str, *, is_consumed: bool) -> QueueDepth:
    told = (await channel.declare_queue(name, passive=True)).declaration_result
    return QueueDepth(name, told.message_count or 0, told.consumer_count or 0, is_consumed)


def _queues() -> Iterator[tuple[str, bool]]:
    """Every queue by name, and whether a service consumes it."""
    for spec in topology.QUEUES:
        yield spec.name, spec.consumed
        if spec.consumed:
            yield topology.dead_queue(spec.name), False
            for delay in topology.RETRY_DELAYS_SECONDS:
                yield topology.retry_queue(spec.name, delay), False
