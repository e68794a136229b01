"""Fault 43: webhooks are lost; the catch-up finds what Evolution remembers."""

import pytest

from .conftest import World

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]


@pytest.mark.fault(43)
async def test_fault_43_messages_whose_webhooks_were_lost_are_answered_once(world: World):
    number = await world.doctor()
    lost = {"event": "messages.upsert", "doctor": number}
    await world.fault("webhook_dropped", match=lost, times=2)

    await world.write(number, "Oi, tudo bem?")
    await world.write(number, "Tem plantão no sábado?")

    await world.everything_arrives_once(number, turns=1)
    received = await world.pool.fetchval(
        "select count(*) from interacoes where conversa_id = $1 and tipo = 'entrada'",
        await world.conversation(number),
    )
    assert received == 2
