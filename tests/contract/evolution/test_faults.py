"""Scripted faults: what breaks, what was delivered all the same, and what the records say."""

import httpx
import pytest

from julia_simulators.evolution.testing import Listener, eventually

from .conftest import DOCTOR, Simulator


def arm(sim: Simulator, preset: str, **change: object) -> None:
    sim.control("POST", "faults", {"preset": preset, "change": change})


def test_a_timeout_after_delivery_delivers_and_tells_the_echo(
    sim: Simulator, listener: Listener
) -> None:
    sim.fault("timeout_after_delivery")
    with pytest.raises(httpx.ReadTimeout):
        sim.post("message/sendText", {"number": DOCTOR, "text": "Olá"}, timeout_s=0.5)
    (delivery,) = sim.wait_for_records("delivery")
    (echo,) = listener.wait_for("send.message")
    assert echo.body["data"]["key"]["id"] == delivery["key_id"]
    assert sim.send_text().status_code == 201


def test_a_timeout_before_delivery_leaves_no_trace(sim: Simulator, listener: Listener) -> None:
    arm(sim, "timeout_before_delivery", hold_s=0.05)
    answer = sim.send_text()
    assert answer.status_code == 400
    assert answer.json()["response"]["message"] == ["Error: Timed Out"]
    assert sim.records("delivery") == []
    assert listener.of("send.message") == []
    assert sim.post("chat/findMessages", {}).json()["messages"]["total"] == 0


def test_a_400_can_come_after_delivery(sim: Simulator) -> None:
    sim.fault("error_after_delivery")
    assert sim.send_text().status_code == 400
    assert len(sim.records("delivery")) == 1


@pytest.mark.parametrize("status", [429, 500, 502])
def test_an_error_without_delivery_delivers_nothing(sim: Simulator, status: int) -> None:
    arm(sim, "error_without_delivery", status=status)
    assert sim.send_text().status_code == status
    assert sim.records("delivery") == []


def test_a_201_without_delivery_gets_no_ack(sim: Simulator, listener: Listener) -> None:
    sim.fault("accepted_but_never_delivered")
    assert sim.send_text().status_code == 201
    listener.wait_for("send.message")
    assert sim.records("delivery", "ack") == []


def test_a_withheld_echo_leaves_the_message_findable(sim: Simulator, listener: Listener) -> None:
    sim.fault("echo_never")
    key_id = sim.send_text().json()["key"]["id"]
    listener.wait_for("messages.update", 2)
    assert listener.of("send.message") == []
    (row,) = sim.post("chat/findMessages", {}).json()["messages"]["records"]
    assert row["key"]["id"] == key_id


def test_a_duplicated_webhook_comes_ten_times_at_once(sim: Simulator, listener: Listener) -> None:
    sim.fault("webhook_duplicated", event="messages.upsert")
    listener.hold.clear()
    key_id = sim.writes()["key_id"]
    heard = listener.wait_for("messages.upsert", 10)
    listener.hold.set()
    assert {upsert.body["data"]["key"]["id"] for upsert in heard} == {key_id}


def test_a_dropped_webhook_leaves_the_message_findable(sim: Simulator, listener: Listener) -> None:
    lost = sim.writes(webhook={"drop": True})["key_id"]
    kept = sim.writes()["key_id"]
    (heard,) = listener.wait_for("messages.upsert")
    assert heard.body["data"]["key"]["id"] == kept
    records = sim.post("chat/findMessages", {}).json()["messages"]["records"]
    assert {row["key"]["id"] for row in records} == {lost, kept}


def test_a_delayed_webhook_comes_after_a_later_message(sim: Simulator, listener: Listener) -> None:
    messages = [
        {"doctor": DOCTOR, "key_id": "FIRST", "webhook": {"delay_s": 0.3}},
        {"doctor": DOCTOR, "key_id": "SECOND"},
    ]
    sim.control("POST", "messages", {"messages": messages})
    heard = listener.wait_for("messages.upsert", 2)
    assert [upsert.body["data"]["key"]["id"] for upsert in heard] == ["SECOND", "FIRST"]
    assert [record["key_id"] for record in sim.records("inbound")] == ["FIRST", "SECOND"]


def test_a_fault_strikes_only_what_it_matches_and_only_so_often(sim: Simulator) -> None:
    sim.doctor("5519911110000")
    sim.fault("error_without_delivery", times=2, doctor="5519911110000")
    assert sim.send_text(number=DOCTOR).status_code == 201
    statuses = [sim.send_text(number="5519911110000").status_code for _ in range(3)]
    assert statuses == [500, 500, 201]


def test_a_fault_for_ever_lasts_until_cleared(sim: Simulator) -> None:
    sim.fault("disconnected", times=None)
    assert {sim.send_text().status_code for _ in range(3)} == {500}
    sim.control("DELETE", "faults")
    assert sim.send_text().status_code == 201


def test_other_routes_break_too(sim: Simulator) -> None:
    sim.fault("error_without_delivery", route="findMessages")
    assert sim.post("chat/findMessages", {}).status_code == 500
    assert sim.post("chat/findMessages", {}).status_code == 200


def test_an_unknown_preset_or_field_is_refused_with_the_known_ones(sim: Simulator) -> None:
    for body in ({"preset": "nonsense"}, {"preset": "slow", "change": {"colour": 1}}):
        answer = sim.http.post("/_sim/faults", json=body)
        assert answer.status_code == 400
        assert "wait_s" in answer.text or "slow" in answer.text


def test_a_send_that_was_given_up_by_its_caller_is_still_carried_out(sim: Simulator) -> None:
    arm(sim, "slow", wait_s=0.5)
    with pytest.raises(httpx.ReadTimeout):
        sim.post("message/sendText", {"number": DOCTOR, "text": "Olá"}, timeout_s=0.1)
    eventually(lambda: sim.records("delivery"), "the delivery")
