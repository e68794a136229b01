"""The database answers late, not at all, or its answer is lost."""

import asyncio

import httpx
import pytest

from julia_dev.brain_scene import until

pytestmark = pytest.mark.integration


@pytest.fixture
async def database_fault(supabase_endpoint):
    async def order(**fault: object) -> None:
        async with httpx.AsyncClient(base_url=supabase_endpoint.url, trust_env=False) as http:
            (await http.post("/_sim/faults", json=fault)).raise_for_status()

    return order


async def test_messages_wait_unacknowledged_until_the_database_is_back(
    brain, doctors, database_fault
) -> None:
    await database_fault(unavailable_s=120)
    for n in range(30):
        await doctors.write(f"oi #m{n}", doctor=n % 3)
    await asyncio.sleep(3)
    assert await doctors.stored() == 0
    await database_fault()  # it is back

    async def all_answered() -> bool:
        said = " ".join(await doctors.outbox())
        return all(f"#m{n}" in said for n in range(30))

    await until(all_answered, seconds=60)

    assert await doctors.stored() == 30


@pytest.mark.parametrize("function", ["receive_message", "begin_turn", "commit_turn"])
async def test_a_lost_answer_of_the_database_doubles_nothing(
    brain, doctors, database_fault, function
) -> None:
    await database_fault(lost_responses={function: 1})
    await doctors.write("tem plantão? #m1")

    await until(doctors.outbox, seconds=60)
    await until(doctors.rings)

    assert await doctors.stored() == 1
    assert await doctors.turns() == ["resposta"]
    assert len(await doctors.outbox()) == 1


@pytest.mark.faults
async def test_an_outage_while_claude_thinks_costs_time_but_no_answer(
    brain, doctors, claude, database_fault
) -> None:
    await claude.fault("slow", seconds=1)
    await doctors.write("tem plantão? #m1")
    await until(claude.requests)
    await database_fault(unavailable_s=14)

    outbox = await until(doctors.outbox, seconds=60)

    assert "#m1" in outbox[0]
    assert await doctors.turns() == ["resposta"]
