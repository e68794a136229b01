"""Fault 35: the clock of one pod is ten minutes off; the database's clock decides."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]

SKEWED = ("dispatcher-1", "scheduler-1")


def wrong_by(seconds: int) -> dict[str, str]:
    return {
        "PYTHONPATH": str(Path(__file__).with_name("skew")),
        "CLOCK_SKEW_SECONDS": str(seconds),
    }


@pytest_asyncio.fixture(loop_scope="package", params=[600, -600])
async def skewed(request: pytest.FixtureRequest, world: World) -> AsyncIterator[World]:
    """One dispatcher and one scheduler of the two believe in another time of day."""
    for name in SKEWED:
        await world.stack.restart(name, wrong_by(request.param))
    yield world
    for name in SKEWED:
        await world.stack.restart(name, wrong_by(0))


@pytest.mark.fault(35)
async def test_fault_35_a_pod_whose_clock_is_wrong_sends_and_settles_as_the_others(skewed: World):
    number = await skewed.doctor()
    counts = "select api.rate_usage('{\"post_timeout_s\": 2}') ->> 'hora'"
    before = int(await skewed.pool.fetchval(counts))
    await skewed.write(number)
    await skewed.everything_arrives_once(number, turns=1)

    fault = {"echo": "never", "acks": "never"}
    await skewed.fault("timeout_after_delivery", match={"doctor": number}, change=fault)
    await skewed.write(number, "E no domingo?")
    await skewed.everything_arrives_once(number, turns=2)

    await eventually(lambda: skewed.pool.fetchval(counts), lambda seen: int(seen) == before + 2)
