"""What an answer of Evolution proves about a send."""

import pytest

from julia_common.evolution.answers import outcome_of_send, stored_message
from julia_common.evolution.model import NotSent, Sent, Uncertain

NUMBER = "5511999998888"


def error(status: int, message: object) -> dict[str, object]:
    return {"status": status, "error": "Bad Request", "response": {"message": message}}


def test_a_key_proves_that_it_was_sent() -> None:
    body = {"key": {"id": "3EB0", "remoteJid": f"{NUMBER}@s.whatsapp.net"}, "status": "PENDING"}

    assert outcome_of_send(201, body) == Sent("3EB0", f"{NUMBER}@s.whatsapp.net")


@pytest.mark.parametrize(
    ("status", "message", "permanent"),
    [
        (401, "Unauthorized", False),
        (404, ['The "julia" instance does not exist'], False),
        (400, [['instance requires property "text"']], True),
        (400, ["For base64 the file name must be informed."], True),
        (400, ["Owned media must be a url or base64"], True),
        (400, [{"jid": f"{NUMBER}@s.whatsapp.net", "exists": False, "number": NUMBER}], True),
    ],
)
def test_some_refusals_prove_that_it_was_not(status: int, message: object, permanent: bool) -> None:
    outcome = outcome_of_send(status, error(status, message))

    assert isinstance(outcome, NotSent)
    assert (outcome.permanent, outcome.status) == (permanent, status)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, None),
        (201, {}),
        (201, {"key": {"id": ""}}),
        (200, []),
        (400, None),
        (400, {}),
        (400, error(400, ["Error: Connection Closed"])),
        (400, error(400, ["Error: Timed Out"])),
        (400, error(400, [])),
        (400, error(400, [[]])),
        (400, error(400, [{"exists": True}])),
        (400, error(400, [["text"], "text"])),
        (403, error(403, "Forbidden")),
        (429, {}),
        (500, error(500, "Connection Closed")),
        (502, None),
        (302, None),
    ],
)
def test_everything_else_is_uncertain(status: int, body: object) -> None:
    outcome = outcome_of_send(status, body)

    assert isinstance(outcome, Uncertain)
    assert outcome.status == status


@pytest.mark.parametrize(
    "message",
    [
        [{"exists": False, "number": NUMBER}],
        [[f"instance.number {NUMBER} is odd"]],
        [f"Error: {NUMBER} Connection Closed"],
        f"could not send 'Oi, Joana' to {NUMBER}",
    ],
)
def test_no_reason_holds_a_number_or_a_text(message: object) -> None:
    for status in (400, 401, 404, 500):
        outcome = outcome_of_send(status, error(status, message))
        assert NUMBER not in outcome.reason
        assert "Joana" not in outcome.reason


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"conversation": "oi"}, "oi"),
        ({"extendedTextMessage": {"text": "veja https://x"}}, "veja https://x"),
        ({"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "oi"}}}}, "oi"),
        ({"imageMessage": {"caption": "foto", "jpegThumbnail": {"0": 1}}}, "foto"),
        ({"audioMessage": {"seconds": 3}}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_text_of_a_stored_message_is_found(message: object, text: str) -> None:
    record = {
        "key": {"id": "A", "remoteJid": "x@lid", "fromMe": True},
        "messageTimestamp": 1772452800,
        "message": message,
    }

    assert stored_message(record).text == text


@pytest.mark.parametrize("stamp", [1772452800, "1772452800", {"low": 1772452800, "high": 0}])
def test_a_time_is_read_in_every_form(stamp: object) -> None:
    record = {"key": {"id": "A"}, "messageTimestamp": stamp}

    assert stored_message(record).at.isoformat() == "2026-03-02T12:00:00+00:00"


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {},
        {"key": {"id": ""}, "messageTimestamp": 1},
        {"key": {"id": "A"}},
        {"key": {"id": "A"}, "messageTimestamp": "soon"},
        {"key": {"id": "A"}, "messageTimestamp": {"low": "x"}},
        {"key": {"id": "A"}, "messageTimestamp": 10**30},
    ],
)
def test_a_record_without_key_or_time_is_none(record: object) -> None:
    assert stored_message(record) is None
