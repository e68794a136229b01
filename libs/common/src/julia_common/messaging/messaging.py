"""What a service needs of the broker, opened in one line of its bootstrap."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from julia_common.messaging.connection import Broker, open_broker
from julia_common.messaging.consumer import Consumer
from julia_common.messaging.delivery import Handler, RetryPolicy
from julia_common.messaging.depths import QueueDepth, read_depths
from julia_common.messaging.publisher import Publisher
from julia_common.messaging.topology import Queue


@dataclass(frozen=True, slots=True)
class Messaging:
    """A publisher, and consumers on a connection of their own."""

    publisher: Publisher
    _consuming: Broker

    def consumer(
        self,
        queue: Queue,
        handler: Handler,
        *,
        prefetch: int = 20,
        concurrency: int = 10,
        policy: RetryPolicy | None = None,
    ) -> Consumer:
        """A consumer to run as a `Background`; see `Consumer`."""
        return Consumer(
            self._consuming,
            self.publisher,
            queue,
            handler,
            prefetch=prefetch,
            concurrency=concurrency,
            policy=policy,
        )

    async def depths(self) -> tuple[QueueDepth, ...]:
        """How much waits in each queue; see `read_depths`."""
        return await read_depths(self._consuming)

    async def check(self) -> None:
        """Readiness: raise `Retryable` while nothing can be published."""
        await self.publisher.check()


@asynccontextmanager
async def open_messaging(url: SecretStr, service: str) -> AsyncIterator[Messaging]:
    """Messaging for one process, closed at the end of the block; connects on first use.

    `service` names the connections in RabbitMQ and is the `source` of what is published.
    """
    async with (
        open_broker(url, name=f"{service} publisher") as publishing,
        open_broker(url, name=f"{service} consumers") as consuming,
    ):
        yield Messaging(Publisher(publishing, source=f"/{service}"), consuming)
