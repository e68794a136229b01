"""A POST starts in time or never: the last look is taken when the connection stands."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from julia_common.evolution import NotSent, Sent, open_evolution

pytestmark = pytest.mark.integration

ANSWER = b'{"key":{"id":"K1","remoteJid":"5519900000001@s.whatsapp.net","fromMe":true}}'


class Server:
    """Answers every request with 201, and keeps what it read."""

    def __init__(self) -> None:
        self.url = ""
        self.read = b""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            self.read += chunk
            if chunk.endswith(b"}"):
                head = f"HTTP/1.1 201 Created\r\ncontent-length: {len(ANSWER)}\r\n\r\n"
                writer.write(head.encode() + ANSWER)
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    record = Server()
    async with await asyncio.start_server(record.answer, "127.0.0.1", 0) as listening:
        record.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield record


async def test_a_post_in_time_is_made(server):
    async with open_evolution(server.url, SecretStr("key")) as evolution:
        outcome = await evolution.send_text("julia-01", "55", "Oi", start_within_seconds=2)
    assert outcome == Sent("K1", "5519900000001@s.whatsapp.net")
    assert b'"Oi"' in server.read


@pytest.mark.parametrize("warm", [False, True])
async def test_no_byte_of_a_late_post_is_written_and_that_is_certain(server, warm):
    async with open_evolution(server.url, SecretStr("key")) as evolution:
        if warm:
            await evolution.send_text("julia-01", "55", "Oi", start_within_seconds=2)
        before = server.read
        outcome = await evolution.send_text("julia-01", "55", "Tchau", start_within_seconds=0)
        await asyncio.sleep(0)
    assert isinstance(outcome, NotSent)
    assert not outcome.permanent
    assert server.read == before
