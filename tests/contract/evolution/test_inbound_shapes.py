"""The shapes in which doctors' and people's messages reach the webhook."""

from typing import Any

import pytest

from julia_simulators.evolution.testing import Listener

from .conftest import DOCTOR, Simulator

JID = f"{DOCTOR}@s.whatsapp.net"


def heard_data(listener: Listener, event: str = "messages.upsert") -> dict[str, Any]:
    (heard,) = listener.wait_for(event)
    data: dict[str, Any] = heard.body["data"]
    return data


@pytest.mark.parametrize("kind", ["text", "extended"])
def test_text_is_flattened_to_conversation(sim: Simulator, listener: Listener, kind: str) -> None:
    sim.writes("Oi, tem plantão?", kind=kind, key_id="K1", timestamp=1_795_176_000)
    data = heard_data(listener)
    assert data["key"] == {"remoteJid": JID, "fromMe": False, "id": "K1"}
    assert data["message"] == {"conversation": "Oi, tem plantão?"}
    assert data["messageType"] == "conversation"
    assert data["messageTimestamp"] == 1_795_176_000
    assert data["pushName"] == "Dra. Helena"


def test_a_quote_names_the_message_and_its_text(sim: Simulator, listener: Listener) -> None:
    sim.writes("Esse mesmo", quoted={"key_id": "OURS", "text": "Sábado no Vera Cruz?"})
    context = heard_data(listener)["contextInfo"]
    assert context["stanzaId"] == "OURS"
    assert context["quotedMessage"] == {"conversation": "Sábado no Vera Cruz?"}


def test_disappearing_messages_are_not_unwrapped(sim: Simulator, listener: Listener) -> None:
    sim.writes("some em 7 dias", ephemeral=True)
    data = heard_data(listener)
    inner = data["message"]["ephemeralMessage"]["message"]
    assert inner["extendedTextMessage"]["text"] == "some em 7 dias"
    assert data["messageType"] == "ephemeralMessage"


def test_view_once_media_is_not_unwrapped(sim: Simulator, listener: Listener) -> None:
    sim.writes("", kind="image", view_once=True)
    message = heard_data(listener)["message"]
    assert message["viewOnceMessageV2"]["message"]["imageMessage"]["viewOnce"] is True


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image", "imageMessage"),
        ("video", "videoMessage"),
        ("audio", "audioMessage"),
        ("document", "documentMessage"),
        ("sticker", "stickerMessage"),
        ("contact", "contactMessage"),
        ("location", "locationMessage"),
        ("poll", "pollCreationMessageV3"),
        ("button_reply", "buttonsResponseMessage"),
        ("list_reply", "listResponseMessage"),
    ],
)
def test_every_kind_of_content_keeps_its_name(
    sim: Simulator, listener: Listener, kind: str, name: str
) -> None:
    sim.writes("legenda", kind=kind)
    data = heard_data(listener)
    assert data["messageType"] == name
    assert list(data["message"]) == [name]


def test_bytes_are_numbered_objects_and_longs_are_pairs(sim: Simulator, listener: Listener) -> None:
    sim.writes("", kind="audio", long_timestamp=True, timestamp=1_795_176_000)
    data = heard_data(listener)
    audio = data["message"]["audioMessage"]
    assert set(audio["mediaKey"]) == {str(index) for index in range(32)}
    assert set(audio["fileLength"]) == {"low", "high", "unsigned"}
    assert data["messageTimestamp"] == {"low": 1_795_176_000, "high": 0, "unsigned": True}


