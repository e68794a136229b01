"""The records that the ledger counts: complete, in order, quick to follow, kept over a restart."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.records import Journal
from julia_simulators.evolution.settings import Settings
from julia_simulators.evolution.testing import Listener, serving

from .conftest import API_KEY, DOCTOR, INSTANCE, REAL_URL, Simulator, client

type Start = Callable[[], AbstractContextManager[Simulator]]

SEND = {"number": DOCTOR, "text": "Olá"}


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a simulator that keeps its state in a file; call again after it ended."""
    if REAL_URL:
        pytest.skip("plays WhatsApp: needs the simulator")

    @contextmanager
    def started() -> Iterator[Simulator]:
        settings = Settings(
            evolution_api_key=API_KEY,
            evolution_instance=INSTANCE,
            webhook_url="http://127.0.0.1:9/webhook/evolution",
            sim_state=tmp_path / "state.jsonl",
            _env_file=None,
        )
        with serving(create_app(settings)) as url, client(url) as http:
            yield Simulator(http, INSTANCE, API_KEY, token="")

    return started


def test_deliveries_are_recorded_in_order_with_when_their_call_began(sim: Simulator) -> None:
    texts = [f"parte {index}" for index in range(5)]
    for text in texts:
        sim.send_text(text)
    deliveries = sim.records("delivery")
    assert [record["text"] for record in deliveries] == texts
    for record in deliveries:
        assert (record["instance"], record["doctor"]) == (INSTANCE, DOCTOR)
        assert record["started_at"] <= record["at"]
    calls = [record for record in sim.records("call") if record["route"] == "sendText"]
    assert [record["started_at"] for record in calls] == [
        record["started_at"] for record in deliveries
    ]


def test_forbidden_calls_are_recorded_with_their_reason(sim: Simulator) -> None:
    sim.http.post(f"/message/sendText/{sim.instance}", json=SEND)
    sim.http.post("/message/sendText/other", json=SEND)
    sim.http.get("/instance/fetchInstances")
    reasons = [record["reason"] for record in sim.records("forbidden")]
    assert reasons == ["unauthorized", "unknown_instance", "unknown_route"]


def test_records_can_be_waited_for(sim: Simulator, listener: Listener) -> None:
    last = sim.control("GET", "summary")["last"]
    sim.writes("Oi")
    answer = sim.control("GET", f"records?after={last}&kinds=inbound&wait_s=10")
    assert [record["text"] for record in answer["records"]] == ["Oi"]
    listener.wait_for("messages.upsert")


def test_a_stream_tells_records_as_they_come_and_resumes_after_the_last(sim: Simulator) -> None:
    def first_record(**headers: str) -> dict[str, object]:
        with sim.http.stream("GET", "/_sim/stream?after=0&kinds=delivery", headers=headers) as feed:
            for line in feed.iter_lines():
                if line.startswith("data: "):
                    record: dict[str, object] = json.loads(line.removeprefix("data: "))
                    return record
        raise AssertionError

    sim.send_text("um")
    sim.send_text("dois")
    first = first_record()
    assert first["text"] == "um"
    assert first_record(**{"last-event-id": str(first["seq"])})["text"] == "dois"


def test_a_restart_keeps_doctors_messages_and_records(start: Start) -> None:
    with start() as sim:
        sim.doctor(jid_without_ninth_digit=True, lid_form="alt")
        key_id = sim.writes("antes")["key_id"]
        sim.send_text("resposta")
        before = sim.records("inbound", "delivery")
    with start() as sim:
        assert sim.records("inbound", "delivery") == before
        found = sim.post("chat/findMessages", {"where": {"key": {"id": key_id}}}).json()
        assert found["messages"]["total"] == 1
        assert sim.send_text().json()["key"]["remoteJid"] == "551987654321@s.whatsapp.net"


def test_a_restart_connects_the_number_and_brings_what_waited_at_whatsapp(start: Start) -> None:
    with start() as sim:
        sim.doctor()
        sim.control("POST", f"instances/{INSTANCE}/connection", {"action": "drop"})
        key_id = sim.writes("enquanto fora")["key_id"]
        assert sim.post("chat/findMessages", {}).json()["messages"]["total"] == 0
    with start() as sim:
        state = sim.get("instance/connectionState").json()["instance"]["state"]
        assert state == "open"
        sim.wait_for_records("webhook", key_id=key_id, event="messages.upsert")
        assert sim.post("chat/findMessages", {}).json()["messages"]["total"] == 1


def test_a_restart_loses_the_webhooks_that_were_on_their_way(start: Start) -> None:
    with start() as sim:
        sim.doctor()
        key_id = sim.writes("Oi")["key_id"]
        sim.wait_for_records("webhook", state="failed", key_id=key_id)
    with start() as sim:
        sim.wait_for_records("webhook", state="lost_in_restart", key_id=key_id)
        assert sim.control("GET", "summary")["webhooks_on_their_way"] == 0


def test_a_record_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    journal = Journal(path)
    journal.append("inbound", doctor=DOCTOR, text="inteira")
    journal.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"seq":2,"kind":"inbo')
    reopened = Journal(path)
    reopened.append("inbound", doctor=DOCTOR, text="seguinte")
    reopened.close()
    read_again = Journal(path)
    assert [record["text"] for record in read_again.since()] == ["inteira", "seguinte"]
    read_again.close()
