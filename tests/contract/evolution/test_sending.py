"""What sending answers, whom it reaches, and how it fails."""

import httpx
import pytest

from julia_simulators.evolution.testing import Listener

from .conftest import DOCTOR, Evolution, Simulator

PIXEL = "iVBORw0KGgo="
WITHOUT_NINTH = "551987654321@s.whatsapp.net"


def test_a_send_is_answered_201_pending_with_the_key_of_the_message(channel: Evolution) -> None:
    answer = channel.post("message/sendText", {"number": DOCTOR, "text": "Olá"})
    assert answer.status_code == 201
    sent = answer.json()
    assert sent["key"]["fromMe"] is True
    assert sent["key"]["id"]
    assert sent["status"] == "PENDING"
    assert sent["message"] == {"conversation": "Olá"}
    assert sent["messageType"] == "conversation"
    assert isinstance(sent["messageTimestamp"], int)


def test_the_same_post_twice_sends_twice(sim: Simulator) -> None:
    first, second = sim.send_text("Olá").json(), sim.send_text("Olá").json()
    delivered = [record["key_id"] for record in sim.records("delivery")]
    assert delivered == [first["key"]["id"], second["key"]["id"]]
    assert len(set(delivered)) == 2


@pytest.mark.parametrize("number", [DOCTOR, "551987654321", WITHOUT_NINTH])
def test_whatsapp_chooses_the_jid_whatever_form_the_number_has(sim: Simulator, number: str) -> None:
    sim.doctor(jid_without_ninth_digit=True)
    answer = sim.send_text(number=number)
    assert answer.json()["key"]["remoteJid"] == WITHOUT_NINTH
    assert [record["doctor"] for record in sim.records("delivery")] == [DOCTOR]


def test_a_number_without_whatsapp_is_the_one_clean_permanent_failure(sim: Simulator) -> None:
    answer = sim.send_text(number="5511911112222")
    assert answer.status_code == 400
    assert answer.json()["response"]["message"] == [
        {"jid": "5511911112222@s.whatsapp.net", "exists": False, "number": "5511911112222"}
    ]
    assert sim.records("delivery") == []
    assert [record["reason"] for record in sim.records("forbidden")] == ["unknown_number"]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("drop", "Connection Closed"),
        ("log_out", "Cannot read properties of undefined (reading 'onWhatsApp')"),
    ],
)
def test_a_closed_socket_is_500_for_text_and_400_for_presence(
    sim: Simulator, action: str, words: str
) -> None:
    sim.control("POST", f"instances/{sim.instance}/connection", {"action": action})
    text = sim.send_text()
    assert text.status_code == 500
    assert text.json()["response"]["message"] == words
    presence = sim.post(
        "chat/sendPresence", {"number": DOCTOR, "presence": "composing", "delay": 1}
    )
    assert presence.status_code == 400
    assert presence.json()["response"]["message"] == [f"Error: {words}"]
    assert sim.records("delivery") == []


def test_delay_shows_typing_and_holds_the_call_open(sim: Simulator) -> None:
    body = {"number": DOCTOR, "text": "Olá", "delay": 60_000}
    with pytest.raises(httpx.ReadTimeout):
        sim.post("message/sendText", body, timeout_s=0.3)
    sim.wait_for_records("presence", presence="composing", delay_ms=60_000)
    assert sim.records("delivery") == []


def test_presence_blocks_for_its_delay(sim: Simulator) -> None:
    body = {"number": DOCTOR, "presence": "composing", "delay": 60_000}
    with pytest.raises(httpx.ReadTimeout):
        sim.post("chat/sendPresence", body, timeout_s=0.3)
    (shown,) = sim.wait_for_records("presence")
    assert shown["presence"] == "composing"


def test_presence_ends_with_a_pause_and_is_answered_201(sim: Simulator) -> None:
    body = {"number": DOCTOR, "presence": "composing", "delay": 5}
    answer = sim.post("chat/sendPresence", body)
    assert (answer.status_code, answer.json()) == (201, {"presence": "composing"})
    shown = [record["presence"] for record in sim.records("presence")]
    assert shown == ["composing", "paused"]


