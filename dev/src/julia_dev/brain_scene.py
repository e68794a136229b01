"""The brain's neighbours in tests: real broker and database, Claude simulated.

A conftest imports the fixtures `claude` and `doctors` by name.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from julia_common.contracts.messages import (
    Content,
    ContentKind,
    Identity,
    IdentityKind,
    Message,
    MessageReceived,
    MessageSent,
    SendRequested,
)
from julia_common.messaging import Publisher, open_messaging
from julia_common.messaging.topology import Queue
from julia_simulators.anthropic.state import Behaviour, World
from julia_simulators.anthropic.testing import running

INSTANCE: Final = "julia-teste"
CLAUDE_KEY: Final = "chave-de-teste"
PATIENCE_SECONDS: Final = 60.0


async def until[T](
    what: Callable[[], Awaitable[T | None]], *, seconds: float = PATIENCE_SECONDS
) -> T:
    """Poll `what` until it answers something true; raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while not (found := await what()):
            await asyncio.sleep(0.05)
        return found


@dataclass(frozen=True)
class Claude:
    """The simulator and its control API."""

    url: str
    control: httpx.AsyncClient

    async def fault(self, kind: str, **more: object) -> None:
        """Switch a fault on."""
        (await self.control.post("/faults", json={"kind": kind, **more})).raise_for_status()

    async def clear(self) -> None:
        """Switch all faults off."""
        await self.control.delete("/faults")

    async def requests(self) -> list[dict[str, Any]]:
        """What was asked so far."""
        return list((await self.control.get("/requests")).json())


@dataclass(frozen=True)
class Doctors:
    """Publishes what ingest would publish, and looks into the tables."""

    publisher: Publisher
    db: "asyncpg.Pool[asyncpg.Record]"
    rung: list[str]
    """Conversations for which the dispatcher's bell was rung."""
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def write(
        self, text: str, *, doctor: int = 1, key_id: str | None = None, **content: object
    ) -> str:
        """A doctor writes; the message's id."""
        now = datetime.now(UTC)
        key_id = key_id or f"KEY{next(self.keys)}"
        body = {"kind": ContentKind.TEXT, "text": text} | content
        await self.publisher.publish(
            MessageReceived(
                instance=INSTANCE,
                key_id=key_id,
                identities=(_identity(doctor),),
                push_name="Ana",
                provider_at=now,
                received_at=now,
                content=Content.model_validate(body),
            )
        )
        return key_id

    async def person_types(self, text: str, *, doctor: int = 1) -> None:
        """A person of the company types to the doctor on the phone."""
        now = datetime.now(UTC)
        await self.publisher.publish(
            MessageSent(
                instance=INSTANCE,
                key_id=f"PHONE{next(self.keys)}",
                identities=(_identity(doctor),),
                source="messages.upsert",
                text=text,
                provider_at=now,
                received_at=now,
            )
        )

    async def rings(self) -> list[str]:
        """Conversations for which the bell was rung."""
        return self.rung

    async def outbox(self) -> list[str]:
        """All texts to be sent, in order."""
        rows = await self.db.fetch("select conteudo from fila_mensagens order by turn_seq, part")
        return [row["conteudo"] for row in rows]

    async def kinds(self) -> list[str]:
        """The kinds of all that is to be sent, in order."""
        rows = await self.db.fetch("select kind from fila_mensagens order by turn_seq, part")
        return [row["kind"] for row in rows]

    async def turns(self) -> list[str]:
        """The outcomes of the turns that were committed."""
        rows = await self.db.fetch(
            "select outcome from turnos where turn_seq is not null order by committed_at"
        )
        return [row["outcome"] for row in rows]

    async def stored(self) -> int:
        """How many messages of doctors are stored."""
        return int(await self.db.fetchval("select count(*) from interacoes where tipo = 'entrada'"))

    async def controlled_by(self, who: str) -> bool:
        """Whether the only conversation is controlled by `who`."""
        found = await self.db.fetchval("select controlled_by from conversations")
        return bool(found == who)


def _identity(doctor: int) -> Identity:
    return Identity(kind=IdentityKind.PHONE, jid=f"55199999{doctor:05}@s.whatsapp.net")


@pytest.fixture
async def claude() -> AsyncIterator[Claude]:
    """Simulate Claude, answering almost at once."""
    world = World(
        Behaviour(first_token_median_s=0.05, seconds_per_token=0.0), frozenset({CLAUDE_KEY})
    )
    with running(world) as url:
        async with httpx.AsyncClient(base_url=f"{url}/_sim", trust_env=False) as control:
            yield Claude(url, control)


@pytest.fixture
async def doctors(rabbitmq_url: str, pg_dsn: str) -> AsyncIterator[Doctors]:
    """Doctors who write to the test's own broker and database."""
    async with (
        open_messaging(SecretStr(rabbitmq_url), "test") as messaging,
        asyncpg.create_pool(pg_dsn, min_size=1, max_size=3) as pool,
    ):
        rung: list[str] = []
        stop = asyncio.Event()

        async def hear(message: Message) -> None:
            if isinstance(message, SendRequested):
                rung.append(message.conversa_id)

        bells = messaging.consumer(Queue.DISPATCHER_OUTBOUND, hear)
        listening = asyncio.create_task(bells.run(stop))
        yield Doctors(messaging.publisher, pool, rung)
        stop.set()
        await listening
