"""A real API server, a real database, and one operator between them for all tests of a worker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import asyncpg
import pytest

from julia_dev.kube.access import Access
from julia_dev.kube.operator import operator
from julia_dev.kube.scene import Bed, Scene, new_namespace
from julia_dev.pytest_plugin import running
from julia_dev.stack import endpoint, ports
from julia_dev.stack.secrets import Secrets
from julia_dev.testbed import TEMPLATE


@pytest.fixture(scope="session")
def bed(
    kubernetes: Access, postgres_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bed]:
    folder = tmp_path_factory.mktemp("operator")
    name = f"operator_{uuid.uuid4().hex}"
    admin = postgres_server["dsn"] + "postgres"
    asyncio.run(_execute(admin, f'create database "{name}" template "{TEMPLATE}"'))
    secrets, (port, endpoint_port) = Secrets.generate(), ports.free(2)
    database = endpoint.program(
        dsn=postgres_server["authenticator_dsn"] + name,
        port=endpoint_port,
        jwt_secret=secrets.jwt_secret,
        folder=folder,
    )
    database = replace(database, env={**database.env, "SIM_CONTROL": "true"})
    namespace = new_namespace()
    kubeconfig = asyncio.run(kubernetes.home_of_operator(namespace))
    program = operator(
        folder,
        kubeconfig=kubeconfig,
        namespace=namespace,
        port=port,
        supabase_url=f"http://127.0.0.1:{endpoint_port}",
        service_key=secrets.service_key,
    )
    log = folder / "operator.log"
    with running(database, folder / "supabase.log"), running(program, log):
        url = f"http://127.0.0.1:{port}"
        dsn = postgres_server["dsn"] + name
        yield Bed(kubernetes, namespace, dsn, kubeconfig, url, log)
    asyncio.run(_execute(admin, f'drop database "{name}" with (force)'))


@pytest.fixture
async def scene(bed: Bed) -> AsyncIterator[Scene]:
    """What is made in it is taken away after the test, and nothing is paused then."""
    database = await asyncpg.connect(bed.dsn)
    api = bed.access.client()
    scene = Scene(bed.access.kubectl(bed.namespace), api, database)
    try:
        yield scene
        await scene.kubectl("delete", "juliastatus", "--all", "--timeout=60s")
        await scene.kubectl("delete", "events.v1.events.k8s.io", "--all")
        await scene.decide("ativo", "fim do teste")
    finally:
        await api.aclose()
        await database.close()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
