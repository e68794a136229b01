"""The brain inside the test's process: real broker and database, Claude simulated."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from julia_brain.bootstrap import build
from julia_brain.settings import Settings
from julia_common.contracts.messages import (
    Content,
    ContentKind,
    Identity,
    IdentityKind,
    Message,
    MessageReceived,
    MessageSent,
)
from julia_common.messaging import open_messaging
from julia_common.messaging.topology import Queue
from julia_common.serve import serve
from julia_simulators.anthropic.state import Behaviour, World
from julia_simulators.anthropic.testing import running

INSTANCE = "julia-teste"
DOCTOR = Identity(kind=IdentityKind.PHONE, jid="5519999990001@s.whatsapp.net")
PATIENCE_SECONDS = 30


async def until[T](what: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Poll an async function until it answers something true."""
    async with asyncio.timeout(seconds):
        while True:
            found = await what()
            if found:
                return found
            await asyncio.sleep(0.05)


@dataclass
class Claude:
    """The simulator's control."""

    url: str
    control: httpx.AsyncClient

    async def fault(self, kind: str, **more: object) -> None:
        (await self.control.post("/faults", json={"kind": kind, **more})).raise_for_status()

    async def clear(self) -> None:
        await self.control.delete("/faults")

    async def requests(self) -> list[dict[str, Any]]:
        return list((await self.control.get("/requests")).json())


@dataclass
class Doctors:
    """Publishes what ingest would, and looks into the tables."""

    messaging: Any
    db: asyncpg.Pool
    keys: Iterator[int]
    rung: list[str]

    async def publish(self, message: Message) -> None:
        await self.messaging.publisher.publish(message)

    async def write(self, text: str, *, key_id: str | None = None, **content: object) -> str:
        now = datetime.now(UTC)
        key_id = key_id or f"KEY{next(self.keys)}"
        body = {"kind": ContentKind.TEXT, "text": text} | content
        await self.publish(
            MessageReceived(
                instance=INSTANCE,
                key_id=key_id,
                identities=(DOCTOR,),
                push_name="Ana",
                provider_at=now,
                received_at=now,
                content=Content.model_validate(body),
            )
        )
        return key_id

    async def person_types(self, text: str) -> None:
        now = datetime.now(UTC)
        await self.publish(
            MessageSent(
                instance=INSTANCE,
                key_id=f"PHONE{next(self.keys)}",
                identities=(DOCTOR,),
                source="messages.upsert",
                text=text,
                provider_at=now,
                received_at=now,
            )
        )

    async def rows(self, sql: str) -> list[asyncpg.Record]:
        return list(await self.db.fetch(sql))

    async def rings(self) -> list[str]:
        return self.rung

    async def outbox(self) -> list[str]:
        rows = await self.rows("select conteudo from fila_mensagens order by turn_seq, part")
        return [row["conteudo"] for row in rows]

    async def turns(self) -> list[str]:
        rows = await self.rows("select outcome from turnos order by committed_at")
        return [row["outcome"] for row in rows]

    async def stored(self) -> int:
        return int(await self.db.fetchval("select count(*) from interacoes where tipo = 'entrada'"))

    async def controlled_by(self) -> str:
        return str(await self.db.fetchval("select controlled_by from conversations"))


@pytest.fixture
async def claude() -> AsyncIterator[Claude]:
    world = World(Behaviour(first_token_median_s=0.05, seconds_per_token=0.0), api_key="chave")
    with running(world) as url:
        async with httpx.AsyncClient(base_url=f"{url}/_sim", trust_env=False) as control:
            yield Claude(url, control)


@pytest.fixture
async def doctors(rabbitmq_url, pg_dsn) -> AsyncIterator[Doctors]:
    async with (
        open_messaging(SecretStr(rabbitmq_url), "test") as messaging,
        asyncpg.create_pool(pg_dsn, min_size=1, max_size=3) as pool,
    ):
        rung: list[str] = []
        stop = asyncio.Event()

        async def hear(message: Message) -> None:
            rung.append(message.conversa_id)  # type: ignore[union-attr]  # only doorbells there

        bells = messaging.consumer(Queue.DISPATCHER_OUTBOUND, hear)
        listening = asyncio.create_task(bells.run(stop))
        yield Doctors(messaging, pool, itertools.count(1), rung)
        stop.set()
        await listening


@pytest.fixture
def settings(rabbitmq_url, supabase_endpoint, redis_url, claude) -> Settings:
    return Settings(
        environment="test",
        host="127.0.0.1",
        port=0,
        rabbitmq_url=SecretStr(rabbitmq_url),
        redis_url=SecretStr(redis_url),
        supabase_url=supabase_endpoint.url,
        supabase_service_key=SecretStr(supabase_endpoint.service_key),
        evolution_api_url="http://127.0.0.1:9",
        evolution_api_key=SecretStr("chave"),
        evolution_instance=INSTANCE,
        anthropic_api_key=SecretStr("chave"),
        anthropic_base_url=claude.url,
        away_after_seconds=60,
    )


@pytest.fixture
async def start() -> AsyncIterator[Callable[[Settings], Any]]:
    """Start brains; all are stopped in order at the test's end."""
    async with AsyncExitStack() as stack:
        stop = asyncio.Event()
        running_brains: list[asyncio.Task[None]] = []

        async def begin(settings: Settings) -> None:
            service = await build(settings, stack)
            task = asyncio.create_task(serve(service, host="127.0.0.1", port=0, stop=stop))
            running_brains.append(task)

            async def ready() -> bool:
                try:
                    for check in service.readiness.values():
                        await check()
                except Exception:  # noqa: BLE001 - not ready
                    return False
                return True

            await until(ready)

        yield begin
        stop.set()
        await asyncio.gather(*running_brains)


@pytest.fixture
async def brain(settings, start) -> None:
    """One running brain."""
    await start(settings)
