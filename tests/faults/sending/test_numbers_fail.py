"""Fault 40: one number is cut off and one banned; what they owe waits, and another number flows."""

import asyncio

import pytest

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]

SOUND, CUT_OFF, BANNED = "julia-local", "julia-cortada", "julia-banida"


async def connection(world: World, instance: str, **action: object) -> None:
    path = f"/_sim/instances/{instance}/connection"
    (await world.whatsapp.post(path, json=action)).raise_for_status()


async def waits_for(world: World, number: str) -> list[tuple[str, str | None]]:
    """The state of what is not sent to the doctor yet, and why it waits."""
    rows = await world.pool.fetch(
        "select status, espera from fila_mensagens where conversa_id = $1 and status <> 'enviada'",
        await world.conversation(number),
    )
    return [(row["status"], row["espera"]) for row in rows]


@pytest.mark.fault(40)
async def test_fault_40_a_number_cut_off_or_banned_waits_and_holds_up_no_other(world: World):
    numbers = (SOUND, CUT_OFF, BANNED)
    doctors = {instance: await world.doctor() for instance in numbers}
    for instance, doctor in doctors.items():
        await world.write(doctor, instance=instance)
    for doctor in doctors.values():
        await world.everything_arrives_once(doctor, turns=1)

    with world.frozen("dispatcher"):
        for instance, doctor in doctors.items():
            await world.write(doctor, "E no domingo?", instance=instance)
        for doctor in doctors.values():
            await eventually(lambda who=doctor: world.outbox(who), lambda seen: "pendente" in seen)
        await connection(world, CUT_OFF, action="drop")
        await connection(world, BANNED, action="log_out", reason=403)
        await eventually(
            lambda: world.pool.fetch(
                "select state, saude from whatsapp_instances where instance = any ($1) "
                "order by instance desc",
                [CUT_OFF, BANNED],
            ),
            lambda seen: (
                [tuple(row) for row in seen] == [("connecting", "boa"), ("close", "banida")]
            ),
        )

    await world.everything_arrives_once(doctors[SOUND], turns=2)
    for instance, reason in ((CUT_OFF, "numero_conectando"), (BANNED, "numero_banido")):
        doctor = doctors[instance]
        await eventually(
            lambda who=doctor: waits_for(world, who),
            lambda seen, why=reason: set(seen) == {("pendente", why)},
        )
        # Nothing was tried: to WhatsApp a banned number that goes on is a reason to stay banned.
        assert set(await world.attempts(doctor)) == {"enviado"}

    await connection(world, CUT_OFF, action="reconnect")
    await connection(world, BANNED, action="reconnect")
    await asyncio.gather(
        *(world.everything_arrives_once(doctors[name], turns=2) for name in (CUT_OFF, BANNED))
    )
    told = await world.pool.fetch(
        "select tipo from notificacoes_gestor where dados ->> 'instance' = $1 "
        "and tipo like 'numero_%' order by created_at",
        BANNED,
    )
    assert [row["tipo"] for row in told if row["tipo"] != "numero_novo"] == [
        "numero_doente",
        "numero_recuperado",
    ]
