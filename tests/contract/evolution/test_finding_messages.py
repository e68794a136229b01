"""The quirks of `findMessages`, from which catch-up and settling get their evidence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import Simulator

DAY_S = 86_400
NOON = 1_795_176_000


def find(sim: Simulator, **query: Any) -> dict[str, Any]:
    answer = sim.post("chat/findMessages", query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["messages"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [row["key"]["id"] for row in found["records"]]


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.fixture
def three_days(sim: Simulator) -> Simulator:
    """One message of the doctor on each of three days."""
    for index in range(3):
        sim.writes(f"dia {index}", key_id=f"DAY{index}", timestamp=NOON + index * DAY_S)
    return sim


def test_the_newest_message_comes_first(three_days: Simulator) -> None:
    assert ids(find(three_days)) == ["DAY2", "DAY1", "DAY0"]


def test_time_is_a_filter_only_with_both_bounds(three_days: Simulator) -> None:
    both = {"gte": iso(NOON + DAY_S), "lte": iso(NOON + DAY_S)}
    assert ids(find(three_days, where={"messageTimestamp": both})) == ["DAY1"]
    for one in ("gte", "lte"):
        alone = {"messageTimestamp": {one: both[one]}}
        assert len(ids(find(three_days, where=alone))) == 3


def test_offset_is_the_page_size(three_days: Simulator) -> None:
    first = find(three_days, page=1, offset=2)
    assert (first["total"], first["pages"], first["currentPage"]) == (3, 2, 1)
    assert ids(first) == ["DAY2", "DAY1"]
    assert ids(find(three_days, page=2, offset=2)) == ["DAY0"]


def test_the_page_size_is_50_unless_told(sim: Simulator) -> None:
    messages = [{"doctor": "5519987654321", "text": str(index)} for index in range(60)]
    sim.control("POST", "messages", {"messages": messages})
    found = find(sim)
    assert (len(found["records"]), found["total"], found["pages"]) == (50, 60, 2)


def test_from_me_false_is_ignored(sim: Simulator) -> None:
    sim.writes(key_id="THEIRS")
    ours = sim.send_text().json()["key"]["id"]
    assert set(ids(find(sim, where={"key": {"fromMe": False}}))) == {"THEIRS", ours}
    assert ids(find(sim, where={"key": {"fromMe": True}})) == [ours]


def test_the_jid_is_compared_to_the_letter(sim: Simulator) -> None:
    sim.doctor(jid_without_ninth_digit=True)
    sim.send_text()
    asked = {"key": {"remoteJid": "5519987654321@s.whatsapp.net"}}
    chosen = {"key": {"remoteJid": "551987654321@s.whatsapp.net"}}
    assert find(sim, where=asked)["total"] == 0
    assert find(sim, where=chosen)["total"] == 1


def test_a_message_is_found_by_its_id(three_days: Simulator) -> None:
    assert ids(find(three_days, where={"key": {"id": "DAY1"}})) == ["DAY1"]


def test_nothing_is_found_when_evolution_does_not_save(sim: Simulator) -> None:
    sim.control("PATCH", "tuning", {"save_messages": False})
    sim.writes()
    sim.send_text()
    assert find(sim)["total"] == 0


def test_acks_are_shown_beside_the_message(sim: Simulator) -> None:
    sim.send_text()
    sim.wait_for_records("ack", status="DELIVERY_ACK")
    (row,) = find(sim)["records"]
    assert row["MessageUpdate"] == [{"status": "SERVER_ACK"}, {"status": "DELIVERY_ACK"}]
