"""The database's functions, called side by side as the services call them."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from julia_common.contracts import text_hash
from julia_dev.testbed import TEMPLATE

INSTANCE = "julia-teste"
PHONE = "5511988887777"
CEILINGS = {"max_hora": 1000, "max_dia": 1000, "post_timeout_s": 10}

# What migrations fill stays; everything else is emptied after each test. As a replica, because
# `julia_status` refuses to be emptied; by DELETE, because TRUNCATE makes new files of all tables.
_WIPE = """
do $$
declare
  name text;
begin
  set local session_replication_role = replica;
  for name in select tablename from pg_tables
    where schemaname = 'public' and tablename <> all (array[
      'regras_envio', 'mensagens_padrao', 'configuracoes', 'prompts', 'setores', 'periodos',
      'tipos_vaga', 'formas_recebimento', 'aberturas'])
  loop
    execute format('delete from public.%I', name);
  end loop;
  delete from private.supressoes;
  delete from public.prompts where id <> 'persona-1';
  update public.prompts set ativo = true, peso = 1;
end $$;
"""
# Sends neither wait for one another nor to be seen typed, except where a test is about that.
_AT_ONCE = """
update configuracoes set valor = '[0, 0]' where chave = 'espacamento_segundos';
update configuracoes set valor = '0' where chave = 'digitacao_ms_por_caractere';
"""
_CLOCK = (
    "create or replace function api.agora() returns timestamptz language sql volatile "
    "set search_path = '' as $$ select clock_timestamp() + interval '{} seconds' $$"
)
_REAL_TIME = _CLOCK.format("0")
_TIME_WAS_MOVED = "select abs(extract(epoch from api.agora() - clock_timestamp())) > 0.01"


async def together(n: int, call: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """Make `n` calls at once and return their answers in order."""
    return await asyncio.gather(*(call(i) for i in range(n)))


def phone(number: str = PHONE) -> dict[str, str]:
    return {"kind": "phone", "jid": f"{number}@s.whatsapp.net"}


def lid(number: str) -> dict[str, str]:
    return {"kind": "lid", "jid": f"{number}@lid"}


class Julia:
    """Calls the functions as `service_role`; every call is a transaction of its own."""

    def __init__(self, pool: asyncpg.Pool, dsn: str) -> None:
        self.pool = pool
        self.dsn = dsn
        self.owner = str(uuid.uuid4())
        self.ahead = timedelta(0)
        self.timeouts = 0

    async def call(self, function: str, **p: Any) -> Any:
        """Call, and again after a lock timeout, as the services do: repeating is harmless."""
        for _ in range(20):
            try:
                return await self.call_once(function, **p)
            except asyncpg.LockNotAvailableError:
                self.timeouts += 1
                await asyncio.sleep(0.05)
        return await self.call_once(function, **p)

    async def call_once(self, function: str, **p: Any) -> Any:
        async with self.pool.acquire() as connection, connection.transaction():
            return await self.call_on(connection, function, **p)

    async def call_on(self, connection: Any, function: str, **p: Any) -> Any:
        """Call inside the transaction that `connection` has open."""
        await connection.execute("set local role service_role")
        answer = await connection.fetchval(f"select api.{function}($1::jsonb)", json.dumps(p))
        return json.loads(answer)

    async def refusal(self, function: str, **p: Any) -> asyncpg.PostgresError:
        """Make a call that must fail and return its error."""
        with pytest.raises(asyncpg.PostgresError) as caught:
            await self.call_once(function, **p)
        return caught.value

    async def sql(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self.pool.fetch(statement, *arguments)

    async def value(self, statement: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(statement, *arguments)

    async def receive(
        self,
        number: str = PHONE,
        text: str = "Oi, tem plantão?",
        *,
        key_id: str | None = None,
        identities: list[dict[str, str]] | None = None,
        instance: str = INSTANCE,
        provider_at: datetime | None = None,
        tipo: str = "texto",
        **p: Any,
    ) -> Any:
        return await self.call(
            "receive_message",
            instance=instance,
            key_id=key_id or uuid.uuid4().hex,
            identities=identities or [phone(number)],
            provider_at=(provider_at or self.now()).isoformat(),
            tipo_conteudo=tipo,
            conteudo=text,
            origin="webhook",
            **p,
        )

    async def make_due(self, conversa_id: str) -> None:
        """End the wait for quiet at once."""
        await self.sql(
            "update conversations set quiet_at = api.agora(), due_at = api.agora() where id = $1",
            conversa_id,
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
            **{
                k: turn[k]
                for k in ("conversa_id", "token", "turno_id", "control_epoch", "inbox_seq")
            },
            parts=list(parts or ("Oi! Vou ver com a equipe.",)),
            **p,
        )

    async def answer(self, conversa_id: str, *parts: str) -> Any:
        await self.make_due(conversa_id)
        return await self.commit(await self.begin(conversa_id), *parts)

    async def claim(self, conversa_id: str, claim_id: str | None = None, **p: Any) -> Any:
        return await self.call("claim_next", **self.claiming(conversa_id, claim_id, **p))

    def claiming(self, conversa_id: str, claim_id: str | None = None, **p: Any) -> dict[str, Any]:
        """The arguments of a claim."""
        claim_id = claim_id or str(uuid.uuid4())
        mine = {"conversa_id": conversa_id, "claim_id": claim_id, "owner": self.owner}
        return mine | CEILINGS | p

    async def record(self, claim: Any, result: str = "enviada", **p: Any) -> Any:
        if result == "enviada":
            p.setdefault("provider_message_id", uuid.uuid4().hex)
        p.setdefault("start_delay_ms", 5)
        return await self.call("record_send", claim_id=claim["claim_id"], result=result, **p)

    async def echo(self, text: str, number: str = PHONE, **p: Any) -> Any:
        """Our number sent `text`: through us, or typed by a person."""
        p.setdefault("key_id", uuid.uuid4().hex)
        p.setdefault("source", "send.message")
        p.setdefault("provider_at", self.now().isoformat())
        p.setdefault("identities", [phone(number)])
        p.setdefault("instance", INSTANCE)
        return await self.call(
            "record_sent_event",
            text_hash=text_hash(text),
            text=text,
            tipo_conteudo="texto",
            **p,
        )

    async def talk(self, *parts: str, number: str = PHONE) -> str:
        """A doctor wrote and was answered; return the conversation, whose parts wait."""
        conversa = (await self.receive(number))["conversa_id"]
        await self.answer(conversa, *parts)
        return conversa

    async def uncertain(self, conversa_id: str) -> Any:
        """Claim the next part and lose track of it; return the claim once it may be settled."""
        claim = await self.claim(conversa_id)
        assert claim["status"] == "enviar"
        await self.record(claim, "incerta")
        return claim

    async def settle(self, claim: Any, evidence: str, **p: Any) -> Any:
        return await self.call("settle_send", claim_id=claim["claim_id"], evidence=evidence, **p)

    async def take_over_by_sql(self, conversa_id: str) -> None:
        """The runbook's statement, to the letter."""
        await self.sql(
            "UPDATE conversations SET controlled_by = 'human', "
            "escalation_reason = 'Handoff manual' WHERE id = $1",
            conversa_id,
        )

    async def give_back(self, conversa_id: str) -> None:
        await self.sql("update conversations set controlled_by = 'ai' where id = $1", conversa_id)

    async def conversation(self, conversa_id: str) -> Any:
        rows = await self.sql("select * from conversations where id = $1", conversa_id)
        return rows[0]

    async def parts(self, conversa_id: str) -> list[asyncpg.Record]:
        """What is or was to be sent in the conversation, in order."""
        return await self.sql(
            "select * from fila_mensagens where conversa_id = $1 order by turn_seq, part",
            conversa_id,
        )

    async def states(self, conversa_id: str) -> list[str]:
        return [part["status"] for part in await self.parts(conversa_id)]

    async def situations(self, conversa_id: str) -> list[str]:
        """What became of each message of the doctor, in order of provider time."""
        rows = await self.sql(
            "select situacao from interacoes where conversa_id = $1 and tipo = 'entrada' "
            "order by provider_at, id",
            conversa_id,
        )
        return [row["situacao"] for row in rows]

    async def write_as_person(self, conversa_id: str, text: str) -> None:
        """Put a manager's message into the outbox, as the bridge to Chatwoot will."""
        await self.sql(
            """
            with c as (
              update conversations set turn_seq = turn_seq + 1 where id = $1 returning *
            )
            insert into fila_mensagens
              (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo,
               control_epoch, next_ring_at)
            select medico_id, id, instance, turn_seq, 1, 'human_agent', 'human_agent', $2,
                   control_epoch, api.agora() from c
            """,
            conversa_id,
            text,
        )

    async def opt_out_by_sql(self, number: str = PHONE) -> None:
        await self.sql("UPDATE medicos SET opted_out = true WHERE telefone = $1", f"+{number}")

    async def pause(self) -> None:
        """The runbook's statement, to the letter."""
        await self.sql(
            "INSERT INTO julia_status (status, motivo, alterado_via) "
            "VALUES ('pausado', 'Emergencia - pausado manualmente', 'manual');"
        )

    async def resume(self) -> None:
        """The runbook's statement, to the letter."""
        await self.sql(
            "INSERT INTO julia_status (status, motivo, alterado_via) "
            "VALUES ('ativo', 'Retomando operacao', 'manual');"
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def ago(self, **delta: float) -> datetime:
        """The time as a provider tells it: in whole seconds."""
        return (self.now() - timedelta(**delta)).replace(microsecond=0)

    async def later(self, **delta: float) -> None:
        """Move the database's clock forward (test databases only)."""
        self.ahead += timedelta(**delta)
        await self.sql(_CLOCK.format(self.ahead.total_seconds()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder run in the loop to which the shared connections belong."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def sql_dsn(postgres_server: dict[str, str]) -> Iterator[str]:
    """A migrated database for all tests of this folder: copying one for each is slow."""
    name = f"sql_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    asyncio.run(_execute(admin, f'create database "{name}" template "{TEMPLATE}"'))
    asyncio.run(_execute(postgres_server["dsn"] + name, _AT_ONCE))
    yield postgres_server["dsn"] + name
    asyncio.run(_execute(admin, f'drop database "{name}" with (force)'))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sql_pool(sql_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections for all tests of this folder: a new one has every function to compile anew."""
    async with asyncpg.create_pool(sql_dsn, min_size=2, max_size=24) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="session")
async def julia(sql_pool: asyncpg.Pool, sql_dsn: str) -> AsyncIterator[Julia]:
    yield Julia(sql_pool, sql_dsn)
    async with sql_pool.acquire() as connection:
        await connection.execute(_WIPE)
        # Made anew, it would have every statement planned anew that asks for the time.
        if await connection.fetchval(_TIME_WAS_MOVED):
            await connection.execute(_REAL_TIME)


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
