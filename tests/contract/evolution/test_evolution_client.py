"""Julia's own client against the server: what it concludes from the answers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from julia_common.errors import Permanent
from julia_common.evolution import EvolutionClient, NotSent, Sent, Uncertain, open_evolution

from .conftest import API_KEY, DOCTOR, INSTANCE, Simulator


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[EvolutionClient]:
    url = str(sim.http.base_url)
    async with open_evolution(url, SecretStr(API_KEY), timeout_seconds=2) as opened:
        yield opened


def around_now() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(minutes=5), now + timedelta(minutes=5)


async def test_a_text_that_is_sent_is_delivered_with_the_id_that_the_client_returns(
    sim: Simulator, client: EvolutionClient
) -> None:
    outcome = await client.send_text(INSTANCE, DOCTOR, "Olá")

    assert isinstance(outcome, Sent)
    assert [record["key_id"] for record in sim.records("delivery")] == [outcome.key_id]


async def test_a_number_without_whatsapp_is_permanently_not_sent(client: EvolutionClient) -> None:
    outcome = await client.send_text(INSTANCE, "5511911112222", "Olá")

    assert isinstance(outcome, NotSent)
    assert outcome.permanent


async def test_an_unknown_instance_is_not_sent(client: EvolutionClient) -> None:
    outcome = await client.send_text("nobody", DOCTOR, "Olá")

    assert isinstance(outcome, NotSent)
    assert not outcome.permanent
    with pytest.raises(Permanent):
        await client.connection_state("nobody")


async def test_a_wrong_key_is_not_sent(sim: Simulator) -> None:
    async with open_evolution(str(sim.http.base_url), SecretStr("wrong-key")) as client:
        outcome = await client.send_text(INSTANCE, DOCTOR, "Olá")

    assert isinstance(outcome, NotSent)
    assert sim.records("delivery") == []


async def test_a_closed_socket_is_uncertain_for_it_looks_like_a_failure_after_the_send(
    sim: Simulator, client: EvolutionClient
) -> None:
    sim.control("POST", f"instances/{INSTANCE}/connection", {"action": "drop"})

    assert isinstance(await client.send_text(INSTANCE, DOCTOR, "Olá"), Uncertain)


async def test_a_delivered_message_whose_answer_is_lost_is_found_among_the_stored_ones(
    sim: Simulator, client: EvolutionClient
) -> None:
    sim.fault("timeout_after_delivery")

    assert isinstance(await client.send_text(INSTANCE, DOCTOR, "Olá"), Uncertain)

    (found,) = await client.find_messages(INSTANCE, *around_now(), from_me=True)
    assert found.text == "Olá"
    assert found.key_id == sim.records("delivery")[0]["key_id"]


async def test_more_than_one_page_of_both_sides_is_read(
    sim: Simulator, client: EvolutionClient
) -> None:
    for number in range(60):
        sim.writes(f"mensagem {number}")
    await client.send_text(INSTANCE, DOCTOR, "Olá")

    found = await client.find_messages(INSTANCE, *around_now())
    theirs = await client.find_messages(INSTANCE, *around_now(), from_me=False)

    assert len(found) == 61
    assert {message.text for message in theirs} == {f"mensagem {n}" for n in range(60)}


async def test_messages_outside_the_window_are_not_found(
    sim: Simulator, client: EvolutionClient
) -> None:
    sim.writes("Oi")
    gte, lte = around_now()

    assert await client.find_messages(INSTANCE, gte - timedelta(days=1), gte) == []
    assert len(await client.find_messages(INSTANCE, gte, lte)) == 1


async def test_presence_and_read_marks_are_accepted(
    sim: Simulator, client: EvolutionClient
) -> None:
    written = sim.writes("Oi")

    await client.send_presence(INSTANCE, DOCTOR, "composing", hold_seconds=0.1)
    await client.mark_read(INSTANCE, f"{DOCTOR}@s.whatsapp.net", [written["key_id"]])


async def test_the_connection_state_follows_the_number(
    sim: Simulator, client: EvolutionClient
) -> None:
    assert await client.connection_state(INSTANCE) == "open"

    sim.control("POST", f"instances/{INSTANCE}/connection", {"action": "drop"})

    assert await client.connection_state(INSTANCE) in {"connecting", "close"}
