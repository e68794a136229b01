"""Fixtures that give tests real RabbitMQ, Redis, PostgreSQL and Kubernetes' API server.

Each server is started once per test run, by the first test that asks for it, and shared by all
pytest-xdist workers; what one test sees of it is its own: a vhost, an emptied Redis database, a
copy of the migrated database, a namespace. Tests that kill or flush whole servers start an instance
of their own with `julia_dev.stack`.
"""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import redis
from pydantic import SecretStr

from julia_dev import scratch
from julia_dev.kube.access import Access
from julia_dev.stack.privileges import launcher
from julia_dev.stack.probes import NotReady, wait_until
from julia_dev.stack.program import Program
from julia_dev.stack.secrets import Secrets
from julia_dev.testbed import READY, TEMPLATE
from julia_simulators.supabase.settings import Settings
from julia_simulators.supabase.testing import serving

_OWNER = "JULIA_TEST_RUN"
_FOLDER = "JULIA_TEST_FOLDER"
_START_TIMEOUT_S = 180


def pytest_configure() -> None:
    """Remember, for this process and the xdist workers it starts, whose run this is, and where."""
    os.environ.setdefault(_OWNER, str(os.getpid()))
    os.environ.setdefault(_FOLDER, str(scratch.runs()))


@dataclass(frozen=True)
class SupabaseEndpoint:
    """A running rpc endpoint in front of the test's own database."""

    url: str
    service_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)


@pytest.fixture(scope="session")
def rabbitmq_server() -> dict[str, str]:
    """Start (or find) the run's RabbitMQ: `url` without a vhost, `management_url`."""
    return _server("rabbitmq")


@pytest.fixture(scope="session")
def redis_server() -> dict[str, str]:
    """Start (or find) the run's Redis: `url` without a database number."""
    return _server("redis")


@pytest.fixture(scope="session")
def postgres_server() -> dict[str, str]:
    """Start (or find) the run's PostgreSQL: `dsn` and `authenticator_dsn` without a database."""
    return _server("postgres")


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Access:
    """Start (or find) the run's API server, which knows the CRD; make a namespace of your own."""
    facts = _server("kubernetes")
    return Access(tmp_path_factory.mktemp("kubernetes"), Path(facts["pki"]), facts["url"])


@pytest.fixture
def scratch_folder() -> Iterator[Path]:
    """Give a folder for servers whose data the test does not look at: in memory, if there is room.

    It is gone after the test, whatever became of it; logs that explain a failure belong elsewhere.
    """
    folder = _run_folder() / uuid.uuid4().hex
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def rabbitmq_url(rabbitmq_server: dict[str, str]) -> Iterator[str]:
    """AMQP URL of an empty vhost that belongs to this test."""
    vhost = f"test-{uuid.uuid4().hex}"
    with httpx.Client(
        base_url=rabbitmq_server["management_url"], trust_env=False, timeout=30
    ) as management:
        management.put(f"/api/vhosts/{vhost}").raise_for_status()
        yield rabbitmq_server["url"] + vhost
        management.delete(f"/api/vhosts/{vhost}").raise_for_status()


@pytest.fixture
def redis_url(redis_server: dict[str, str]) -> str:
    """URL of a Redis database that is empty and used by this test alone."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    url = redis_server["url"] + worker.removeprefix("gw")
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def pg_database(postgres_server: dict[str, str]) -> Iterator[str]:
    """Name of a fresh, migrated database that belongs to this test."""
    name = f"test_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    _run(_execute(admin, f'create database "{name}" template "{TEMPLATE}"'))
    yield name
    _run(_execute(admin, f'drop database "{name}" with (force)'))


@pytest.fixture
def pg_dsn(postgres_server: dict[str, str], pg_database: str) -> str:
    """Superuser's DSN of a fresh, migrated database that belongs to this test."""
    return postgres_server["dsn"] + pg_database


@pytest.fixture
def supabase_endpoint(
    postgres_server: dict[str, str], pg_database: str
) -> Iterator[SupabaseEndpoint]:
    """Run the local rpc endpoint in front of this test's own database."""
    secrets = Secrets.generate()
    settings = Settings(
        pg_dsn=SecretStr(postgres_server["authenticator_dsn"] + pg_database),
        jwt_secret=SecretStr(secrets.jwt_secret),
        sim_control=True,
    )
    # In a thread: a process of its own takes a second of a core for each test to start.
    with serving(settings) as url:
        yield SupabaseEndpoint(url, secrets.service_key, secrets.jwt_secret)


@contextmanager
def running(program: Program, log: Path) -> Iterator[None]:
    """Run `program` until the block ends; its output goes to `log`."""
    prefix = launcher(user=None, death_signal="KILL", within=program.folder)
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*prefix, *program.argv],
            cwd=program.folder,
            env={"PATH": os.environ["PATH"], **program.env},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _run(wait_until(program.probe, program.ready_timeout_s))
            yield
        except NotReady as error:
            pytest.fail(f"{program.name} did not start: {error}\n{log.read_text()[-2000:]}")
        finally:
            process.terminate()


def _server(part: str) -> dict[str, str]:
    """Return what the testbed says about `part`, starting it when no other worker has."""
    owner = os.environ[_OWNER]
    _sweep()
    folder = _run_folder() / part
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / READY).exists():
            _start(part, folder, owner)
    facts: dict[str, str] = json.loads((folder / READY).read_text())
    if "error" in facts:
        pytest.fail(facts["error"], pytrace=False)
    return facts


def _start(part: str, folder: Path, owner: str) -> None:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "julia_dev.testbed", part, str(folder), owner],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not (folder / READY).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"{part} for the tests did not start:\n{log.read_text()}", pytrace=False)
        time.sleep(0.05)
    # It outlives the worker that started it; nobody waits for it.
    process.returncode = 0


def _run_folder() -> Path:
    return Path(os.environ[_FOLDER], os.environ[_OWNER])


def _sweep() -> None:
    """Remove what a killed run left behind."""
    for folder in Path(os.environ[_FOLDER]).glob("*"):
        if not Path("/proc", folder.name).exists():
            shutil.rmtree(folder, ignore_errors=True)


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, whether or not the test has a running loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
