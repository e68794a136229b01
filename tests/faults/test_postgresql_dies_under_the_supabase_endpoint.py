"""PostgreSQL is killed in the middle of calls; the endpoint says so and recovers by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from julia_dev import paths
from julia_dev.stack import endpoint, migrations, ports
from julia_dev.stack.postgres import Postgres
from julia_dev.stack.program import Child, Program
from julia_dev.stack.secrets import Secrets

TABLE = """
create schema api;
grant usage on schema api to service_role;
create table public.linhas (id text primary key, chamadas integer not null default 1);
create function api.grava(p jsonb) returns jsonb language sql security definer as $$
  insert into public.linhas (id) values (p ->> 'id')
  on conflict (id) do update set chamadas = public.linhas.chamadas + 1
  returning jsonb_build_object('chamadas', chamadas)
$$;
create function api.grava_e_dorme(p jsonb) returns jsonb language plpgsql security definer as $$
begin
  perform api.grava(p);
  perform pg_sleep(60);
  return p;
end $$;
"""


@dataclass
class Part:
    """A PostgreSQL of this test's own, and the endpoint in front of it."""

    server: Postgres
    postgres: Child
    endpoint: Child
    client: httpx.AsyncClient

    async def kill_postgres(self) -> None:
        """Kill the whole server at once, as a dying machine would."""
        os.killpg(self.postgres.pid, signal.SIGKILL)
        await self.postgres.wait()

    async def call(self, function: str, key: str) -> httpx.Response:
        return await self.client.post(f"/rpc/{function}", json={"p": {"id": key}})


@pytest.fixture
async def children() -> AsyncIterator[AsyncExitStack]:
    """Stops what was started, also when the setup failed half-way."""
    async with AsyncExitStack() as stack:
        yield stack


async def started(program: Program, children: AsyncExitStack, *, ready: bool = True) -> Child:
    child = await Child.start(program, lambda _line: None)
    children.push_async_callback(child.stop, at_once=True)
    if ready:
        await child.wait_ready()
    return child


async def value(dsn: str, query: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval(query)
    finally:
        await connection.close()
    return found


@pytest.fixture
async def part(tmp_path: Path, children: AsyncExitStack) -> AsyncIterator[Part]:
    secrets, (postgres_port, port) = Secrets.generate(), ports.free(2)
    server = Postgres(tmp_path / "postgres", postgres_port, secrets.of_postgres())
    server.prepare()
    postgres = await started(server.program(), children)
    password = f"alter role authenticator password '{server.passwords['authenticator']}';"
    await migrations.run_file(server.dsn("postgres"), paths.ROLES, afterwards=password + TABLE)
    program = endpoint.program(
        dsn=server.dsn("postgres", "authenticator"),
        port=port,
        jwt_secret=secrets.jwt_secret,
        folder=tmp_path,
    )
    process = await started(replace(program, env={**program.env, "DB_POOL": "3"}), children)
    headers = {"Authorization": f"Bearer {secrets.service_key}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False
    ) as client:
        yield Part(server, postgres, process, client)


SLEEPING = "from pg_stat_activity where wait_event = 'PgSleep'"


async def sleeping(part: Part, calls: int) -> None:
    """Wait until so many calls have written and sleep inside their transactions."""
    async with asyncio.timeout(30):
        while await value(part.server.dsn("postgres"), f"select count(*) {SLEEPING}") != calls:
            await asyncio.sleep(0.05)


async def recovered(part: Part, key: str) -> httpx.Response:
    async with asyncio.timeout(60):
        while True:
            response = await part.call("grava", key)
            if response.status_code == 200:
                return response
            assert response.status_code == 503
            assert response.json()["code"] in {"57P03", "PGRST000", "PGRST001", "PGRST002"}
            await asyncio.sleep(0.1)


async def test_a_killed_server_is_a_503_and_the_transaction_is_gone(
    part: Part, children: AsyncExitStack
) -> None:
    under_way = [asyncio.create_task(part.call("grava_e_dorme", f"k{n}")) for n in range(3)]
    await sleeping(part, 3)
    await part.kill_postgres()
    for call in under_way:
        response = await call
        assert response.status_code == 503
        assert response.json()["code"] == "PGRST001"
        assert response.headers["retry-after"] == "1"
    away = await part.call("grava", "k0")
    assert (away.status_code, away.json()["code"]) == (503, "PGRST000")
    assert (await part.client.get("/health")).status_code == 503
    await started(part.server.program(), children)
    assert (await recovered(part, "k0")).json()["chamadas"] == 1
    assert (await part.client.get("/health")).status_code == 200


async def test_a_backend_killed_under_a_call_hurts_only_for_a_moment(part: Part) -> None:
    under_way = asyncio.create_task(part.call("grava_e_dorme", "k"))
    await sleeping(part, 1)
    pid = await value(part.server.dsn("postgres"), f"select max(pid) {SLEEPING}")
    # PostgreSQL answers a killed backend by restarting all others.
    os.kill(pid, signal.SIGKILL)
    assert (await under_way).status_code == 503
    assert (await recovered(part, "k")).json()["chamadas"] == 1


async def test_the_endpoint_starts_before_its_database(
    part: Part, children: AsyncExitStack
) -> None:
    await part.kill_postgres()
    await part.endpoint.stop(at_once=True)
    await started(part.endpoint.program, children, ready=False)
    async with asyncio.timeout(30):
        while True:
            try:
                response = await part.call("grava", "k")
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
            else:
                break
    assert response.status_code == 503
    await started(part.server.program(), children)
    assert (await recovered(part, "k")).json()["chamadas"] == 1
