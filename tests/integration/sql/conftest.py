"""The database's functions, called side by side as the services call them."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from julia_common.contracts import text_hash

INSTANCE = "julia-teste"
CEILINGS = {"max_hora": 1000, "max_dia": 1000, "post_timeout_s": 10}


class Julia:
    """Calls the functions as `service_role`; every call is a transaction of its own."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.owner = str(uuid.uuid4())
        self._last = 0

    async def call(self, function: str, **p: Any) -> Any:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role service_role")
            return json.loads(
                await connection.fetchval(f"select api.{function}($1::jsonb)", json.dumps(p))
            )

    async def sql(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self.pool.fetch(statement, *arguments)

    async def value(self, statement: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(statement, *arguments)

    async def receive(
        self,
        phone: str = "5511988887777",
        text: str = "Oi, tem plantão?",
        *,
        key_id: str | None = None,
        identities: list[dict[str, str]] | None = None,
        instance: str = INSTANCE,
        provider_at: datetime | None = None,
        tipo: str = "texto",
        opt_out: dict[str, str] | None = None,
    ) -> Any:
        return await self.call(
            "receive_message",
            instance=instance,
            key_id=key_id or uuid.uuid4().hex,
            identities=identities
            or [{"kind": "phone", "jid": f"{phone}@s.whatsapp.net"}],
            provider_at=(provider_at or datetime.now(UTC)).isoformat(),
            tipo_conteudo=tipo,
            conteudo=text,
            origin="webhook",
            opt_out=opt_out,
        )

    async def make_due(self, conversa_id: str) -> None:
        """End the wait for quiet at once."""
        await self.sql(
            "update conversations set quiet_at = api.agora(), due_at = api.agora() where id = $1",
            uuid.UUID(conversa_id),
        )

    async def begin(self, conversa_id: str, token: str | None = None, **p: Any) -> Any:
        token = token or str(uuid.uuid4())
        p.setdefault("owner", self.owner)
        turn = await self.call("begin_turn", conversa_id=conversa_id, token=token, **p)
        return turn | {"token": token, "conversa_id": conversa_id}

    async def commit(self, turn: Any, *parts: str, **p: Any) -> Any:
        p.setdefault("outcome", "resposta")
        return await self.call(
            "commit_turn",
            **{k: turn[k] for k in ("conversa_id", "token", "turno_id", "control_epoch", "inbox_seq")},
            parts=list(parts or ("Oi! Vou ver com a equipe.",)),
            **p,
        )

    async def answer(self, conversa_id: str, *parts: str) -> Any:
        await self.make_due(conversa_id)
        return await self.commit(await self.begin(conversa_id), *parts)

    async def claim(self, conversa_id: str, claim_id: str | None = None, **p: Any) -> Any:
        return await self.call(
            "claim_next",
            conversa_id=conversa_id,
            claim_id=claim_id or str(uuid.uuid4()),
            owner=self.owner,
            **CEILINGS | p,
        )

    async def record(self, claim: Any, result: str = "enviada", **p: Any) -> Any:
        if result == "enviada":
            p.setdefault("provider_message_id", uuid.uuid4().hex)
        p.setdefault("start_delay_ms", 5)
        return await self.call("record_send", claim_id=claim["claim_id"], result=result, **p)

    async def echo(self, text: str, phone: str = "5511988887777", **p: Any) -> Any:
        p.setdefault("key_id", uuid.uuid4().hex)
        p.setdefault("source", "send.message")
        p.setdefault("provider_at", datetime.now(UTC).isoformat())
        return await self.call(
            "record_sent_event",
            instance=INSTANCE,
            identities=[{"kind": "phone", "jid": f"{phone}@s.whatsapp.net"}],
            text_hash=text_hash(text),
            text=text,
            tipo_conteudo="texto",
            **p,
        )

    async def pause(self, motivo: str = "teste") -> None:
        await self.sql(
            "insert into julia_status (status, motivo, alterado_via) values ('pausado', $1, 'manual')",
            motivo,
        )

    async def resume(self) -> None:
        await self.sql(
            "insert into julia_status (status, motivo, alterado_via) values ('ativo', 'fim', 'manual')"
        )

    async def later(self, interval: str) -> None:
        """Move the database's clock forward (test databases only)."""
        await self.sql(
            "create or replace function api.agora() returns timestamptz language sql volatile "
            f"set search_path = '' as $$ select clock_timestamp() + interval '{interval}' $$"
        )


@pytest.fixture
async def julia(pg_dsn: str) -> AsyncIterator[Julia]:
    pool = await asyncpg.create_pool(pg_dsn, min_size=2, max_size=24)
    try:
        yield Julia(pool)
    finally:
        await pool.close()
