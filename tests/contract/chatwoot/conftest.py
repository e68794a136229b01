"""Chatwoot under test: the simulator, whose bodies are held against the schemas of the facts."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from julia_common.chatwoot import Chatwoot
from julia_common.secrets import SecretHeader
from julia_simulators.chatwoot.app import build_app
from julia_simulators.chatwoot.state import INBOX, TOKEN, World

URL = "http://chatwoot.test/api/v1/accounts/1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests."""
    for item in items:
        if "contract/chatwoot" in item.path.as_posix():
            item.add_marker(pytest.mark.contract)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Chatwoot as our token sees it."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=build_app(world)),
        base_url=URL,
        auth=SecretHeader(SecretStr(TOKEN), "api_access_token"),
    ) as http:
        yield http


@pytest.fixture
def chatwoot(http: httpx.AsyncClient) -> Chatwoot:
    return Chatwoot(http, inbox_id=INBOX)
