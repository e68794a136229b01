"""The stack with its doctors, the coordinator in Chatwoot, and what both have seen."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx

from julia_dev.stack.stack import Stack

PATIENCE_S: Final = 90.0
TAKE_OVER: Final = (
    "UPDATE conversations SET controlled_by = 'human', escalation_reason = 'Handoff manual' "
    "WHERE id = $1"
)
"""The runbook's statement."""
GIVE_BACK: Final = "UPDATE conversations SET controlled_by = 'ai' WHERE id = $1"

COPILOT_ON: Final = """
select api.set_copilot(jsonb_build_object(
  'op_id', gen_random_uuid(), 'alvo', 'conversa', 'id', $1::text,
  'modo', 'ligado', 'motivo', 'cena', 'por', 'cena'))
"""
SHOWN_DRAFT: Final = """
select d.turno_id, d.partes from rascunhos_copiloto d
  join chatwoot_efeitos e on e.turno_id = d.turno_id and e.tipo = 'rascunho'
 where d.conversa_id = $1 and d.status = 'esperando' and e.feito_em is not null
"""

_POLL_S: Final = 0.25
_CONVERSATION: Final = """
select c.id, c.controlled_by, c.chatwoot_conversation_id as chat
  from conversations c join medicos m on m.id = c.medico_id where m.telefone = '+' || $1
"""


_HEARD: Final = """
select count(*) as stored, count(*) filter (where i.situacao = 'pendente') as open
  from interacoes i join medicos m on m.id = i.medico_id
 where i.tipo = 'entrada' and not m.canario
"""


@dataclass(frozen=True)
class Heard:
    """What doctors wrote: how much is stored, how much of that is neither answered nor taken."""

    stored: int
    open: int


class Failed(Exception):
    """Something did not come about, or came that must not."""


def require(what: str, *, holds: bool) -> None:
    """Raise `Failed` unless it holds."""
    if not holds:
        raise Failed(what)


@dataclass(frozen=True)
class Scene:
    """Whom a scenario plays with."""

    stack: Stack
    database: asyncpg.Pool
    evolution: httpx.AsyncClient
    chatwoot: httpx.AsyncClient
    slack: httpx.AsyncClient

    async def doctor(self, number: str) -> None:
        """Let a doctor be there."""
        body = {"number": number, "name": "Dra. Teste"}
        (await self.evolution.post("/_sim/doctors", json=body)).raise_for_status()

    async def writes(self, number: str, text: str) -> None:
        """Let the doctor write to Julia."""
        path = f"/_sim/doctors/{number}/messages"
        (await self.evolution.post(path, json={"text": text})).raise_for_status()

    async def read_by(self, number: str) -> list[str]:
        """The texts that the doctor has received."""
        query = {"kinds": "delivery", "doctor": number}
        found = await self.evolution.get("/_sim/records", params=query)
        return [each["text"] for each in found.raise_for_status().json()["records"]]

    async def conversation(self, number: str) -> Any:
        """Our conversation with the doctor, or None."""
        return await self.database.fetchrow(_CONVERSATION, number)

    async def chats(self) -> dict[int, dict[str, Any]]:
        """What Chatwoot shows, by the conversation's id there."""
        about = (await self.chatwoot.get("/_sim")).raise_for_status().json()
        return {chat["id"]: chat for chat in about["conversations"]}

    async def cards(self, conversa_id: str) -> int:
        """How often managers were told that a person has the conversation."""
        told = (await self.slack.get("/_sim/messages")).raise_for_status().json()["messages"]
        blocks = [block for message in told for block in message["blocks"]]
        return sum(
            button["action_id"] == "conversa_devolver" and button["value"] == str(conversa_id)
            for block in blocks
            for button in block.get("elements", ())
            if button["type"] == "button"
        )

    async def acts(self, chat: int, what: str, **body: Any) -> None:
        """Let the coordinator reply (`reply`), set labels or the status."""
        path = f"/_sim/conversations/{chat}/{what}"
        (await self.chatwoot.post(path, json=body)).raise_for_status()

    async def heard(self) -> Heard:
        """What has become of the doctors' messages."""
        (row,) = await self.database.fetch(_HEARD)
        return Heard(**row)

    async def pending(self, conversa_id: str | None = None) -> int:
        """Effects that Chatwoot does not show yet, of one conversation or of all."""
        found = await self.database.fetchval(
            "select count(*) from chatwoot_efeitos "
            "where feito_em is null and conversa_id = coalesce($1, conversa_id)",
            conversa_id,
        )
        return int(found)


async def until[T](
    what: str, look: Callable[[], Awaitable[T]], patience_s: float = PATIENCE_S
) -> T:
    """Wait until `look` returns something; raises `Failed` when it does not in time."""
    deadline = time.monotonic() + patience_s
    while True:
        found = await look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise Failed(f"{what}: not within {patience_s:g} s")
        await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def scene(stack: Stack) -> AsyncIterator[Scene]:
    """Open what the scenarios need of a running stack."""
    async with (
        asyncpg.create_pool(stack.pg_dsn(), min_size=1, max_size=8) as database,
        httpx.AsyncClient(base_url=stack.url("evolution"), trust_env=False) as evolution,
        httpx.AsyncClient(base_url=stack.url("chatwoot"), trust_env=False) as chatwoot,
        httpx.AsyncClient(base_url=stack.url("slack"), trust_env=False) as slack,
    ):
        yield Scene(stack, database, evolution, chatwoot, slack)
