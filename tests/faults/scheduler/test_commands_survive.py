"""Ingest, broker and schedulers die while managers command; each decision is made, and once."""

import asyncio
import json
import random
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from julia_dev import paths
from julia_dev.brain_scene import until
from julia_dev.stack.config import SERVERS, StackConfig
from julia_dev.stack.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(230)]

ANA = "U0ANA"
PAUSES = 6
PATIENCE_SECONDS = 120.0
"""Loans of half a minute end after each kill."""


@dataclass
class Desk:
    """A manager at the simulator's page, and everything behind it."""

    stack: Stack
    http: httpx.AsyncClient
    db: asyncpg.Connection

    async def act(self, what: str, **body: object) -> bool:
        """Do it; whether Slack had an acknowledgement."""
        answer = await self.http.post(f"/_sim/{what}", json={"user": ANA, **body}, timeout=30)
        return bool(answer.json()["error"] is None)

    async def seen(self) -> list[dict[str, Any]]:
        """What Julia wrote."""
        answer = (await self.http.get("/_sim/messages")).json()
        return [message for message in answer["messages"] if message["author"] is None]

    async def questions(self) -> list[dict[str, Any]]:
        """What she asks, and nobody has answered."""
        return [
            message
            for message in await self.seen()
            if any(block["type"] == "actions" for block in message["blocks"])
        ]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    folder = paths.RUN / "faults" / secrets.token_hex(4)
    parts = frozenset((*SERVERS, "supabase", "evolution", "slack", "ingest", "scheduler"))
    config = StackConfig.apart(folder, durable=False, parts=parts, replicas={"scheduler": 2})
    try:
        async with Stack(config) as stack:
            db = await asyncpg.connect(stack.pg_dsn())
            await db.execute("insert into gestores (slack_id, nome) values ('U0ANA', 'Ana')")
            async with httpx.AsyncClient(base_url=stack.url("slack"), trust_env=False) as http:
                yield Desk(stack, http, db)
            await db.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def test_kills_lose_no_command_and_do_none_twice(desk: Desk) -> None:
    chance = random.Random(7)
    schedulers = desk.stack.processes("scheduler")
    for n in range(PAUSES):
        assert await desk.act("commands", text=f"pausar Motivo {n}")
        await asyncio.sleep(chance.random() / 2)
        desk.stack.kill(chance.choice(schedulers))

    async def all_asked() -> list[dict[str, Any]] | None:
        questions = await desk.questions()
        asked = {json.dumps(each["blocks"][0], ensure_ascii=False) for each in questions}
        return questions if len(asked) == PAUSES else None

    questions = await until(all_asked, seconds=PATIENCE_SECONDS)
    pressed: dict[str, int] = {}
    for each in questions:
        pressed.setdefault(json.dumps(each["blocks"][0]), each["n"])
    for n in pressed.values():

        async def pressed_well(n: int = n) -> bool:
            # Slack shows that a press failed, and a person presses again.
            return await desk.act("presses", message=n, action_id="comando_confirmar")

        await until(pressed_well)
        await asyncio.sleep(chance.random() / 2)
        desk.stack.kill(chance.choice([*schedulers, "ingest"]))

    async def all_done() -> bool:
        count = await desk.db.fetchval(
            "select count(*) from slack_comandos where respondido_em is null"
        )
        return count == 0

    await until(all_done, seconds=PATIENCE_SECONDS)

    rows = await desk.db.fetch("select status, motivo, alterado_via from julia_status order by id")
    assert sorted(row["motivo"] for row in rows) == [f"Motivo {n}" for n in range(PAUSES)]
    assert {(row["status"], row["alterado_via"]) for row in rows} == {("pausado", "slack")}
    done = [message for message in await desk.seen() if message["n"] in pressed.values()]
    assert all("Parado" in message["text"] for message in done)
