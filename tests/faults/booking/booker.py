"""A process that books as fast as it can and dawdles where dying hurts: `booker.py <dsn>`.

It says each thing that it has done on a line of its own, and never ends by itself.
"""

import asyncio
import json
import random
import sys
from typing import Any

import asyncpg
from tests.integration.sql.conftest import Julia
from tests.integration.sql.shifts import Shifts

CONNECTIONS = 16


class Dawdling(Julia):
    """Waits inside each transaction: what it has done is not committed yet."""

    async def call_once(self, function: str, **p: Any) -> Any:
        async with self.pool.acquire() as connection, connection.transaction():
            answer = await self.call_on(connection, function, **p)
            await asyncio.sleep(random.uniform(0, 0.05))
            return answer


async def book(julia: Julia, conversa: str, vagas: list[str]) -> None:
    shifts = Shifts(julia)
    turn = await julia.begin(conversa)
    held = await shifts.hold(turn, random.choice(vagas))
    print(held["status"], flush=True)  # noqa: T201 - the test listens
    # The answer is being written.
    await asyncio.sleep(random.uniform(0, 0.5))
    holds = [held["reserva_id"]] if held["status"] == "segurada" else []
    done = await julia.commit(turn, "ok", holds=holds)
    print(json.dumps(done["status"]), flush=True)  # noqa: T201


async def main(dsn: str) -> None:
    settings = {"application_name": "booker"}
    pool = await asyncpg.create_pool(
        dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings=settings
    )
    julia = Dawdling(pool, dsn)
    vagas = [str(row["id"]) for row in await julia.sql("select id from vagas")]
    due = [str(row["id"]) for row in await julia.sql("select id from conversations")]
    async with asyncio.TaskGroup() as group:
        for conversa in due:
            group.create_task(book(julia, conversa, vagas))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
