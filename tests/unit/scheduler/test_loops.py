"""A loop outlives its errors and goes more slowly while they last."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from julia_scheduler import metrics
from julia_scheduler.loops import IDLE, Round, SurvivingLoop, pause_after

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


# --- what says that it goes on ------------------------------------------------------------------

LONG_AGO = 1_000_000.0


def last_success(name: str) -> float:
    found = REGISTRY.get_sample_value(
        "julia_scheduler_loop_ultimo_sucesso_timestamp_segundos", {"laco": name}
    )
    assert found is not None
    return found


async def played(name: str, *rounds: Round | Exception) -> float:
    """Run a loop for so many rounds; returns the last success that is shown after them."""
    stop = asyncio.Event()
    left = list(rounds)

    async def step() -> Round:
        # What the start of the loop has set is not what is asked about.
        if len(left) == len(rounds):
            metrics.LOOP_LAST_SUCCESS.labels(name).set(LONG_AGO)
        ended = left.pop(0)
        if not left:
            stop.set()
        if isinstance(ended, Exception):
            raise ended
        return ended

    async with asyncio.timeout(10):
        await SurvivingLoop(name, 0.001, step).run(stop)
    return last_success(name)


async def test_a_round_that_did_its_work_is_a_success():
    assert await played("teste-feito", None) > LONG_AGO


async def test_a_round_in_which_nothing_was_its_own_is_neither_success_nor_failure():
    assert await played("teste-ocioso", IDLE, IDLE) == LONG_AGO
    errors = REGISTRY.get_sample_value("julia_scheduler_loop_erros_total", {"laco": "teste-ocioso"})
    assert not errors


async def test_idle_rounds_after_a_failure_do_not_hide_it():
    assert await played("teste-falha", RuntimeError("away"), IDLE, IDLE) == LONG_AGO


async def test_a_loop_that_never_ended_well_is_as_old_as_its_process():
    """Of a series that is not there `time() - ...` would never be too long."""
    stop = asyncio.Event()

    async def step() -> None:
        stop.set()
        raise RuntimeError("from the start on")

    async with asyncio.timeout(10):
        await SurvivingLoop("teste-nunca", 0.001, step).run(stop)

    assert last_success("teste-nunca") > LONG_AGO
