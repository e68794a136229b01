"""Fault 39: Evolution, or what stands before it, answers a burst of sends with errors."""

import asyncio

import pytest

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(180),
]


@pytest.mark.fault(39)
async def test_fault_39_errors_in_a_burst_are_settled_one_by_one_and_each_answer_comes_once(
    world: World, answered: str
):
    """None of these statuses proves anything: of each two, one was delivered all the same."""
    numbers = [await world.doctor() for _ in range(6)]
    presets = ("error_without_delivery", "error_after_delivery")
    for n, number in enumerate(numbers):
        change = {"status": (500, 502, 429)[n % 3], "echo": "never", "acks": "never"}
        await world.fault(presets[n // 3], match={"doctor": number}, change=change)

    await asyncio.gather(*(world.write(number) for number in numbers))

    for number in numbers:
        await world.everything_arrives_once(number, turns=1)
    attempts = [await world.attempts(number) for number in numbers]
    assert attempts == [["nao_confirmado", "enviado"]] * 3 + [["enviado"]] * 3
    assert await world.outbox(answered) == ["enviada"]


@pytest.mark.fault(39)
async def test_fault_39_what_fails_again_and_again_is_parked_with_a_person(
    world: World, answered: str
):
    await world.fault("error_without_delivery", match={"doctor": answered}, times=5)

    await world.write(answered, "E no domingo?")

    await eventually(lambda: world.outbox(answered), lambda seen: seen[1:] == ["estacionada"])
    assert await world.attempts(answered) == ["enviado", "nao_confirmado", "nao_confirmado"]
    notices = await world.pool.fetch(
        "select tipo from notificacoes_gestor where conversa_id = $1",
        await world.conversation(answered),
    )
    assert "envio_estacionado" in {row["tipo"] for row in notices}