@pytest.mark.parametrize("route", ["sendPresence", "markMessageAsRead"])
def test_the_channel_without_whatsapp_has_no_presence_and_no_reading(
    channel: Evolution, route: str
) -> None:
    bodies = {
        "sendPresence": {"number": DOCTOR, "presence": "composing", "delay": 1},
        "markMessageAsRead": {
            "readMessages": [{"id": "A", "fromMe": False, "remoteJid": WITHOUT_NINTH}]
        },
    }
    assert channel.post(f"chat/{route}", bodies[route]).status_code == 400


def test_reading_is_seen_by_the_doctor_unless_addressed_by_lid(sim: Simulator) -> None:
    doctor = sim.doctor()
    keys = [
        {"id": "PHONE", "fromMe": False, "remoteJid": doctor["jid"]},
        {"id": "LID", "fromMe": False, "remoteJid": doctor["lid"]},
    ]
    answer = sim.post("chat/markMessageAsRead", {"readMessages": keys})
    assert answer.status_code == 201
    assert answer.json() == {"message": "Read messages", "read": "success"}
    assert [record["key_id"] for record in sim.records("read")] == ["PHONE"]


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ({"mediatype": "image", "media": "https://cdn.example.com/a.png"}, 201),
        ({"mediatype": "image", "media": "http://minio:9000/a.png"}, 400),
        ({"mediatype": "image", "media": f"data:image/png;base64,{PIXEL}"}, 400),
        ({"mediatype": "document", "media": PIXEL}, 400),
        ({"mediatype": "document", "media": PIXEL, "fileName": "escala.pdf"}, 201),
    ],
)
def test_media_is_a_dotted_url_or_base64_with_a_name_for_documents(
    sim: Simulator, media: dict[str, str], status: int
) -> None:
    answer = sim.post("message/sendMedia", {"number": DOCTOR, **media})
    assert answer.status_code == status
    assert len(sim.records("delivery")) == (status == 201)


def test_a_reaction_is_one_emoji_or_nothing(sim: Simulator) -> None:
    key = {"id": "ABC", "remoteJid": f"{DOCTOR}@s.whatsapp.net", "fromMe": False}
    for reaction, status in (("👍", 201), ("", 201), ("obrigada", 400)):
        answer = sim.post("message/sendReaction", {"key": key, "reaction": reaction})
        assert answer.status_code == status
    assert [record["text"] for record in sim.records("delivery")] == ["👍", ""]


def test_numbers_are_told_with_their_jid(sim: Simulator) -> None:
    doctor = sim.doctor(jid_without_ninth_digit=True)
    answer = sim.post("chat/whatsappNumbers", {"numbers": [DOCTOR, "5511911112222"]})
    assert answer.status_code == 200
    known, unknown = answer.json()
    assert (known["jid"], known["exists"], known["lid"]) == (WITHOUT_NINTH, True, doctor["lid"])
    assert unknown["exists"] is False


def test_a_message_of_ours_can_be_deleted_for_everyone(sim: Simulator, listener: Listener) -> None:
    key = sim.send_text().json()["key"]
    answer = sim.http.request(
        "DELETE",
        f"/chat/deleteMessageForEveryone/{sim.instance}",
        json=key,
        headers={"apikey": sim.global_key},
    )
    assert answer.status_code == 201
    (event,) = listener.wait_for("messages.delete")
    assert event.body["data"]["key"] == key
    assert [record["key_id"] for record in sim.records("deletion_by_us")] == [key["id"]]


def test_the_bytes_of_a_media_message_can_be_fetched(sim: Simulator) -> None:
    key_id = sim.writes("", kind="audio", base64=PIXEL)["key_id"]
    answer = sim.post("chat/getBase64FromMediaMessage", {"message": {"key": {"id": key_id}}})
    assert answer.status_code == 201
    media = answer.json()
    assert (media["mediaType"], media["base64"]) == ("audioMessage", PIXEL)
    unknown = sim.post("chat/getBase64FromMediaMessage", {"message": {"key": {"id": "NO"}}})
    assert unknown.status_code == 400
    assert unknown.json()["response"]["message"] == ["Message not found"]
