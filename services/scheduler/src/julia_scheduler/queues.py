"""Shows how much waits in RabbitMQ's queues and who takes it."""

from collections.abc import Sequence
from typing import Protocol

from julia_common.errors import Retryable
from julia_common.messaging.depths import QueueDepth
from julia_scheduler import metrics


class Depths(Protocol):
    """See `julia_common.messaging.Messaging`."""

    async def depths(self) -> Sequence[QueueDepth]:
        """Ask the broker; raises `Retryable` while it is away."""
        ...


async def measure_queues(messaging: Depths) -> None:
    """Bring the gauges up to date; what the broker does not tell is not shown."""
    try:
        depths = await messaging.depths()
    except Retryable:
        metrics.QUEUE_READY.clear()
        metrics.QUEUE_CONSUMERS.clear()
        raise
    for queue in depths:
        metrics.QUEUE_READY.labels(queue.name).set(queue.ready)
        if queue.is_consumed:
            metrics.QUEUE_CONSUMERS.labels(queue.name).set(queue.consumers)
