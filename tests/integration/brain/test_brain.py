"""The brain on real RabbitMQ and PostgreSQL."""

import asyncio

import pytest

from julia_common.contracts.messages import ContentKind
from julia_dev.brain_scene import until

pytestmark = pytest.mark.integration

PAUSE = "insert into julia_status (status, motivo, alterado_via) values ($1, 'teste', 'manual')"


async def test_a_message_is_answered_and_the_dispatcher_is_rung(brain, doctors) -> None:
    await doctors.write("Oi, tem plantão de anestesia em Campinas sábado? #m1")

    outbox = await until(doctors.outbox)

    assert "#m1" in outbox[0]
    conversation = (await doctors.db.fetch("select id, due_at from conversations"))[0]
    await until(doctors.rings)
    assert doctors.rung == [str(conversation["id"])]
    assert conversation["due_at"] is None
    turn = (await doctors.db.fetch("select * from turnos"))[0]
    assert turn["input_tokens"] > 0
    assert turn["custo_usd"] > 0


async def test_a_burst_is_answered_once(brain, doctors) -> None:
    for n in range(6):
        await doctors.write(f"mensagem {n} #m{n}")
        await asyncio.sleep(0.1)

    outbox = await until(doctors.outbox)

    assert len(outbox) == 1
    assert all(f"#m{n}" in outbox[0] for n in range(6))
    assert await doctors.turns() == ["resposta"]


async def test_a_redelivered_message_is_stored_and_answered_once(brain, doctors) -> None:
    for _ in range(4):
        await doctors.write("oi #m1", key_id="SAME")
    await until(doctors.outbox)
    await doctors.write("oi #m1", key_id="SAME")
    await doctors.write("e domingo? #m2")

    async def two_answers() -> list[str] | None:
        outbox = await doctors.outbox()
        return outbox if len(outbox) > 1 else None

    outbox = await until(two_answers)

    assert await doctors.stored() == 2
    assert [("#m1" in text, "#m2" in text) for text in outbox] == [
        (True, False),
        (False, True),
    ]


async def test_two_replicas_answer_each_conversation_once(settings, start, doctors) -> None:
    await start(settings)
    await start(settings)
    for n in range(12):
        await doctors.write(f"oi #m{n}", key_id=f"R{n}")

    outbox = await until(doctors.outbox)
    await asyncio.sleep(2)

    assert await doctors.turns() == ["resposta"]
    assert len(outbox) == 1


async def test_a_message_during_claudes_thinking_is_answered_in_the_same_turn(
    brain, doctors, claude
) -> None:
    await claude.fault("slow", seconds=1.5)
    await doctors.write("bom dia #m1")
    await until(claude.requests)
    await doctors.write("tudo bem? #m2")

    outbox = await until(doctors.outbox)

    assert len(outbox) == 1
    assert "#m1 #m2" in outbox[0]
    assert len(await claude.requests()) == 2


async def test_a_person_who_types_stops_the_draft_under_way(brain, doctors, claude) -> None:
    await claude.fault("slow", seconds=2)
    await doctors.write("tem plantão?")
    await until(claude.requests)
    await doctors.person_types("Oi, aqui é a Bia")

    await until(lambda: doctors.controlled_by("human"))
    await asyncio.sleep(3)

    assert await doctors.turns() == []
    assert "reply" not in await doctors.kinds()


async def test_a_pause_during_the_turn_keeps_the_message_due_until_the_resume(
    brain, doctors, claude
) -> None:
    await claude.fault("slow", seconds=1.5)
    await doctors.write("tem plantão? #m1")
    await until(claude.requests)
    await doctors.db.execute(PAUSE, "pausado")
    await asyncio.sleep(2.5)
    assert await doctors.outbox() == []

    await doctors.db.execute(PAUSE, "ativo")

    assert "#m1" in (await until(doctors.outbox))[0]


async def test_without_claude_a_person_gets_the_conversation_and_the_doctor_is_told_once(
    settings, start, doctors, claude
) -> None:
    await start(settings.model_copy(update={"away_after_seconds": 6}))
    await claude.fault("server_error", times=None)
    await doctors.write("tem plantão?")
    await asyncio.sleep(2)
    assert await doctors.controlled_by("ai")

    await until(lambda: doctors.controlled_by("human"))
    await doctors.write("alô?")
    await asyncio.sleep(2)

    assert await doctors.kinds() == ["handoff_notice"]
    handoffs = await doctors.db.fetch("select trigger_type from handoffs")
    assert [row["trigger_type"] for row in handoffs] == ["indisponibilidade"]
    assert doctors.rung != []


async def test_a_short_outage_of_claude_only_delays_the_answer(brain, doctors, claude) -> None:
    await claude.fault("overloaded", times=2, retry_after=0.1)
    await doctors.write("tem plantão? #m1")

    assert "#m1" in (await until(doctors.outbox))[0]
    assert await doctors.controlled_by("ai")


async def test_an_opt_out_is_confirmed_and_not_answered(brain, doctors, claude) -> None:
    await doctors.write("Não quero mais receber mensagens")

    await until(doctors.outbox)
    await asyncio.sleep(2)

    assert await doctors.kinds() == ["optout_confirmation"]
    assert await claude.requests() == []
    assert (await doctors.db.fetch("select opted_out from medicos"))[0]["opted_out"]
    await until(doctors.rings)


@pytest.mark.parametrize("kind", ["empty", "truncated", "refusal", "huge"])
async def test_a_bad_answer_of_claude_never_reaches_the_doctor(
    brain, doctors, claude, kind
) -> None:
    await claude.fault(kind, times=None)
    await doctors.write("tem plantão?")

    await until(lambda: doctors.controlled_by("human"))

    assert await doctors.turns() == ["transferir"]
    assert await doctors.kinds() == ["handoff_notice"]
    assert len(await claude.requests()) == 2


async def test_every_kind_of_content_is_stored_and_only_a_reaction_needs_no_answer(
    brain, doctors
) -> None:
    for kind in ContentKind:
        text = "👍" if kind is ContentKind.REACTION else ""
        await doctors.write(text, kind=kind, key_id=f"K-{kind.value}")

    await until(doctors.outbox)

    async def all_stored() -> bool:
        return await doctors.stored() == len(ContentKind)

    await until(all_stored)
    left = await doctors.db.fetch("select 1 from interacoes where situacao = 'pendente'")
    assert left == []


async def test_a_draft_for_a_conversation_closed_meanwhile_is_dropped(
    brain, doctors, claude
) -> None:
    await claude.fault("slow", seconds=1.5)
    await doctors.write("tem plantão?")
    await until(claude.requests)
    await doctors.db.execute("update conversations set status = 'completed'")
    await asyncio.sleep(3)

    assert await doctors.outbox() == []
