"""Operators that a test may kill, between a real API server and a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from julia_dev.kube.access import Access
from julia_dev.kube.scene import Scene, new_namespace
from julia_dev.kube.world import World
from julia_dev.pytest_plugin import SupabaseEndpoint


@pytest.fixture
async def opened(
    supabase_endpoint: SupabaseEndpoint, pg_dsn: str, tmp_path: Path
) -> AsyncIterator[Callable[[Access], Awaitable[World]]]:
    """Open worlds in front of the test's own database."""
    async with AsyncExitStack() as stack:

        async def enter(access: Access) -> World:
            namespace = new_namespace()
            kubeconfig = await access.home_of_operator(namespace)
            api = await stack.enter_async_context(access.client())
            database = await asyncpg.connect(pg_dsn)
            stack.push_async_callback(database.close)
            scene = Scene(access.kubectl(namespace), api, database)
            endpoint = supabase_endpoint
            return World(scene, tmp_path, kubeconfig, endpoint.url, endpoint.service_key, stack)

        yield enter


@pytest.fixture
async def world(opened: Callable[[Access], Awaitable[World]], kubernetes: Access) -> World:
    """A world in a namespace of the run's API server."""
    return await opened(kubernetes)
