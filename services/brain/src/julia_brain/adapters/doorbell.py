"""The doorbell on RabbitMQ."""

import logging

from julia_common.contracts.messages import SendRequested
from julia_common.errors import Retryable
from julia_common.messaging import Publisher

_log = logging.getLogger(__name__)


class BrokerDoorbell:
    """Publishes `SendRequested`."""

    def __init__(self, publisher: Publisher) -> None:
        """Ring through `publisher`."""
        self._publisher = publisher

    async def ring(self, *, instance: str, conversa_id: str) -> None:
        """Publish; when the broker is away the scheduler's sweeper rings within seconds."""
        try:
            await self._publisher.publish(
                SendRequested(instance=instance, conversa_id=conversa_id), key=conversa_id
            )
        except Retryable as error:
            _log.warning("the doorbell of %s was not rung: %s", conversa_id, error)
