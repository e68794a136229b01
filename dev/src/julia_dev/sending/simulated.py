"""Julia's sending on a clock that is moved by hand.

Real: PostgreSQL, the rpc endpoint, the scheduler's jobs and their runner, the dispatcher's step.
Not there: broker and doorbells (what is due is found in the database, as the sweeper finds it),
WhatsApp (`Phones`), and Claude (what is said is part of the scene).
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg

from julia_common.contracts.messages import ContentKind, Identity, IdentityKind
from julia_common.database import (
    CommitTurn,
    Database,
    Effects,
    NewReminder,
    OptOut,
    ReceiveMessage,
    TurnBegun,
)
from julia_common.resilience.breaker import EVOLUTION, CircuitBreaker
from julia_common.resilience.clock import SystemClock
from julia_common.resilience.retry import retrying
from julia_dev.sending.clock import HandClock
from julia_dev.sending.phones import Phones
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack
from julia_dispatcher.sending import Sending, Terms
from julia_scheduler.jobs.job import Job
from julia_scheduler.jobs.runner import Runner

_DOORBELLS: Final = 200
_POST_TIMEOUT_S: Final = 10.0
_LOOKS: Final = 5
_LOOKS_S: Final = 60.0
"""The sweeper looks again at its next tick where a busy machine was too slow; so does the scene."""


@dataclass(frozen=True)
class Answer:
    """What Julia says in a turn, and the reminders that she promises in it."""

    text: str
    reminders: tuple[NewReminder, ...] = ()


@dataclass
class Simulated:
    """The scene's hands: doctors who write, jobs that run, sends that go."""

    database: Database
    pool: asyncpg.Pool
    clock: HandClock
    phones: Phones
    sending: Sending
    owner: str

    def runner(self, jobs: Sequence[Job]) -> Runner:
        """Return the scheduler's runner of these jobs; `step` it after each move of the clock."""
        return Runner(self.database, jobs, owner=self.owner)

    async def call(self, function: str, **arguments: Any) -> Any:
        """Call a function for people, as its owner would in the SQL console."""
        return await self.pool.fetchval(f"select api.{function}($1)", arguments)

    async def add_numbers(self, *names: str) -> None:
        """Connect numbers that WhatsApp has known for long."""
        for name in names:
            await self.call("connection_changed", instance=name, state="open")
            await self.call("definir_numero", instance=name, antigo=True, por="cena")

    async def doctor_writes(
        self, number: str, text: str, *, instance: str, opts_out: bool = False
    ) -> None:
        """Store what ingest would publish; `opts_out`: the words say so plainly."""
        await self.database.receive_message(
            ReceiveMessage(
                instance=instance,
                key_id=uuid4().hex,
                identities=(Identity(kind=IdentityKind.PHONE, jid=f"{number}@s.whatsapp.net"),),
                provider_at=self.clock.now().replace(microsecond=0),
                tipo_conteudo=ContentKind.TEXT,
                conteudo=text,
                opt_out=OptOut(motivo="pare") if opts_out else None,
            )
        )

    async def answer_due(self, says: Callable[[TurnBegun], Answer]) -> None:
        """Let every conversation that is due have its turn."""
        for turn in (await self.database.due_turns(owner=self.owner, limit=50)).turns:
            token = str(uuid4())
            begun = await self.database.begin_turn(
                conversa_id=turn.conversa_id, token=token, owner=self.owner
            )
            if not isinstance(begun, TurnBegun):
                continue
            answer = says(begun)
            await self.database.commit_turn(
                CommitTurn(
                    conversa_id=turn.conversa_id,
                    token=token,
                    turno_id=begun.turno_id,
                    control_epoch=begun.control_epoch,
                    inbox_seq=begun.inbox_seq,
                    outcome="resposta",
                    parts=(answer.text,),
                    effects=Effects(lembretes=answer.reminders),
                )
            )

    async def send_due(self, *, most: int = _DOORBELLS) -> None:
        """End what has waited too long; send what may go now, the numbers side by side.

        A number is left until the clock has moved when a send of it was refused, and when `most`
        conversations of it were served.
        """
        by_number: dict[str, list[str]] = defaultdict(list)
        async for attempt in retrying(attempts=_LOOKS, deadline_seconds=_LOOKS_S):
            with attempt:
                await self.database.expire_replies(limit=_DOORBELLS)
                due = await self.database.due_doorbells(limit=_DOORBELLS)
        for bell in due.conversas:
            by_number[bell.instance].append(bell.conversa_id)
        async with asyncio.TaskGroup() as group:
            for conversations in by_number.values():
                group.create_task(self._send_of_number(conversations[:most]))

    async def _send_of_number(self, conversations: list[str]) -> None:
        for conversation in conversations:
            while (wait := await self.sending.step(conversation)) == 0:
                pass
            if wait is not None:
                return

    async def next_ring(self) -> datetime | None:
        """Return when the next send that waits, and for no person, wants to be looked at."""
        found: datetime | None = await self.pool.fetchval(
            "select min(greatest(next_ring_at, agendar_para)) from fila_mensagens"
            " where status = 'pendente' and greatest(next_ring_at, agendar_para) > api.agora()"
        )
        return found


@asynccontextmanager
async def simulated(
    folder: Path, start: datetime, *, per_hour: int, per_day: int
) -> AsyncIterator[Simulated]:
    """Open a database with its endpoint at `start` (with zone), nobody in it yet."""
    config = StackConfig.apart(folder, parts=frozenset({"postgres", "supabase"}), durable=False)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(Stack(config))
        pool = await stack.enter_async_context(
            asyncpg.create_pool(servers.pg_dsn(), min_size=1, max_size=4, init=_speak_json)
        )
        clock = HandClock(pool, start)
        await clock.install()
        # Nobody watches the screen; typing is for the dispatcher's own tests.
        await pool.execute(
            "update configuracoes set valor = '0' where chave = 'digitacao_ms_por_caractere'"
        )
        environment = servers.environment()
        database = await Database.create(
            environment["SUPABASE_URL"], environment["SUPABASE_SERVICE_KEY"]
        )
        stack.push_async_callback(database.aclose)
        phones, owner = Phones(clock), str(uuid4())
        sending = Sending(
            database,
            phones,
            CircuitBreaker("evolution", EVOLUTION),
            Terms(max_hora=per_hour, max_dia=per_day, post_timeout_s=_POST_TIMEOUT_S, owner=owner),
            SystemClock(),
        )
        stack.push_async_callback(sending.finish)
        yield Simulated(database, pool, clock, phones, sending, owner)


async def _speak_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
