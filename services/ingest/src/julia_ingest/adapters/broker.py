"""The outlet to RabbitMQ."""

from julia_common.contracts.messages import Message
from julia_common.messaging import Publisher
from julia_common.messaging.quarantine import Quarantine
from julia_common.resilience.breaker import CircuitBreaker


class BrokerOutlet:
    """Publishes through a circuit: while the broker is in trouble, senders are told at once.

    Without it every webhook would wait for the confirm's timeout, and they would pile up.
    """

    def __init__(
        self, publisher: Publisher, quarantine: Quarantine, circuit: CircuitBreaker
    ) -> None:
        self._publisher = publisher
        self._quarantine = quarantine
        self._circuit = circuit

    async def publish(self, message: Message, *, key: str) -> None:
        """Publish one message; returns when it is confirmed. Raises `Retryable`."""
        async with self._circuit.guard():
            await self._publisher.publish(message, key=key)

    async def quarantine(self, body: bytes, *, reason: str, path: str) -> None:
        """Seal the body into the quarantine; returns when it is confirmed. Raises `Retryable`."""
        async with self._circuit.guard():
            await self._quarantine.put(body, reason=reason, path=path)
