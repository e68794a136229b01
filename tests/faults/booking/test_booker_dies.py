"""A process is killed in the middle of booking: nothing that it held stays held."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.sql.shifts import Shifts

from julia_dev.brain_scene import until
from julia_dev.paths import ROOT

pytestmark = pytest.mark.faults

DOCTORS, SHIFTS, BOOKED_BEFORE_DEATH = 40, 30, 5


@pytest.fixture
async def julia(pg_dsn: str) -> AsyncIterator[Julia]:
    async with asyncpg.create_pool(pg_dsn, min_size=2, max_size=8) as pool:
        yield Julia(pool, pg_dsn)


async def kill_in_mid_booking(julia: Julia) -> list[str]:
    """Let forty doctors be served by a process that is killed; return their conversations."""
    shifts = Shifts(julia)
    for n in range(SHIFTS):
        await shifts.offer(3 + n % 5, hospital=f"Hospital {n}")
    for n in range(DOCTORS):
        conversa = (await julia.receive(f"55119{n:08d}"))["conversa_id"]
        await julia.make_due(conversa)
    booker = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name("booker.py")), julia.dsn),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    committed = 0
    assert booker.stdout is not None
    while committed < BOOKED_BEFORE_DEATH:
        line = await asyncio.wait_for(booker.stdout.readline(), 30)
        assert line, "the booker ended by itself"
        committed += line.strip() == b'"confirmado"'
    booker.kill()
    await booker.wait()
    await until(lambda: nobody_is_connected(julia))
    return [str(row["id"]) for row in await julia.sql("select id from conversations")]


async def nobody_is_connected(julia: Julia) -> bool:
    return not await julia.value(
        "select count(*) from pg_stat_activity where application_name = 'booker'"
    )


async def held(julia: Julia) -> int:
    return await julia.value("select count(*) from reservas where status = 'segurada'")


async def booked(julia: Julia) -> int:
    return await julia.value("select count(*) from vagas where status = 'reservada'")


async def test_what_a_killed_process_held_is_free_when_another_takes_the_turn(
    julia: Julia,
) -> None:
    conversations = await kill_in_mid_booking(julia)
    assert await held(julia) > 0, "it was not in the middle of anything"
    await Shifts(julia).check_the_books()

    await julia.later(seconds=16)
    turns = [await julia.begin(conversa) for conversa in conversations]
    assert await held(julia) == 0
    begun = [turn for turn in turns if turn["status"] == "iniciado"]
    before = await booked(julia)
    for turn in begun:
        await book_any(julia, turn)

    await Shifts(julia).check_the_books()
    assert await held(julia) == 0
    assert await booked(julia) == min(SHIFTS, before + len(begun))


async def test_what_a_killed_process_held_is_free_after_five_minutes_without_anybody(
    julia: Julia,
) -> None:
    await kill_in_mid_booking(julia)
    left = await held(julia)
    assert left > 0, "it was not in the middle of anything"

    await julia.later(minutes=5, seconds=1)

    assert (await julia.call("expire_holds", limit=100))["liberadas"] == left
    await Shifts(julia).check_the_books()
    assert await held(julia) == 0


async def book_any(julia: Julia, turn: dict) -> None:
    """Hold the first shift that is still open, as the doctor would after being told of it."""
    shifts = Shifts(julia)
    found = (await shifts.search(turn))["vagas"]
    holds = []
    if found:
        answer = await shifts.hold(turn, found[0]["id"])
        assert answer["status"] == "segurada"
        holds = [answer["reserva_id"]]
    assert (await julia.commit(turn, "ok", holds=holds))["status"] == "confirmado"
