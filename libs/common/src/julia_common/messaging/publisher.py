"""Publishing that returns only when the broker has the message on disk."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import DeliveryError, PublishError
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from julia_common.contracts.messages import Message
from julia_common.errors import Permanent, Retryable
from julia_common.messaging import envelope, topology
from julia_common.messaging.connection import BROKER_ERRORS, Broker
from julia_common.telemetry import tracing

REPAIR_SECONDS = 1
"""How long a missing queue stays missing. Declared again at once, RabbitMQ 3.10 would move the old
queue's consumers over by itself, silently, and what it then delivers to them never arrives; so it
gets the time to tell them."""

_log = logging.getLogger(__name__)

_PUBLISHED = Counter(
    "julia_broker_published_total", "Publishes by routing key and outcome", ["key", "outcome"]
)
_CONFIRM_SECONDS = Histogram(
    "julia_broker_confirm_seconds",
    "Seconds from publish to confirm",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class Publisher:
    """Persistent, confirmed, mandatory.

    A returned call means: the broker has it. A `Retryable` means: perhaps not; publishing again may
    double it, which consumers recognise.
    """

    def __init__(self, broker: Broker, *, source: str, timeout_seconds: float = 5) -> None:
        self._broker = broker
        self._source = source
        self._timeout = timeout_seconds
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._repairing = asyncio.Lock()
        self._repaired_at = -float(REPAIR_SECONDS)

    async def publish(self, message: Message, *, key: str | None = None) -> None:
        """Publish to the exchange `julia` under the message's type.

        `key` groups what belongs together (CloudEvents `partitionkey`); an opaque id, never a phone
        number. Raises `Retryable` when the broker is away, blocked, refuses, routes it to no queue,
        or has not confirmed within the timeout.
        """
        with _sending(message.TYPE):
            wrapped = envelope.encode(message, source=self._source, key=key)
            await self.send(topology.EXCHANGE, message.TYPE, wrapped)

    async def publish_raw(
        self, routing_key: str, body: bytes, *, event_id: str, headers: Mapping[str, str]
    ) -> None:
        """Publish bytes as they are (the quarantine's sealed bodies); errors as in `publish`."""
        attributes = envelope.attributes(routing_key, event_id, source=self._source)
        with _sending(routing_key):
            wrapped = envelope.wrap(
                body, attributes | dict(headers), content_type="application/octet-stream"
            )
            await self.send(topology.EXCHANGE, routing_key, wrapped)

    async def send(self, exchange: str, routing_key: str, message: aio_pika.Message) -> None:
        """Publish a finished message to any exchange; errors as in `publish`."""
        outcome = "failed"
        try:
            async with asyncio.timeout(self._timeout):
                with _CONFIRM_SECONDS.time():
                    target = await self._exchange(exchange)
                    await self._broker.unblocked()
                    await target.publish(message, routing_key, mandatory=True)
            outcome = "confirmed"
        except PublishError as error:
            outcome = "unroutable"
            await self._repair()
            text = f"no queue takes {routing_key}: it was declared again, publish again"
            raise Retryable(text) from error
        except DeliveryError as error:
            outcome = "refused"
            text = f"the broker refused {routing_key}: its queue is full or without a majority"
            raise Retryable(text) from error
        except TimeoutError as error:
            outcome = "timeout"
            await self._broker.suspect()
            text = (
                f"the broker did not confirm {routing_key} within {self._timeout:g} s: "
                "it is away, overloaded, or an alarm blocks publishers"
            )
            raise Retryable(text) from error
        except BROKER_ERRORS as error:
            text = f"the connection to the broker was lost while publishing {routing_key}"
            raise Retryable(text) from error
        finally:
            _PUBLISHED.labels(routing_key, outcome).inc()

    async def check(self) -> None:
        """Raise `Retryable` unless a channel for publishing is, or can be, opened."""
        await self._exchange(topology.EXCHANGE)

    async def _exchange(self, name: str) -> AbstractExchange:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                try:
                    self._channel = await self._broker.channel()
                except Permanent as error:
                    # Who publishes for a webhook can only say "later". Consumers stop the process.
                    raise Retryable(str(error)) from error
            channel = self._channel
        if name == "":
            return channel.default_exchange
        return await channel.get_exchange(name, ensure=False)

    async def _repair(self) -> None:
        async with self._repairing:
            if time.monotonic() - self._repaired_at < REPAIR_SECONDS:
                return  # another publish saw the same and has just done it
            await asyncio.sleep(REPAIR_SECONDS)
            try:
                await self._broker.redeclare()
            except (Retryable, Permanent) as error:
                _log.warning("a missing queue was not declared again: %s", error)
            self._repaired_at = time.monotonic()


def _sending(routing_key: str) -> AbstractContextManager[tracing.Span]:
    attributes: dict[str, tracing.Attribute | None] = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": topology.EXCHANGE,
        "messaging.rabbitmq.destination.routing_key": routing_key,
    }
    return tracing.span(f"publish {routing_key}", attributes, kind=SpanKind.PRODUCER)
