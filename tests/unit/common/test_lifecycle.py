"""Loops go on over what may pass, and stop when asked."""

import asyncio

import pytest

from julia_common.errors import Permanent, Retryable
from julia_common.lifecycle import Loop, stopped_within


async def test_a_loop_goes_on_after_a_retryable_failure_and_stops_when_asked() -> None:
    stop, calls = asyncio.Event(), 0

    async def body() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            stop.set()
        raise Retryable("away")

    async with asyncio.timeout(10):
        await Loop("test", 0.001, body).run(stop)
    assert calls == 3


async def test_a_loop_with_more_to_do_does_not_wait() -> None:
    stop, calls = asyncio.Event(), 0

    async def body() -> bool:
        nonlocal calls
        calls += 1
        if calls == 100:
            stop.set()
        return True

    async with asyncio.timeout(10):
        await Loop("test", 3600, body).run(stop)
    assert calls == 100


async def test_a_loop_ends_the_process_on_what_does_not_pass() -> None:
    async def body() -> None:
        raise Permanent("wrong")

    with pytest.raises(Permanent):
        await Loop("test", 0.001, body).run(asyncio.Event())


async def test_a_stop_wakes_a_sleeping_loop() -> None:
    stop = asyncio.Event()

    async def body() -> None:
        asyncio.get_running_loop().call_soon(stop.set)

    async with asyncio.timeout(10):
        await Loop("test", 3600, body).run(stop)


async def test_stopped_within_says_whether_the_stop_came() -> None:
    stop = asyncio.Event()
    assert not await stopped_within(stop, 0.001)
    stop.set()
    assert await stopped_within(stop, 3600)
