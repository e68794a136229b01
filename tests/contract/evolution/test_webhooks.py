"""How webhooks look, when they come again, and when they are lost for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from julia_simulators.evolution.testing import Listener, eventually

from .conftest import DOCTOR, INSTANCE, SECRET, Evolution, Simulator


def point_at(server: Evolution, url: str, **webhook: Any) -> None:
    body = {"enabled": True, "url": url, "events": [], **webhook}
    assert server.post("webhook/set", {"webhook": body}).status_code == 201


def test_every_webhook_has_the_same_frame(sim: Simulator, listener: Listener) -> None:
    sim.writes("Oi")
    (heard,) = listener.wait_for("messages.upsert")
    assert set(heard.body) == {
        "event",
        "instance",
        "data",
        "destination",
        "date_time",
        "sender",
        "server_url",
        "apikey",
    }
    assert heard.body["instance"] == INSTANCE
    assert heard.body["sender"].endswith("@s.whatsapp.net")
    assert heard.headers["x-webhook-secret"] == SECRET


def test_date_time_is_local_with_a_false_z(sim: Simulator, listener: Listener) -> None:
    sim.writes("Oi")
    (heard,) = listener.wait_for("messages.upsert")
    claimed = datetime.fromisoformat(heard.body["date_time"])
    assert datetime.now(UTC) - claimed > timedelta(hours=2, minutes=59)


def test_by_events_adds_the_event_to_the_path(
    channel: Evolution, listener: Listener, webhook_url: str
) -> None:
    point_at(channel, webhook_url, byEvents=True)
    channel.post("message/sendText", {"number": DOCTOR, "text": "Olá"})
    (heard,) = listener.wait_for("send.message")
    assert heard.path == "/webhook/evolution/send-message"


def test_headers_are_sent_as_given(
    channel: Evolution, listener: Listener, webhook_url: str
) -> None:
    point_at(channel, webhook_url, headers={"x-webhook-secret": "given"})
    channel.post("message/sendText", {"number": DOCTOR, "text": "Olá"})
    (heard,) = listener.wait_for("send.message")
    assert heard.headers["x-webhook-secret"] == "given"


def test_jwt_key_becomes_a_bearer_token_of_ten_minutes(
    channel: Evolution, listener: Listener, webhook_url: str
) -> None:
    key = "a-key-of-thirty-two-bytes-or-more"
    point_at(channel, webhook_url, headers={"jwt_key": key})
    channel.post("message/sendText", {"number": DOCTOR, "text": "Olá"})
    (heard,) = listener.wait_for("send.message")
    assert "jwt_key" not in heard.headers
    claims = jwt.decode(
        heard.headers["authorization"].removeprefix("Bearer "), key, algorithms=["HS256"]
    )
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["app"], claims["action"]) == ("evolution", "webhook")


def test_retries_reuse_the_token(sim: Simulator, listener: Listener, webhook_url: str) -> None:
    key = "a-key-of-thirty-two-bytes-or-more"
    point_at(sim, webhook_url, headers={"jwt_key": key})
    listener.answers[:] = [503, 503]
    sim.writes("Oi")
    heard = listener.wait_for("messages.upsert", 3)
    assert len({attempt.headers["authorization"] for attempt in heard}) == 1


def test_only_the_chosen_events_are_sent(
    channel: Evolution, listener: Listener, webhook_url: str
) -> None:
    point_at(channel, webhook_url, events=["MESSAGES_UPSERT"])
    channel.post("message/sendText", {"number": DOCTOR, "text": "não contada"})
    point_at(channel, webhook_url, events=["SEND_MESSAGE"])
    channel.post("message/sendText", {"number": DOCTOR, "text": "contada"})
    listener.wait_for("send.message")
    assert [heard.body["data"]["message"] for heard in listener.heard] == [
        {"conversation": "contada"}
    ]


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
def test_failures_are_tried_again_until_accepted(
    sim: Simulator, listener: Listener, status: int
) -> None:
    listener.answers[:] = [status, status]
    sim.writes("Oi")
    heard = listener.wait_for("messages.upsert", 3)
    sim.wait_for_records("webhook", event="messages.upsert", state="delivered")
    assert len({attempt.body["data"]["key"]["id"] for attempt in heard}) == 1
    (row,) = sim.control("GET", "webhooks?state=delivered")["webhooks"]
    assert [attempt["status"] for attempt in row["attempts"]] == [status, status, 200]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_4xx_loses_the_event_for_good(sim: Simulator, listener: Listener, status: int) -> None:
    listener.answers[:] = [status]
    key_id = sim.writes("perdida")["key_id"]
    sim.wait_for_records("webhook", state="refused", key_id=key_id)
    sim.writes("outra")
    listener.wait_for("messages.upsert", 2)
    assert [heard.body["data"]["key"]["id"] for heard in listener.of("messages.upsert")].count(
        key_id
    ) == 1


def test_after_ten_attempts_the_event_is_given_up(sim: Simulator, listener: Listener) -> None:
    listener.answers[:] = [503] * 10
    sim.writes("Oi")
    sim.wait_for_records("webhook", state="exhausted")
    assert len(listener.of("messages.upsert")) == 10


def test_an_answer_that_takes_too_long_is_tried_again(sim: Simulator, listener: Listener) -> None:
    sim.control("PATCH", "tuning", {"webhook_timeout_s": 0.1})
    listener.hold.clear()
    sim.writes("Oi")
    listener.wait_for("messages.upsert", 2)
    listener.hold.set()
    failures = sim.wait_for_records("webhook", state="failed")
    assert {failure["error"] for failure in failures} == {"TimeoutError"}


def test_each_event_retries_on_its_own_and_so_comes_out_of_order(
    sim: Simulator, listener: Listener
) -> None:
    sim.control("PATCH", "tuning", {"webhook_time_scale": 0.1})
    listener.answers[:] = [503]
    sim.writes("primeira", key_id="FIRST")
    listener.wait_for("messages.upsert")
    sim.writes("segunda", key_id="SECOND")
    heard = listener.wait_for("messages.upsert", 3)
    assert [attempt.body["data"]["key"]["id"] for attempt in heard] == ["FIRST", "SECOND", "FIRST"]


def test_what_comes_in_waits_while_an_edit_is_tried_again(
    sim: Simulator, listener: Listener
) -> None:
    sim.writes("Sábado", key_id="OLD")
    listener.wait_for("messages.upsert")
    listener.answers[:] = [503, 503]
    sim.control("POST", f"doctors/{DOCTOR}/edits", {"key_id": "OLD", "text": "Domingo"})
    sim.writes("depois", key_id="LATER")
    listener.wait_for("messages.upsert", 2)
    events = [heard.body["event"] for heard in listener.heard]
    assert events == ["messages.upsert", *["messages.edited"] * 3, "messages.upsert"]


def test_the_echo_may_come_before_the_answer(sim: Simulator, listener: Listener) -> None:
    sim.fault("echo_before_answer")
    answer = sim.send_text("Olá")
    (echo,) = listener.of("send.message")
    assert echo.body["data"]["key"] == answer.json()["key"]
    assert echo.body["data"]["message"] == {"conversation": "Olá"}


def test_acks_follow_a_send_and_name_it_by_key_id(sim: Simulator, listener: Listener) -> None:
    key_id = sim.send_text().json()["key"]["id"]
    heard = listener.wait_for("messages.update", 2)
    data = [update.body["data"] for update in heard]
    assert {update["keyId"] for update in data} == {key_id}
    assert {update["status"] for update in data} == {"SERVER_ACK", "DELIVERY_ACK"}
    assert all(update["fromMe"] is True for update in data)


def test_the_address_in_an_ack_may_be_a_lid(sim: Simulator, listener: Listener) -> None:
    doctor = sim.doctor(lid_form="alt")
    sim.send_text()
    heard = listener.wait_for("messages.update", 2)
    assert {update.body["data"]["remoteJid"] for update in heard} == {doctor["lid"]}


def test_opening_the_chat_reads_what_julia_wrote(sim: Simulator, listener: Listener) -> None:
    key_id = sim.send_text().json()["key"]["id"]
    assert sim.control("POST", f"doctors/{DOCTOR}/reads") == {"read": [key_id]}
    assert sim.control("POST", f"doctors/{DOCTOR}/reads") == {"read": []}

    def read() -> bool:
        return any(
            update.body["data"]["status"] == "READ" for update in listener.of("messages.update")
        )

    eventually(read, "the ack READ")


def test_an_ack_before_the_row_is_stored_is_lost(sim: Simulator, listener: Listener) -> None:
    sim.fault("early_ack_lost")
    sim.send_text()
    sim.wait_for_records("ack", status="DELIVERY_ACK", lost=False)
    sim.wait_for_records("ack", status="SERVER_ACK", lost=True)
    (update,) = listener.wait_for("messages.update")
    assert update.body["data"]["status"] == "DELIVERY_ACK"
