"""Faults 41, 42, 46, 47: webhooks come often, out of order, from two addresses, from long ago."""

import asyncio
import time

import pytest

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(180),
]


async def stored(world: World, number: str) -> list[str]:
    """What became of each message of the doctor, in WhatsApp's order."""
    rows = await world.pool.fetch(
        "select situacao from interacoes where conversa_id = $1 and tipo = 'entrada'"
        " order by provider_at, id",
        await world.conversation(number),
    )
    return [row["situacao"] for row in rows]


@pytest.mark.fault(41)
async def test_fault_41_a_webhook_that_comes_ten_times_at_once_is_one_message(world: World):
    number = await world.doctor()
    await world.fault("webhook_duplicated", match={"event": "messages.upsert", "doctor": number})

    await world.write(number)

    await world.everything_arrives_once(number, turns=1)
    assert await stored(world, number) == ["respondida"]


@pytest.mark.fault(42)
async def test_fault_42_a_message_whose_webhook_was_overtaken_is_answered_in_its_order(
    world: World,
):
    number, now = await world.doctor(), int(time.time())

    # Its first webhook fails; the next attempt comes after that of the second message.
    await world.write(number, "Oi, tudo bem?", timestamp=now - 2, webhook={"delay_s": 0.7})
    await world.write(number, "Tem plantão no sábado?", timestamp=now - 1)

    await world.everything_arrives_once(number, turns=1)
    assert await stored(world, number) == ["respondida", "respondida"]


@pytest.mark.fault(46)
async def test_fault_46_a_doctor_who_writes_by_phone_and_by_lid_stays_one_conversation(
    world: World,
):
    number = await world.doctor()
    for turns, form in enumerate(("none", "alt", "bare", "none"), start=1):
        await world.address_as(number, form)
        await world.write(number, f"E na semana {turns}?")
        await world.everything_arrives_once(number, turns=turns)

    assert await stored(world, number) == ["respondida"] * 4


@pytest.mark.fault(47)
async def test_fault_47_a_flood_of_old_messages_is_kept_and_not_answered(
    world: World, answered: str
):
    flood = {"count": 40, "doctors": [answered]}
    path = "/_sim/instances/julia-local/history"
    (await world.whatsapp.post(path, json=flood)).raise_for_status()

    await eventually(lambda: stored(world, answered), lambda seen: len(seen) == 41)
    await asyncio.sleep(3)  # a turn over them would have begun
    assert len(await world.arrived(answered)) == 1

    await world.write(answered, "E no domingo?")
    await world.everything_arrives_once(answered, turns=2)
