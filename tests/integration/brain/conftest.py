"""The brain inside the test's process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from julia_brain.bootstrap import build
from julia_brain.settings import Settings
from julia_common.serve import Service, serve
from julia_dev.brain_scene import CLAUDE_KEY, INSTANCE, claude, doctors, until

__all__ = ["claude", "doctors"]

type Start = Callable[[Settings], Awaitable[None]]


@pytest.fixture
def settings(rabbitmq_url, supabase_endpoint, redis_url, claude) -> Settings:
    return Settings(
        environment="test",
        rabbitmq_url=SecretStr(rabbitmq_url),
        redis_url=SecretStr(redis_url),
        supabase_url=supabase_endpoint.url,
        supabase_service_key=SecretStr(supabase_endpoint.service_key),
        evolution_api_url="http://127.0.0.1:9",
        evolution_api_key=SecretStr("chave"),
        evolution_instance=INSTANCE,
        anthropic_api_key=SecretStr(CLAUDE_KEY),
        anthropic_base_url=claude.url,
        documents_key=SecretStr(Fernet.generate_key().decode()),
    )


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start brains; all are stopped in order at the test's end."""
    async with AsyncExitStack() as stack:
        stop = asyncio.Event()
        brains: list[asyncio.Task[None]] = []

        async def begin(settings: Settings) -> None:
            service = await build(settings, stack)
            brains.append(asyncio.create_task(serve(service, host="127.0.0.1", port=0, stop=stop)))
            await until(lambda: _ready(service))

        yield begin
        stop.set()
        await asyncio.gather(*brains)


async def _ready(service: Service) -> bool:
    try:
        for check in service.readiness.values():
            await check()
    except Exception:  # noqa: BLE001 - whatever it is, it is not ready
        return False
    return True


@pytest.fixture
async def brain(settings, start) -> None:
    """One running brain."""
    await start(settings)
