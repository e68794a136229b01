"""The pool of connections, and the schema cache kept fresh beside it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

import asyncpg

from julia_simulators.supabase.errors import (
    ApiError,
    cannot_connect,
    connection_lost,
    no_schema_cache,
    pool_exhausted,
)
from julia_simulators.supabase.functions import Function, SchemaCache, load_schema_cache
from julia_simulators.supabase.settings import Settings

if TYPE_CHECKING:
    from asyncpg import Connection, Pool, Record
    from asyncpg.pool import PoolConnectionProxy

_LOG: Final = logging.getLogger(__name__)
_RECONNECT_S: Final = 0.5
_APPLICATION: Final = {"application_name": "supabase-simulator"}


class Database:
    """PostgreSQL, which may be away at any time: every failure is an `ApiError`."""

    def __init__(self, pool: "Pool[Record]", settings: Settings) -> None:
        """Use `open`."""
        self._pool = pool
        self._settings = settings
        self._schema: SchemaCache | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        """Serve even while PostgreSQL is away; connections are made when needed."""
        pool = asyncpg.create_pool(
            settings.pg_dsn.get_secret_value(),
            min_size=0,
            max_size=settings.db_pool,
            timeout=settings.db_pool_acquisition_timeout,
            server_settings=_APPLICATION,
            reset=_keep,
        )
        async with pool, asyncio.TaskGroup() as tasks:
            database = cls(pool, settings)
            listener = tasks.create_task(database._listen())
            try:
                yield database
            finally:
                listener.cancel()

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[PoolConnectionProxy[Record]]":
        """Borrow a connection; errors that PostgreSQL itself raised pass through."""
        try:
            timeout = self._settings.db_pool_acquisition_timeout
            connection = await self._pool.acquire(timeout=timeout)
        except TimeoutError:
            raise pool_exhausted() from None
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise cannot_connect(str(error)) from error
        try:
            yield connection
        except (OSError, asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError) as error:
            raise connection_lost(str(error)) from error
        finally:
            await self._pool.release(connection)

    async def find(
        self, schema: str, name: str, arguments: frozenset[str]
    ) -> tuple[Function, SchemaCache]:
        """Find the function, looking into the catalogue again before saying that there is none.

        Hosted Supabase notifies PostgREST by an event trigger on every DDL statement; looking
        again is the same from outside.
        """
        if self._schema is not None:
            with suppress(ApiError):
                return self._schema.find(schema, name, arguments), self._schema
        cache = await self.reload()
        return cache.find(schema, name, arguments), cache

    async def reload(self) -> SchemaCache:
        """Read the catalogue."""
        try:
            async with self.connection() as connection:
                self._schema = await load_schema_cache(connection, self._settings.db_schemas)
        except asyncpg.PostgresError as error:
            raise no_schema_cache() from error
        return self._schema

    async def _listen(self) -> None:
        """Reload at `NOTIFY pgrst, 'reload schema'` and whenever PostgreSQL came back."""
        while True:
            try:
                await self._reload_when_notified()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _LOG.warning("PostgreSQL is away (%s); trying again", type(error).__name__)
            await asyncio.sleep(_RECONNECT_S)

    async def _reload_when_notified(self) -> None:
        connection = await asyncpg.connect(
            self._settings.pg_dsn.get_secret_value(),
            timeout=self._settings.db_pool_acquisition_timeout,
            server_settings=_APPLICATION,
        )
        try:
            wake, gone = asyncio.Event(), asyncio.Event()

            def notified(*_: object) -> None:
                wake.set()

            def terminated(*_: object) -> None:
                gone.set()
                wake.set()

            connection.add_termination_listener(terminated)
            await connection.add_listener("pgrst", notified)
            while not gone.is_set():
                self._schema = await load_schema_cache(connection, self._settings.db_schemas)
                _LOG.info("Schema cache loaded: %d functions", len(self._schema.functions))
                await wake.wait()
                wake.clear()
        finally:
            connection.terminate()


async def _keep(_connection: "Connection[Record]") -> None:
    """Skip asyncpg's clean-up query: all that a call sets is local to its transaction."""
