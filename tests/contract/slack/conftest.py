"""Slack under test: the simulator, or a real webhook named by SLACK_CONTRACT_WEBHOOK_URL."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from julia_simulators.slack.app import build_app
from julia_simulators.slack.state import WEBHOOK_PATH, World

REAL_URL = os.environ.get("SLACK_CONTRACT_WEBHOOK_URL")
SIMULATED_URL = f"http://hooks.slack.test{WEBHOOK_PATH}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests."""
    for item in items:
        if "contract/slack" in item.path.as_posix():
            item.add_marker(pytest.mark.contract)


@dataclass
class Clock:
    """Time that passes when somebody sleeps."""

    at: float = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock=clock)


@pytest.fixture
async def simulator(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://hooks.slack.test") as http:
        yield http


@pytest.fixture
async def webhook(simulator: httpx.AsyncClient) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A client and the address of the webhook: the real one, where there is one."""
    if REAL_URL is None:
        yield simulator, SIMULATED_URL
        return
    async with httpx.AsyncClient(timeout=30) as http:
        yield http, REAL_URL
