"""Fault 45: a person of the team takes over on the phone while Júlia thinks."""

import asyncio

import httpx
import pytest

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(180),
]


@pytest.mark.fault(45)
async def test_fault_45_after_a_person_typed_nothing_of_hers_is_sent(world: World, answered: str):
    slow = {"kind": "slow", "seconds": 4, "match": "E no domingo?"}
    async with httpx.AsyncClient(base_url=world.stack.url("anthropic"), trust_env=False) as claude:
        (await claude.post("/_sim/faults", json=slow)).raise_for_status()
    conversa = await world.conversation(answered)
    await world.write(answered, "E no domingo?")

    async def thinking() -> bool:
        return bool(
            await world.pool.fetchval(
                "select lease_token is not null from conversations where id = $1", conversa
            )
        )

    await eventually(thinking, bool)
    path = f"/_sim/doctors/{answered}/phone"
    typed = await world.whatsapp.post(path, json={"text": "Oi, aqui é a Carla"})
    typed.raise_for_status()
    await eventually(
        lambda: world.pool.fetchval(
            "select controlled_by from conversations where id = $1", conversa
        ),
        lambda control: control == "human",
    )
    await world.write(answered, "Oi, Carla!")

    # Longer than Claude takes: an answer would have come.
    await asyncio.sleep(6)
    assert len(await world.arrived(answered)) == 1
    assert await world.outbox(answered) == ["enviada"]
    said = await world.pool.fetch(
        "select autor_tipo, situacao from interacoes where conversa_id = $1 order by id", conversa
    )
    assert [row["situacao"] for row in said if row["autor_tipo"] == "medico"] == [
        "respondida",
        "humano",
        "humano",
    ]
    assert [row["autor_tipo"] for row in said].count("gestor") == 1