def test_a_reaction_is_an_upsert(sim: Simulator, listener: Listener) -> None:
    sim.writes("👍", kind="reaction", reacts_to={"key_id": "OURS"})
    reaction = heard_data(listener)["message"]["reactionMessage"]
    assert reaction["text"] == "👍"
    assert (reaction["key"]["id"], reaction["key"]["fromMe"]) == ("OURS", True)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("none", {"remoteJid": "{jid}"}),
        ("bare", {"remoteJid": "{lid}", "addressingMode": "lid"}),
        (
            "sender_pn",
            {"remoteJid": "{jid}", "senderPn": "{jid}", "previousRemoteJid": "{lid}"},
        ),
        ("alt", {"remoteJid": "{lid}", "remoteJidAlt": "{jid}", "addressingMode": "lid"}),
        ("overwritten", {"remoteJid": "{jid}", "remoteJidAlt": "{jid}", "addressingMode": "lid"}),
        ("alt_is_lid", {"remoteJid": "{lid}", "remoteJidAlt": "{lid}", "addressingMode": "lid"}),
    ],
)
def test_a_hidden_number_is_written_as_the_version_does(
    sim: Simulator, listener: Listener, form: str, expected: dict[str, str]
) -> None:
    doctor = sim.doctor(lid_form=form)
    sim.writes("Oi", key_id="K1")
    key = heard_data(listener)["key"]
    address = {
        name: value.format(jid=doctor["jid"], lid=doctor["lid"]) for name, value in expected.items()
    }
    assert key == {**address, "fromMe": False, "id": "K1"}


@pytest.mark.parametrize(
    ("chat", "suffix"),
    [("group", "@g.us"), ("status", "status@broadcast"), ("newsletter", "@newsletter")],
)
def test_groups_and_broadcasts_are_upserts_too(
    sim: Simulator, listener: Listener, chat: str, suffix: str
) -> None:
    sim.writes("para todos", chat=chat)
    key = heard_data(listener)["key"]
    assert key["remoteJid"].endswith(suffix)
    assert key["participant"] == JID


def test_what_a_person_types_on_the_phone_is_an_upsert_from_me(
    sim: Simulator, listener: Listener
) -> None:
    sim.control("POST", f"doctors/{DOCTOR}/phone", {"text": "Aqui é a Marina"})
    data = heard_data(listener)
    assert data["key"]["fromMe"] is True
    assert data["key"]["remoteJid"] == JID
    assert data["pushName"] == "Você"


def test_an_edit_names_the_message_and_the_new_text(sim: Simulator, listener: Listener) -> None:
    sim.writes("Sábado", key_id="K1")
    sim.control("POST", f"doctors/{DOCTOR}/edits", {"key_id": "K1", "text": "Domingo"})
    data = heard_data(listener, "messages.edited")
    assert (data["type"], data["key"]["id"]) == ("MESSAGE_EDIT", "K1")
    assert data["editedMessage"] == {"conversation": "Domingo"}


def test_a_deletion_is_a_revoke_and_then_a_flat_key(sim: Simulator, listener: Listener) -> None:
    sim.writes("Sábado", key_id="K1")
    sim.control("POST", f"doctors/{DOCTOR}/deletions", {"key_id": "K1"})
    assert heard_data(listener, "messages.edited")["type"] == "REVOKE"
    flat = heard_data(listener, "messages.delete")
    assert flat == {"remoteJid": JID, "id": "K1", "fromMe": False, "status": "DELETED"}


def test_a_history_flood_comes_as_normal_upserts_with_old_timestamps(
    sim: Simulator, listener: Listener
) -> None:
    body = {"count": 20, "newest_age_s": 3 * 86_400}
    newest = sim.control("POST", f"instances/{sim.instance}/history", body)
    assert newest == {"sent": 20}
    heard = listener.wait_for("messages.upsert", 20)
    stamps = [upsert.body["data"]["messageTimestamp"] for upsert in heard]
    sent_at = [record["at"] for record in sim.records("inbound")]
    assert max(stamps) < min(sent_at) - 2.9 * 86_400


def test_any_shape_can_be_sent_as_it_is(sim: Simulator, listener: Listener) -> None:
    message = {"eventMessage": {"name": "Reunião"}}
    sim.writes("", message=message, message_type="eventMessage")
    assert heard_data(listener)["message"] == message


def test_media_bytes_are_in_the_webhook_when_asked_for(
    sim: Simulator, listener: Listener, webhook_url: str
) -> None:
    hook = {"enabled": True, "url": webhook_url, "events": [], "base64": True}
    sim.post("webhook/set", {"webhook": hook})
    sim.writes("", kind="image", base64="iVBORw0KGgo=")
    assert heard_data(listener)["message"]["base64"] == "iVBORw0KGgo="
