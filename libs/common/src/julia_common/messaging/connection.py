"""One named connection to RabbitMQ that is opened when needed and reopened after a loss.

aio-pika's robust connection is not used on purpose: it restores channels and consumers behind our
back and lets publishers wait in the dark meanwhile. Here a caller gets an open channel or a
`Retryable`, and each consumer runs its own visible loop.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ProbableAuthenticationError
from pydantic import SecretStr

from julia_common.errors import Retryable
from julia_common.messaging import topology
from julia_common.secrets import with_secret

CONNECT_TIMEOUT_SECONDS = 5
HEARTBEAT_SECONDS = 10
"""A half-open connection that is not used is noticed after about three of these."""

BROKER_ERRORS = (*CONNECTION_EXCEPTIONS, TimeoutError)
"""What aio-pika raises when the broker or the way to it is in trouble."""

_log = logging.getLogger(__name__)


class Broker:
    """Gives channels on one connection; publishers and consumers use one each.

    (While an alarm blocks publishers, the broker reads nothing from their connection any more: acks
    on the same one would be stuck too.)
    """

    def __init__(self, url: SecretStr, *, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: AbstractConnection | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def is_connected(self) -> bool:
        """Whether the connection is open as far as we know."""
        # Not `is_closed`: aio-pika leaves that false when the connection is lost.
        return self._connection is not None and self._connection.connected.is_set()

    async def channel(self, *, confirms: bool = True) -> AbstractChannel:
        """Open a channel, over a new connection if need be.

        With `confirms` a returned (unroutable) message raises. Raises `Retryable` when the broker
        cannot be reached and `Permanent` when its topology contradicts ours.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                connection = await self._open()
                channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
                await channel.initialize()
                return channel
        except BROKER_ERRORS as error:
            if isinstance(error, TimeoutError):
                await self.suspect()
            kind = type(error).__name__
            message = f"RabbitMQ cannot be reached by {self._name}: {kind}; check RABBITMQ_URL"
            raise Retryable(message) from error

    async def unblocked(self) -> None:
        """Wait until the broker reads what we publish (it does not while an alarm is up)."""
        if self._connection is not None and self._connection.transport is not None:
            await self._connection.transport.connection.ready()

    async def suspect(self) -> None:
        """Give the connection up after a time of silence, unless an alarm explains the silence.

        Heartbeats notice a half-open connection only after half a minute.
        """
        connection = self._connection
        if connection is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(0):
                await self.unblocked()
            self._connection = None
            await _abandon(connection)
            _log.warning("%s: the broker was silent, the connection is given up", self._name)

    async def redeclare(self) -> None:
        """Declare the topology again, after something of it turned out to be gone."""
        channel = await self.channel()
        try:
            await topology.declare(channel)
        except BROKER_ERRORS as error:
            message = f"the topology could not be declared by {self._name}: {type(error).__name__}"
            raise Retryable(message) from error
        finally:
            await channel.close()

    async def close(self) -> None:
        """Close the connection; it stays closed."""
        self._closed = True
        async with self._opening:
            if self._connection is not None:
                await self._connection.close()

    async def _open(self) -> AbstractConnection:
        async with self._opening:
            if self._closed:
                message = f"the connection {self._name} was closed"
                raise ConnectionError(message)
            if self._connection is not None and not self.is_connected:
                lost, self._connection = self._connection, None
                await _abandon(lost)
            if self._connection is None:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> AbstractConnection:
        connection = await with_secret(
            self._url,
            self._dial,
            is_refusal=lambda error: isinstance(error, ProbableAuthenticationError),
        )
        try:
            async with connection.channel() as channel:
                await topology.declare(channel)
        except BaseException:
            await connection.close()
            raise
        _log.info("connected to RabbitMQ as %s", self._name)
        return connection

    async def _dial(self, url: str) -> AbstractConnection:
        return await aio_pika.connect(
            url, client_properties={"connection_name": self._name}, heartbeat=HEARTBEAT_SECONDS
        )


async def _abandon(connection: AbstractConnection) -> None:
    with suppress(*BROKER_ERRORS):
        async with asyncio.timeout(1):
            await connection.close()


@asynccontextmanager
async def open_broker(url: SecretStr, *, name: str) -> AsyncIterator[Broker]:
    """A `Broker` that is closed at the end of the block; connects on first use."""
    broker = Broker(url, name=name)
    try:
        yield broker
    finally:
        await broker.close()
