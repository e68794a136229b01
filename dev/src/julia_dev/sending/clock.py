"""A clock that is moved by hand, the same for the database and for this process.

Between two moves it goes like any clock, so that whatever happens in an order has times in that
order. `api.agora()` is the one place where the database asks for the time; production has no table
to read it from.
"""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

SAO_PAULO = ZoneInfo("America/Sao_Paulo")

_INSTALL = """
create table relogio_de_teste (base timestamptz not null, desde timestamptz not null);
alter table relogio_de_teste enable row level security;
insert into relogio_de_teste values ($1, clock_timestamp());
create or replace function api.agora() returns timestamptz language sql volatile
set search_path = '' as
$$ select base + (clock_timestamp() - desde) from public.relogio_de_teste $$;
"""


class HandClock:
    """Only ever moved forward, and only while nothing is under way."""

    def __init__(self, pool: asyncpg.Pool, start: datetime) -> None:
        """Prepare; `install` puts it into the database."""
        self._pool = pool
        self._base = start
        self._since = time.monotonic()

    async def install(self) -> None:
        """Let the database of this run ask this clock from now on."""
        statements = _INSTALL.replace("$1", f"'{self._base.isoformat()}'")
        await self._pool.execute(statements)
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The time of day, in São Paulo's zone."""
        passed = timedelta(seconds=time.monotonic() - self._since)
        return (self._base.astimezone(UTC) + passed).astimezone(SAO_PAULO)

    async def move(self, to: datetime) -> None:
        """Move on to `to` (with zone); a time that has come already changes nothing."""
        if to <= self.now():
            return
        await self._pool.execute(
            "update relogio_de_teste set base = $1, desde = clock_timestamp()", to
        )
        self._base, self._since = to, time.monotonic()
