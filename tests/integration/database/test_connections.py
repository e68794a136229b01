"""Callers that give up in a crowd leave the way to the database open."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from julia_common.database import Database

CROWD = 60
ROUNDS = 60
_BODY = b'{"version": 1}'


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """HTTP, as little of it as the client needs: every call answers the same."""
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            await reader.readexactly(length)
            await asyncio.sleep(0.02)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
            )
            await writer.drain()
    writer.close()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_callers_that_give_up_in_a_crowd_leave_no_connection_behind(url: str) -> None:
    chance = random.Random(1)
    database = await Database.create(url, "e30.e30.e30", retries=0)

    async def impatient() -> None:
        for _ in range(ROUNDS):
            with suppress(TimeoutError):
                async with asyncio.timeout(chance.uniform(0, 0.05)):
                    await database.contract_version()

    await asyncio.gather(*(impatient() for _ in range(CROWD)))
    answers = await asyncio.gather(*(database.contract_version() for _ in range(CROWD)))
    assert set(answers) == {1}
    await database.aclose()
