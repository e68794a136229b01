"""Julia as processes, and a collector that all of them send their spans to."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from julia_dev.collector import Collector, Seen, collecting
from julia_dev.stack.config import StackConfig
from julia_dev.stack.output import Output
from julia_dev.stack.stack import Stack

NAME = "Zuleica Quimerina"
NUMBER = "5511987650123"

PARTS = frozenset(
    {
        *("rabbitmq", "redis", "postgres", "supabase", "evolution", "anthropic"),
        *("ingest", "brain", "dispatcher"),
    }
)


@dataclass(frozen=True)
class World:
    """The instance under test, WhatsApp's and Claude's control APIs, and the spans."""

    stack: Stack
    whatsapp: httpx.AsyncClient
    claude: httpx.AsyncClient
    collector: Collector

    async def write(self, *texts: str) -> None:
        """Let the doctor write, one right after the other."""
        for text in texts:
            written = await self.whatsapp.post(
                f"/_sim/doctors/{NUMBER}/messages", json={"text": text}
            )
            written.raise_for_status()

    def named(self, name: str) -> list[Seen]:
        """The spans of that name, in the order in which they began."""
        found = [span for span in self.collector.spans() if span.name == name]
        return sorted(found, key=lambda span: span.began_ns)

    def path(self, span: Seen) -> list[str]:
        """The names from the root of the trace to the span; `?` where a parent never arrived."""
        spans = {(each.trace, each.id): each for each in self.collector.spans()}
        names = [span.name]
        while span.parent:
            parent = spans.get((span.trace, span.parent))
            if parent is None:
                return ["?", *names]
            names.insert(0, parent.name)
            span = parent
        return names


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Listens until the test ends."""
    with collecting() as listening:
        yield listening


@pytest_asyncio.fixture
async def world(scratch_folder: Path, tmp_path: Path, collector: Collector) -> AsyncIterator[World]:
    """Everything that a message passes, and a doctor."""
    config = StackConfig.apart(
        scratch_folder,
        durable=False,
        parts=PARTS,
        env={
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_RESOURCE_ATTRIBUTES": "k8s.pod.name=pod-de-teste",
        },
    )
    async with (
        Stack(config, Output(tmp_path, console=None)) as stack,
        httpx.AsyncClient(base_url=stack.url("evolution"), trust_env=False, timeout=30) as whatsapp,
        httpx.AsyncClient(base_url=stack.url("anthropic"), trust_env=False, timeout=30) as claude,
    ):
        doctor = {"number": NUMBER, "name": NAME}
        (await whatsapp.post("/_sim/doctors", json=doctor)).raise_for_status()
        yield World(stack, whatsapp, claude, collector)
