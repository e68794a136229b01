"""The Messages API under test: the simulator, or the real one.

With ANTHROPIC_CONTRACT_API_KEY set, the tests that hold for both run against the real API (a few
cents; ANTHROPIC_CONTRACT_MODEL chooses the model) and those that need the control API are skipped.
"""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest
from anthropic import AsyncAnthropic

from julia_simulators.anthropic.state import Behaviour, World
from julia_simulators.anthropic.testing import running

REAL_KEY = os.environ.get("ANTHROPIC_CONTRACT_API_KEY")


@dataclass(frozen=True)
class Api:
    """Where the API is, and how to speak with it."""

    base_url: str
    key: str
    model: str
    simulated: bool

    def client(self, **options: object) -> AsyncAnthropic:
        """A client of the SDK without retries, unless the test chooses."""
        chosen: dict[str, object] = {"max_retries": 0, "timeout": 30.0, **options}
        return AsyncAnthropic(api_key=self.key, base_url=self.base_url, **chosen)  # type: ignore[arg-type]  # options are the test's


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """The API of this run; the simulator answers without delay."""
    if REAL_KEY:
        model = os.environ.get("ANTHROPIC_CONTRACT_MODEL", "claude-haiku-5-5")
        yield Api("https://api.anthropic.com", REAL_KEY, model, simulated=False)
        return
    world = World(
        Behaviour(first_token_median_s=0.0, seconds_per_token=0.0), keys=frozenset({"chave-boa"})
    )
    with running(world) as url:
        yield Api(url, "chave-boa", "claude-haiku-5-5", simulated=True)


@pytest.fixture
async def client(api: Api) -> AsyncIterator[AsyncAnthropic]:
    """The SDK, pointed at the API under test."""
    async with api.client() as client:
        yield client


@pytest.fixture
async def control(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """The simulator's control API, everything forgotten before the test."""
    if not api.simulated:
        pytest.skip("needs the simulator's control API")
    async with httpx.AsyncClient(base_url=f"{api.base_url}/_sim") as control:
        await control.post("/reset")
        yield control
