"""What a kubelet of the end-to-end cluster said of the pods, where no cluster is.

Two answers of its cAdvisor, half a minute apart, recorded while the chart answered five messages a
second (`recorded/`; ids of containers and images left out). The second is given from half a minute
after the start.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "recorded"
_APART_S: Final = 30.0
_METRIC: Final = re.compile(r"\bcontainer_\w+")


def speaks_of(expr: str) -> bool:
    """Tell whether an expression asks for what is recorded."""
    return _METRIC.search(expr) is not None


@asynccontextmanager
async def served(port: int) -> AsyncIterator[None]:
    """Answer a Prometheus that scrapes this port, for the block."""
    answers = [(_FOLDER / f"kubelet-{n}.prom").read_bytes() for n in (1, 2)]
    began = time.monotonic()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = answers[time.monotonic() - began >= _APART_S]
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield
