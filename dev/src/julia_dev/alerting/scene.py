"""The running system with doctors who write, and the ways to break its neighbours."""

import itertools
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import redis.asyncio

from julia_dev.ledger.world import World
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

CEILING_AN_HOUR: Final = 20
USUAL: Final = tuple(f"julia-{n}" for n in range(1, 31))
"""Numbers that nothing is wrong with; so many that none comes near its ceiling in a whole run."""
FAILING: Final = "julia-falha"
NEARLY_FULL: Final = "julia-cheio"

_SWIFT: Final = {"first_token_median_s": 0.2, "seconds_per_token": 0.002}
"""Claude is faster than the true one: what a busy machine adds to a reply must not make it slow."""

_CEILINGS: Final = {"MAX_MSGS_POR_HORA": str(CEILING_AN_HOUR), "MAX_MSGS_POR_DIA": "600"}


@dataclass
class Scene:
    """Doctors' phones, and the control of the simulated Claude and WhatsApp."""

    stack: Stack
    world: World
    _claude: httpx.AsyncClient
    _evolution: httpx.AsyncClient
    _people: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _numbers: Iterator[str] = field(default_factory=lambda: itertools.cycle(USUAL))

    async def write(
        self, text: str, doctors: int, *, instance: str | None = None, unannounced: bool = False
    ) -> None:
        """Let so many new doctors write this, to one of our numbers or to the usual ones.

        `unannounced`: the webhooks are lost.
        """
        people = [f"5511972{next(self._people):06d}" for _ in range(doctors)]
        await self.world.join(people, plain=True)
        await self.world.write(
            [
                {
                    "doctor": doctor,
                    "text": text,
                    "instance": instance or next(self._numbers),
                    "webhook": {"drop": unannounced},
                }
                for doctor in people
            ]
        )

    async def whatsapp_fault(self, preset: str, *, instance: str) -> None:
        """Let one of our numbers' sends fail in this way until faults are cleared."""
        await _post(
            self._evolution,
            "/_sim/faults",
            {"preset": preset, "match": {"instance": instance}, "times": None},
        )

    async def claude_fault(self, kind: str, **more: object) -> None:
        """Let Claude fail in this way until it is well again."""
        await _post(self._claude, "/_sim/faults", {"kind": kind, "times": None, **more})

    async def claude_says(self, text: str, *, to: str) -> None:
        """Let Claude's next answer to this message be this text."""
        await _post(self._claude, "/_sim/answers", {"match": to, "text": text})

    async def claude_well(self) -> None:
        """Let Claude answer as usual again."""
        (await self._claude.delete("/_sim/faults")).raise_for_status()

    async def waiting(self) -> bool:
        """Whether a doctor's message is stored and not answered."""
        found = await self.world.sql(
            "SELECT FROM interacoes i JOIN medicos m ON m.id = i.medico_id"
            " WHERE i.situacao = 'pendente' AND NOT m.canario LIMIT 1"
        )
        return bool(found)

    def stop_brain(self) -> None:
        """Let the brain do nothing more, and not end either."""
        self.stack.kill("brain", signal.SIGSTOP)

    def resume_brain(self) -> None:
        """Let it go on where it was stopped."""
        self.stack.kill("brain", signal.SIGCONT)

    async def redis_delete(self, key: str) -> None:
        """`redis-cli DEL`."""
        async with redis.asyncio.from_url(self.stack.redis.url()) as client:
            await client.delete(key)

    async def status(self, status: str, reason: str) -> None:
        """Pause or resume, as the runbook does."""
        await self.world.sql(
            "INSERT INTO julia_status (status, motivo, alterado_via) VALUES ($1, $2, 'manual')",
            status,
            reason,
        )


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Scene]:
    """Start a stack for the block."""
    config = StackConfig.apart(
        folder,
        env={**_CEILINGS, "EVOLUTION_INSTANCE": ",".join((*USUAL, FAILING, NEARLY_FULL))},
        durable=False,
        seed=True,
    )
    async with (
        Stack(config) as stack,
        World(stack) as world,
        _client(stack.url("anthropic")) as claude,
        _client(stack.url("evolution")) as evolution,
    ):
        await world.tune(webhook_time_scale=0.1)
        (await claude.patch("/_sim/behaviour", json=_SWIFT)).raise_for_status()
        yield Scene(stack, world, claude, evolution)


async def _post(client: httpx.AsyncClient, path: str, body: object) -> None:
    (await client.post(path, json=body)).raise_for_status()


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
