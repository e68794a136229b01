"""A loop outlives its errors and goes more slowly while they last."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from julia_scheduler.loops import SurvivingLoop, pause_after

pytestmark = pytest.mark.unit


async def test_a_loop_that_fails_goes_on_and_is_counted():
    calls: list[int] = []
    stop = asyncio.Event()

    async def step() -> None:
        calls.append(1)
        if len(calls) == 1:
            message = "anything at all"
            raise RuntimeError(message)
        stop.set()

    async with asyncio.timeout(10):
        await SurvivingLoop("teste", 0.001, step).run(stop)

    assert len(calls) == 2
    errors = REGISTRY.get_sample_value("julia_scheduler_loop_erros_total", {"laco": "teste"})
    assert errors == 1


async def test_a_stop_ends_the_pause_at_once():
    stop = asyncio.Event()

    async def step() -> None:
        asyncio.get_running_loop().call_soon(stop.set)

    async with asyncio.timeout(30):
        await SurvivingLoop("teste", 3600, step).run(stop)


def test_the_pause_grows_with_failures_up_to_a_bound():
    assert pause_after(0, 1) == 1
    assert 0.8 <= pause_after(1, 1) <= 1.2
    assert 3.2 <= pause_after(4, 1) <= 4.8
    assert 12 <= pause_after(500, 1) <= 18
    assert pause_after(500, 60) >= 48
