"""A brain is killed or frozen at each bad moment; the doctor is answered exactly once."""

import asyncio
import signal

import pytest

from julia_dev.brain_scene import until

pytestmark = pytest.mark.faults

RECOVERY_SECONDS = 60

DIES_ON_RINGING = """
import os, signal
from julia_brain.adapters.doorbell import BrokerDoorbell
ring = BrokerDoorbell.ring
async def dying(self, **said):
    {first}
    os.kill(os.getpid(), signal.SIGKILL)
BrokerDoorbell.ring = dying
"""
DIES_AFTER_STORING = """
import os, signal
from julia_common.database import Database
store = Database.receive_message
async def dying(self, message):
    await store(self, message)
    os.kill(os.getpid(), signal.SIGKILL)
Database.receive_message = dying
"""


async def answered_once(doctors, *markers: str) -> None:
    """Wait for the answer, and give a second one the time to appear."""
    outbox = await until(doctors.outbox, seconds=RECOVERY_SECONDS)
    await asyncio.sleep(3)
    assert outbox == await doctors.outbox()
    assert len(outbox) == 1
    assert all(marker in outbox[0] for marker in markers)
    assert await doctors.turns() == ["resposta"]
    unanswered = await doctors.db.fetchval(
        "select count(*) from interacoes where situacao = 'pendente'"
    )
    assert unanswered == 0


async def test_killed_while_claude_thinks_another_replica_answers_once(
    start, doctors, claude
) -> None:
    first = await start()
    await claude.fault("slow", seconds=6)
    await doctors.write("tem plantão? #m1")
    await until(claude.requests)

    first.signal(signal.SIGKILL)
    await start()

    await answered_once(doctors, "#m1")
    assert len(await claude.requests()) == 2


@pytest.mark.parametrize(
    "first",
    ["pass", "await ring(self, **said)"],
    ids=["before the bell was rung", "after the bell was rung"],
)
async def test_killed_after_the_commit_nothing_is_answered_again(start, doctors, first) -> None:
    dying = await start(DIES_ON_RINGING.format(first=first))
    await doctors.write("tem plantão? #m1")
    await dying.process.wait()

    await start()

    await answered_once(doctors, "#m1")
    due = await doctors.db.fetchval("select next_ring_at from fila_mensagens")
    assert due is not None, "the sweeper has to find what was not rung for"


async def test_killed_between_storing_and_acknowledging_the_message_is_one(start, doctors) -> None:
    dying = await start(DIES_AFTER_STORING)
    await doctors.write("tem plantão? #m1")
    await dying.process.wait()

    await start()

    await answered_once(doctors, "#m1")
    assert await doctors.stored() == 1


async def test_frozen_past_its_lease_a_brain_does_not_answer_when_it_wakes(
    start, doctors, claude
) -> None:
    frozen = await start()
    await claude.fault("slow", seconds=2)
    await doctors.write("tem plantão? #m1")
    await until(claude.requests)

    frozen.signal(signal.SIGSTOP)
    await start()
    await until(doctors.outbox, seconds=RECOVERY_SECONDS)
    frozen.signal(signal.SIGCONT)

    await answered_once(doctors, "#m1")


async def test_a_stop_finishes_the_turn_under_way_and_exits_cleanly(start, doctors, claude) -> None:
    brain = await start()
    await claude.fault("slow", seconds=2)
    await doctors.write("tem plantão? #m1")
    await until(claude.requests)

    brain.signal(signal.SIGTERM)

    assert await asyncio.wait_for(brain.process.wait(), RECOVERY_SECONDS) == 0
    await answered_once(doctors, "#m1")


async def test_replicas_killed_one_after_another_lose_and_double_nothing(start, doctors) -> None:
    brains = [await start(), await start()]
    markers = [f"#m{n}" for n in range(40)]
    for n, marker in enumerate(markers):
        await doctors.write(f"tem plantão? {marker}", doctor=n % 10)
        if n % 12 == 11:
            brains.pop(0).signal(signal.SIGKILL)
            brains.append(await start())

    async def nothing_left() -> bool:
        left = await doctors.db.fetchval(
            "select count(*) from interacoes where situacao = 'pendente'"
        )
        return left == 0 and await doctors.stored() == len(markers)

    await until(nothing_left, seconds=2 * RECOVERY_SECONDS)
    said = "\n".join(await doctors.outbox())
    assert {marker: said.count(f"{marker} ") + said.count(f"{marker})") for marker in markers} == (
        dict.fromkeys(markers, 1)
    )
