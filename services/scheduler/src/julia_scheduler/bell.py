"""Ringing the dispatcher: a doorbell costs nothing when it is lost or doubled."""

from collections.abc import Iterable

from julia_common.contracts.messages import SendRequested
from julia_common.database import Doorbell
from julia_scheduler import metrics
from julia_scheduler.ports import Publish


async def ring(publisher: Publish, conversa_id: str, instance: str, *, origin: str) -> None:
    """Tell the dispatcher that the conversation has something to send."""
    doorbell = SendRequested(instance=instance, conversa_id=conversa_id)
    await publisher.publish(doorbell, key=conversa_id)
    metrics.DOORBELLS.labels(origin).inc()


async def ring_all(publisher: Publish, doorbells: Iterable[Doorbell], *, origin: str) -> None:
    """Ring for each conversation."""
    for doorbell in doorbells:
        await ring(publisher, doorbell.conversa_id, doorbell.instance, origin=origin)
