"""The endpoint under test: the simulator, or a real PostgREST.

With POSTGREST_URL (the address below which `/rpc/` lies) and POSTGREST_JWT (a token of
service_role for it) the contract runs against that server; `functions.sql` must have been loaded
into its database. What needs the signing secret or control of the server asks the simulator
always.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import httpx
import jwt
import pytest

from julia_dev.pytest_plugin import SupabaseEndpoint, running
from julia_dev.stack import endpoint as simulator_program
from julia_dev.stack import ports

if TYPE_CHECKING:
    from asyncpg import Connection, Record

FUNCTIONS = Path(__file__).with_name("functions.sql")
SECRET = "contract-suite-secret-of-enough-length"


def _mint(secret: str = SECRET, **claims: object) -> str:
    claims = {"role": "service_role", **claims}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm="HS256")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def mint() -> Callable[..., str]:
    """Sign tokens for the simulator: `mint(role="anon", exp=...)`, `mint("another secret")`."""
    return _mint


@pytest.fixture(scope="session")
def simulator_database(postgres_server: dict[str, str]) -> Iterator[str]:
    """Name of a database that holds nothing but the contract's functions."""
    name = f"contract_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    asyncio.run(_execute(admin, f'create database "{name}"'))
    asyncio.run(_execute(postgres_server["dsn"] + name, FUNCTIONS.read_text()))
    yield name
    asyncio.run(_execute(admin, f'drop database "{name}" with (force)'))


@pytest.fixture(scope="session")
def simulator(
    postgres_server: dict[str, str],
    simulator_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SupabaseEndpoint]:
    """One simulator for all tests; its pool holds four connections and waits a second."""
    folder = tmp_path_factory.mktemp("supabase")
    port = ports.free(1)[0]
    program = simulator_program.program(
        dsn=postgres_server["authenticator_dsn"] + simulator_database,
        port=port,
        jwt_secret=SECRET,
        folder=folder,
    )
    options = {"SIM_CONTROL": "1", "DB_POOL": "4", "DB_POOL_ACQUISITION_TIMEOUT": "1"}
    with running(replace(program, env={**program.env, **options}), folder / "log"):
        yield SupabaseEndpoint(f"http://127.0.0.1:{port}", _mint(), SECRET)


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest) -> SupabaseEndpoint:
    """What the contract is checked on."""
    url, token = os.environ.get("POSTGREST_URL"), os.environ.get("POSTGREST_JWT")
    if url and token:
        return SupabaseEndpoint(url.rstrip("/"), token, jwt_secret="")
    simulator: SupabaseEndpoint = request.getfixturevalue("simulator")
    return simulator


def _client(url: str, token: str | None = None) -> httpx.AsyncClient:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False)


@pytest.fixture
async def anonymous(endpoint: SupabaseEndpoint) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    async with _client(endpoint.url) as client:
        yield client


@pytest.fixture
async def service(endpoint: SupabaseEndpoint) -> AsyncIterator[httpx.AsyncClient]:
    """A client with service_role's token."""
    async with _client(endpoint.url, endpoint.service_key) as client:
        yield client


@pytest.fixture
async def simulated_anonymous(simulator: SupabaseEndpoint) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the simulator, whatever the contract runs against, without a token."""
    async with _client(simulator.url) as client:
        yield client


@pytest.fixture
async def simulated(simulator: SupabaseEndpoint) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the simulator with service_role's token; ordered faults end with the test."""
    async with _client(simulator.url, simulator.service_key) as client:
        yield client
        await client.post("/_sim/faults", json={})


@pytest.fixture
async def owner(
    postgres_server: dict[str, str], simulator_database: str
) -> "AsyncIterator[Connection[Record]]":
    """A connection of the superuser to the simulator's database."""
    connection = await asyncpg.connect(postgres_server["dsn"] + simulator_database)
    yield connection
    await connection.close()
