"""Faults 6, 7, 8, 36, 37, 38 and 44: nobody knows whether the message went out."""

import asyncio
import signal

import pytest

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(180),
]


@pytest.mark.fault(36)
async def test_fault_36_what_was_delivered_before_the_timeout_is_not_sent_again(
    world: World, answered: str
):
    await world.fault("timeout_after_delivery", match={"doctor": answered})

    await world.write(answered, "E no domingo?")

    await world.everything_arrives_once(answered, turns=2)


@pytest.mark.fault(37)
async def test_fault_37_what_was_not_delivered_before_the_timeout_is_sent_once_more(
    world: World, answered: str
):
    await world.fault("timeout_before_delivery", match={"doctor": answered})

    await world.write(answered, "E no domingo?")

    await world.everything_arrives_once(answered, turns=2)
    assert (await world.attempts(answered)).count("nao_confirmado") == 1


@pytest.mark.fault(38)
async def test_fault_38_a_400_after_the_delivery_is_not_believed(world: World, answered: str):
    fault = {"echo": "never", "acks": "never"}
    await world.fault("error_after_delivery", match={"doctor": answered}, change=fault)

    await world.write(answered, "E no domingo?")

    await world.everything_arrives_once(answered, turns=2)


@pytest.mark.fault(44)
async def test_fault_44_without_an_echo_what_evolution_stored_settles_the_send(
    world: World, answered: str
):
    fault = {"echo": "never", "acks": "never"}
    await world.fault("timeout_after_delivery", match={"doctor": answered}, change=fault)

    await world.write(answered, "E no domingo?")

    await world.everything_arrives_once(answered, turns=2)
    evidence = await world.pool.fetch(
        "select evidence from envios where conversa_id = $1", await world.conversation(answered)
    )
    # Both ask Evolution for what it stored; the catch-up may come before the settling.
    assert {"findMessages", "catchup"} & {row["evidence"] for row in evidence}


@pytest.mark.fault(6)
async def test_fault_6_a_claim_whose_dispatcher_died_before_the_post_is_sent_later(
    world: World, answered: str
):
    await world.database_fault(lost_responses={"claim_next": 50})
    await world.write(answered, "E no domingo?")
    await eventually(lambda: world.attempts(answered), lambda found: found[-1] == "aberto")

    world.signal("dispatcher", signal.SIGKILL)
    await world.database_fault()

    await world.everything_arrives_once(answered, turns=2)


@pytest.mark.fault(7)
async def test_fault_7_a_post_whose_dispatcher_died_waiting_for_the_answer_is_not_repeated(
    world: World, answered: str
):
    before = len(await world.arrived(answered))
    await world.fault("timeout_after_delivery", match={"doctor": answered})
    await world.write(answered, "E no domingo?")
    await eventually(lambda: world.arrived(answered), lambda found: len(found) > before)

    world.signal("dispatcher", signal.SIGKILL)

    await world.everything_arrives_once(answered, turns=2)


@pytest.mark.fault(8)
async def test_fault_8_a_dispatcher_that_was_frozen_past_its_claim_does_not_post_any_more(
    world: World, answered: str
):
    await world.database_fault(latency_s=1.5)
    await world.write(answered, "E no domingo?")
    await eventually(lambda: world.outbox(answered), lambda found: found[-1] == "pendente")
    await asyncio.sleep(0.5)  # the doorbell has arrived, its claim is on the way

    with world.frozen("dispatcher"):
        await world.database_fault()
        await eventually(lambda: world.attempts(answered), lambda found: found[-1] == "incerto")

    await world.everything_arrives_once(answered, turns=2)


async def test_a_stop_in_the_middle_of_a_post_ends_with_its_record(world: World, answered: str):
    before = len(await world.attempts(answered))
    await world.fault("slow", match={"doctor": answered}, change={"wait_s": 1.5})
    await world.write(answered, "E no domingo?")
    await eventually(lambda: world.attempts(answered), lambda found: len(found) > before)

    world.signal("dispatcher", signal.SIGTERM)

    await world.everything_arrives_once(answered, turns=2)
    assert set(await world.attempts(answered)) == {"enviado"}
