"""Brains as processes of their own, to be killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from julia_dev.brain_scene import CLAUDE_KEY, INSTANCE, claude, doctors, until

__all__ = ["claude", "doctors"]


@dataclass(frozen=True)
class Brain:
    """One process."""

    process: asyncio.subprocess.Process
    url: str

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ready(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"{self.url}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False


type Start = Callable[..., Awaitable[Brain]]


@pytest.fixture
async def start(
    rabbitmq_url,
    supabase_endpoint,
    redis_url,
    claude,
    tmp_path: Path,
) -> AsyncIterator[Start]:
    """Start a brain; `before` is Python that runs in it first. All are killed at the end."""
    brains: list[Brain] = []

    async def begin(before: str = "") -> Brain:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            "PATH": os.environ["PATH"],
            "ENVIRONMENT": "test",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "RABBITMQ_URL": rabbitmq_url,
            "REDIS_URL": redis_url,
            "SUPABASE_URL": supabase_endpoint.url,
            "SUPABASE_SERVICE_KEY": supabase_endpoint.service_key,
            "EVOLUTION_API_URL": "http://127.0.0.1:9",
            "EVOLUTION_API_KEY": "chave",
            "EVOLUTION_INSTANCE": INSTANCE,
            "ANTHROPIC_API_KEY": CLAUDE_KEY,
            "ANTHROPIC_BASE_URL": claude.url,
            "DOCUMENTS_KEY": Fernet.generate_key().decode(),
        }
        code = f"{before}\nimport runpy\nrunpy.run_module('julia_brain', run_name='__main__')\n"
        with (tmp_path / f"brain-{len(brains)}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, env=environment, stdout=log, stderr=log
            )
        brain = Brain(process, f"http://127.0.0.1:{port}")
        brains.append(brain)
        await until(brain.ready, seconds=90)
        return brain

    yield begin
    for brain in brains:
        with suppress(ProcessLookupError):
            brain.signal(signal.SIGKILL)
        await brain.process.wait()
