"""Instances, their connection, and where their webhooks go."""

from typing import Any

import pytest

from julia_simulators.evolution.testing import Listener

from .conftest import DOCTOR, Evolution, Simulator


def set_webhook(server: Evolution, **webhook: Any) -> Any:
    return server.post("webhook/set", {"webhook": webhook})


def test_an_instance_says_open_and_never_connected(channel: Evolution) -> None:
    answer = channel.get("instance/connectionState")
    assert answer.json() == {"instance": {"instanceName": channel.instance, "state": "open"}}


def test_a_name_in_use_is_403(channel: Evolution) -> None:
    body = {"instanceName": channel.instance, "integration": "EVOLUTION"}
    answer = channel.http.post(
        "/instance/create", json=body, headers={"apikey": channel.global_key}
    )
    assert answer.status_code == 403
    assert answer.json()["error"] == "Forbidden"


def test_a_new_number_waits_for_its_qr_code(sim: Simulator) -> None:
    body = {"instanceName": "second", "integration": "WHATSAPP-BAILEYS", "qrcode": True}
    created = sim.http.post("/instance/create", json=body, headers={"apikey": sim.global_key})
    assert created.status_code == 201
    assert created.json()["qrcode"]["code"]
    headers = {"apikey": created.json()["hash"]}
    assert sim.http.get("/instance/connect/second", headers=headers).json()["code"]
    state = sim.http.get("/instance/connectionState/second", headers=headers).json()
    assert state["instance"]["state"] == "connecting"


def test_the_webhook_is_set_nested_and_found_as_a_row(channel: Evolution) -> None:
    url = "http://julia-api:8000/webhook/evolution"
    answer = set_webhook(
        channel,
        enabled=True,
        url=url,
        byEvents=False,
        base64=False,
        headers={"x-webhook-secret": "s"},
        events=["MESSAGES_UPSERT"],
    )
    assert answer.status_code == 201
    row = channel.get("webhook/find").json()
    assert row["id"] == answer.json()["id"]
    assert (row["url"], row["enabled"], row["webhookByEvents"]) == (url, True, False)
    assert row["headers"] == {"x-webhook-secret": "s"}
    assert row["events"] == ["MESSAGES_UPSERT"]


def test_a_flat_webhook_body_is_refused(channel: Evolution) -> None:
    answer = channel.post("webhook/set", {"enabled": True, "url": "http://a.example/x"})
    assert answer.status_code == 400
    assert answer.json()["response"]["message"] == [['instance requires property "webhook"']]


def test_missing_events_are_500(channel: Evolution) -> None:
    answer = set_webhook(channel, enabled=True, url="http://a.example/x")
    assert answer.status_code == 500
    assert isinstance(answer.json()["response"]["message"], str)


def test_an_empty_list_means_all_events(channel: Evolution) -> None:
    row = set_webhook(channel, enabled=True, url="http://a.example/x", events=[]).json()
    assert {"MESSAGES_UPSERT", "SEND_MESSAGE", "CONNECTION_UPDATE"} <= set(row["events"])


@pytest.mark.parametrize("event", ["messages.upsert", "NO_SUCH_EVENT"])
def test_events_are_named_in_upper_snake(channel: Evolution, event: str) -> None:
    answer = set_webhook(channel, enabled=True, url="http://a.example/x", events=[event])
    assert answer.status_code == 400
    assert isinstance(answer.json()["response"]["message"][0], list)


def test_messages_wait_at_whatsapp_while_the_number_is_away(
    sim: Simulator, listener: Listener
) -> None:
    sim.control("POST", f"instances/{sim.instance}/connection", {"action": "drop"})
    sim.writes("enquanto fora", timestamp=1_795_176_000)
    sim.control("POST", f"instances/{sim.instance}/connection", {"action": "reconnect"})
    (upsert,) = listener.wait_for("messages.upsert")
    assert upsert.body["data"]["messageTimestamp"] == 1_795_176_000
    states = [heard.body["data"]["state"] for heard in listener.of("connection.update")]
    assert sorted(states) == ["connecting", "open"]


def test_a_dropped_network_tells_connecting_again_and_again_but_never_close(
    sim: Simulator, listener: Listener
) -> None:
    sim.control("POST", f"instances/{sim.instance}/connection", {"action": "drop", "repeats": 15})
    heard = listener.wait_for("connection.update", 15)
    assert {update.body["data"]["state"] for update in heard} == {"connecting"}
    state = sim.get("instance/connectionState").json()["instance"]["state"]
    assert state == "connecting"


def test_only_a_logout_tells_close_with_its_reason(sim: Simulator, listener: Listener) -> None:
    sim.control(
        "POST", f"instances/{sim.instance}/connection", {"action": "log_out", "reason": 403}
    )
    (update,) = listener.wait_for("connection.update")
    assert update.body["data"]["state"] == "close"
    assert update.body["data"]["statusReason"] == 403
    (status,) = listener.wait_for("status.instance")
    assert status.body["data"]["disconnectionReasonCode"] == 403


def test_the_number_of_a_qr_limit_is_refused(sim: Simulator, listener: Listener) -> None:
    sim.control("POST", f"instances/{sim.instance}/connection", {"action": "refuse"})
    (update,) = listener.wait_for("connection.update")
    assert update.body["data"]["state"] == "refused"
    assert sim.send_text(number=DOCTOR).status_code == 500
