"""Julia's own client against the server: what it concludes from the answers."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.evolution import (
    EvolutionClient,
    File,
    NotSent,
    Sent,
    Uncertain,
    open_evolution,
)
from julia_simulators import files

from .conftest import API_KEY, DOCTOR, INSTANCE, Simulator


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[EvolutionClient]:
    url = str(sim.http.base_url)
    async with open_evolution(url, SecretStr(API_KEY), timeout_seconds=2) as opened:
        yield opened


def a_file(kind: Literal["image", "document"] = "document", data: bytes = b"") -> File:
    encoded = base64.b64encode(data or files.pdf()).decode()
    return File(kind=kind, mimetype="application/pdf", name="ficha.pdf", base64=encoded)


def around_now() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(minutes=5), now + timedelta(minutes=5)


async def test_a_text_that_is_sent_is_delivered_with_the_id_that_the_client_returns(
    sim: Simulator, client: EvolutionClient
) -> None:
    outcome = await client.send_text(INSTANCE, DOCTOR, "Olá")

    assert isinstance(outcome, Sent)
    assert [record["key_id"] for record in sim.records("delivery")] == [outcome.key_id]


async def test_a_file_is_delivered_with_its_caption_and_known_again_by_its_hash(
    sim: Simulator, client: EvolutionClient
) -> None:
    captioned = await client.send_media(INSTANCE, DOCTOR, a_file(), "A ficha")
    bare = await client.send_media(INSTANCE, DOCTOR, a_file("image", files.png()), "")

    assert isinstance(captioned, Sent)
    assert isinstance(bare, Sent)
    first, second = sim.records("delivery")
    assert (first["text"], first["file"]["file_name"]) == ("A ficha", "ficha.pdf")
    assert (first["route"], second["text"]) == ("sendMedia", "")
    found = {
        message.key_id: (message.text, message.file_sha256)
        for message in await client.find_messages(INSTANCE, *around_now(), from_me=True)
    }
    assert found == {
        captioned.key_id: ("A ficha", hashlib.sha256(files.pdf()).hexdigest()),
        bare.key_id: ("", hashlib.sha256(files.png()).hexdigest()),
    }


async def test_a_file_that_evolution_cannot_read_is_permanently_not_sent(
    sim: Simulator, client: EvolutionClient
) -> None:
    broken = File(kind="document", mimetype="application/pdf", name="ficha.pdf", base64="#")

    outcome = await client.send_media(INSTANCE, DOCTOR, broken, "A ficha")

    assert isinstance(outcome, NotSent)
    assert outcome.permanent
    assert sim.records("delivery") == []


async def test_a_number_without_whatsapp_is_permanently_not_sent(client: EvolutionClient) -> None:
    outcome = await client.send_text(INSTANCE, "5511911112222", "Olá")

    assert isinstance(outcome, NotSent)
    assert outcome.permanent


async def test_an_unknown_instance_is_not_sent(client: EvolutionClient) -> None:
    outcome = await client.send_text("nobody", DOCTOR, "Olá")

    assert isinstance(outcome, NotSent)
    assert (outcome.permanent, outcome.status) == (False, 404)
    with pytest.raises(Permanent):
        await client.connection_state("nobody")


async def test_a_wrong_key_is_not_sent(sim: Simulator) -> None:
    async with open_evolution(str(sim.http.base_url), SecretStr("wrong-key")) as client:
        outcome = await client.send_text(INSTANCE, DOCTOR, "Olá")

    assert isinstance(outcome, NotSent)
    assert outcome.status == 401
    assert sim.records("delivery") == []


async def test_a_closed_socket_is_uncertain_for_it_looks_like_a_failure_after_the_send(
    sim: Simulator, client: EvolutionClient
) -> None:
    sim.control("POST", f"instances/{INSTANCE}/connection", {"action": "drop"})

    outcome = await client.send_text(INSTANCE, DOCTOR, "Olá")

    assert isinstance(outcome, Uncertain)
    assert outcome.status == 500


async def test_a_delivered_message_whose_answer_is_lost_is_found_among_the_stored_ones(
    sim: Simulator, client: EvolutionClient
) -> None:
    sim.fault("timeout_after_delivery")

    outcome = await client.send_text(INSTANCE, DOCTOR, "Olá")

    assert isinstance(outcome, Uncertain)
    assert outcome.status is None
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


MEDIA_ROUTE = "getBase64FromMediaMessage"


def sends(sim: Simulator, kind: str, data: bytes, **more: object) -> str:
    """Let the doctor send a file; its message's id."""
    encoded = base64.b64encode(data).decode()
    return str(sim.writes("", kind=kind, base64=encoded, **more)["key_id"])


@pytest.mark.parametrize(
    ("kind", "data", "mimetype"),
    [
        ("image", files.png("CRM 123"), "image/png"),
        ("audio", files.ogg("tem vaga?"), "audio/ogg; codecs=opus"),
        ("document", files.pdf("CRM 123"), "application/pdf"),
    ],
)
async def test_a_file_comes_as_the_doctor_sent_it(
    sim: Simulator, client: EvolutionClient, kind: str, data: bytes, mimetype: str
) -> None:
    key_id = sends(sim, kind, data)

    found = await client.media(INSTANCE, key_id, max_bytes=len(data), within_s=5)

    assert (found.data, found.mimetype) == (data, mimetype)


async def test_a_message_without_a_file_has_none_for_ever(
    sim: Simulator, client: EvolutionClient
) -> None:
    text = str(sim.writes("Oi")["key_id"])

    for key_id in (text, "never-sent"):
        with pytest.raises(Permanent, match="no file"):
            await client.media(INSTANCE, key_id, max_bytes=1000, within_s=5)
    with pytest.raises(Permanent):
        await client.media("nobody", text, max_bytes=1000, within_s=5)


async def test_a_file_is_not_read_beyond_its_limit_whatever_was_announced(
    sim: Simulator, client: EvolutionClient
) -> None:
    key_id = sends(sim, "image", files.png(), announced_bytes=10)
    slightly = len(files.png()) - 1
    with pytest.raises(Permanent, match="larger"):
        await client.media(INSTANCE, key_id, max_bytes=slightly, within_s=5)

    sim.fault("media_too_large")
    with pytest.raises(Permanent, match="larger"):
        await client.media(INSTANCE, key_id, max_bytes=1_000_000, within_s=5)


async def test_a_file_that_whatsapp_has_no_more_is_gone_for_ever(
    sim: Simulator, client: EvolutionClient
) -> None:
    key_id = sends(sim, "image", files.png())
    sim.fault("media_gone")

    with pytest.raises(Permanent):
        await client.media(INSTANCE, key_id, max_bytes=100_000, within_s=5)


async def test_a_type_is_told_as_evolution_names_it(
    sim: Simulator, client: EvolutionClient
) -> None:
    key_id = sends(sim, "document", files.pdf())
    sim.fault("media_of_another_type")

    found = await client.media(INSTANCE, key_id, max_bytes=100_000, within_s=5)

    assert found.mimetype == "application/zip"


@pytest.mark.parametrize("preset", ["slow", "error_without_delivery"])
async def test_a_file_that_does_not_come_now_may_come_later(
    sim: Simulator, client: EvolutionClient, preset: str
) -> None:
    key_id = sends(sim, "image", files.png())
    sim.fault(preset, route=MEDIA_ROUTE)

    with pytest.raises(Retryable):
        await client.media(INSTANCE, key_id, max_bytes=100_000, within_s=0.3)
    assert await client.media(INSTANCE, key_id, max_bytes=100_000, within_s=5)
