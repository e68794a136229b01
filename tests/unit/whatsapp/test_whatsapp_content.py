"""Every kind of message that a doctor can send, read into the contract's content."""

import base64
from typing import Any

import pytest

from julia_common.contracts.messages import (
    Content,
    ContentKind,
    Media,
    MessageReceived,
    MessageSent,
)
from julia_common.whatsapp import (
    Ignored,
    IgnoredReason,
    Reading,
    UnreadableError,
    UnreadableReason,
    read_record,
)
from julia_common.whatsapp.testing import IMAGE, INSTANCE, KEY_ID, RECEIVED_AT, record


def read(message: object, **fields: Any) -> Reading:
    return read_record(
        record(message, **fields),
        instance=INSTANCE,
        source="messages.upsert",
        received_at=RECEIVED_AT,
    )


def content_of(message: object, **fields: Any) -> Content:
    reading = read(message, **fields)
    assert isinstance(reading, MessageReceived)
    return reading.content


TEXT = Content(kind=ContentKind.TEXT, text="Oi, tem plantão?")
JPEG = Media(mimetype="image/jpeg", size_bytes=123456)

SHAPES = {
    "plain text": ({"conversation": "Oi, tem plantão?"}, TEXT),
    "plain text beside bookkeeping": (
        {
            "messageContextInfo": {"messageSecret": {"0": 3}},
            "senderKeyDistributionMessage": {"groupId": "x"},
            "conversation": "Oi, tem plantão?",
        },
        TEXT,
    ),
    "extended text": ({"extendedTextMessage": {"text": "Oi, tem plantão?"}}, TEXT),
    "empty text": ({"conversation": ""}, Content(kind=ContentKind.TEXT)),
    "only an emoji": (
        {"conversation": "👍🏽"},
        Content(kind=ContentKind.TEXT, text="👍🏽"),
    ),
    "disappearing text": (
        {"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "Oi, tem plantão?"}}}},
        TEXT.model_copy(update={"ephemeral": True}),
    ),
    "view-once image": (
        {"viewOnceMessageV2": {"message": {"imageMessage": IMAGE | {"viewOnce": True}}}},
        Content(kind=ContentKind.IMAGE, text="Meu CRM", media=JPEG, view_once=True),
    ),
    "view-once image that is marked without a wrapper": (
        {"imageMessage": IMAGE | {"viewOnce": True}},
        Content(kind=ContentKind.IMAGE, text="Meu CRM", media=JPEG, view_once=True),
    ),
    "view-once inside disappearing": (
        {
            "ephemeralMessage": {
                "message": {"viewOnceMessage": {"message": {"imageMessage": IMAGE}}}
            }
        },
        Content(
            kind=ContentKind.IMAGE,
            text="Meu CRM",
            media=JPEG,
            view_once=True,
            ephemeral=True,
        ),
    ),
    "view-once whose content stays on the phone": (
        {"viewOnceMessageV2Extension": {"message": None}},
        Content(kind=ContentKind.OTHER, view_once=True),
    ),
    "image": (
        {"imageMessage": IMAGE, "base64": "/9j/4AAQ"},
        Content(kind=ContentKind.IMAGE, text="Meu CRM", media=JPEG),
    ),
    "video": (
        {"videoMessage": {"mimetype": "video/mp4", "seconds": 12, "fileLength": "999"}},
        Content(
            kind=ContentKind.VIDEO,
            media=Media(mimetype="video/mp4", seconds=12, size_bytes=999),
        ),
    ),
    "round video note": (
        {"ptvMessage": {"mimetype": "video/mp4", "seconds": 3}},
        Content(kind=ContentKind.VIDEO, media=Media(mimetype="video/mp4", seconds=3)),
    ),
    "voice note": (
        {
            "audioMessage": {
                "mimetype": "audio/ogg; codecs=opus",
                "seconds": 7,
                "ptt": True,
            }
        },
        Content(
            kind=ContentKind.AUDIO,
            media=Media(mimetype="audio/ogg; codecs=opus", seconds=7),
        ),
    ),
    "captioned document in its wrapper": (
        {
            "documentWithCaptionMessage": {
                "message": {
                    "documentMessage": {
                        "mimetype": "application/pdf",
                        "fileName": "crm.pdf",
                        "caption": "segue",
                        "fileLength": 2048,
                    }
                }
            }
        },
        Content(
            kind=ContentKind.DOCUMENT,
            text="segue",
            media=Media(mimetype="application/pdf", file_name="crm.pdf", size_bytes=2048),
        ),
    ),
    "sticker": (
        {"stickerMessage": {"mimetype": "image/webp", "isAnimated": False}},
        Content(kind=ContentKind.STICKER, media=Media(mimetype="image/webp")),
    ),
    "animated sticker in its wrapper": (
        {"lottieStickerMessage": {"message": {"stickerMessage": {"mimetype": "image/webp"}}}},
        Content(kind=ContentKind.STICKER, media=Media(mimetype="image/webp")),
    ),
    "reaction": (
        {"reactionMessage": {"key": {"id": "3EB0AAAA", "fromMe": True}, "text": "❤️"}},
        Content(kind=ContentKind.REACTION, text="❤️", reacts_to="3EB0AAAA"),
    ),
    "reaction taken back": (
        {"reactionMessage": {"key": {"id": "3EB0AAAA"}, "text": ""}},
        Content(kind=ContentKind.REACTION, reacts_to="3EB0AAAA"),
    ),
    "contact": (
        {
            "contactMessage": {
                "displayName": "Dr. Rui",
                "vcard": "BEGIN:VCARD\nTEL;type=CELL;waid=551:+55 11 96666-5555\nEND:VCARD",
            }
        },
        Content(kind=ContentKind.CONTACT, text="Dr. Rui +55 11 96666-5555"),
    ),
    "several contacts": (
        {"contactsArrayMessage": {"contacts": [{"displayName": "Rui"}, {"displayName": "Eva"}]}},
        Content(kind=ContentKind.CONTACT, text="Rui\nEva"),
    ),
    "location": (
        {
            "locationMessage": {
                "degreesLatitude": -22.9,
                "degreesLongitude": -47.06,
                "name": "Hospital",
                "address": "Rua A, 1",
            }
        },
        Content(kind=ContentKind.LOCATION, text="Hospital\nRua A, 1\n-22.9, -47.06"),
    ),
    "live location": (
        {
            "liveLocationMessage": {
                "degreesLatitude": 1,
                "degreesLongitude": 2,
                "caption": "vem",
            }
        },
        Content(kind=ContentKind.LOCATION, text="vem\n1, 2"),
    ),
    "poll": (
        {
            "pollCreationMessageV3": {
                "name": "Qual dia?",
                "options": [{"optionName": "sábado"}, {"optionName": "domingo"}],
            }
        },
        Content(kind=ContentKind.POLL, text="Qual dia?\n- sábado\n- domingo"),
    ),
    "button answer": (
        {
            "buttonsResponseMessage": {
                "selectedButtonId": "1",
                "selectedDisplayText": "Quero",
            }
        },
        Content(kind=ContentKind.TEXT, text="Quero"),
    ),
    "list answer": (
        {"listResponseMessage": {"title": "Quero"}},
        Content(kind=ContentKind.TEXT, text="Quero"),
    ),
    "a clinic's automatic answer": (
        {"templateMessage": {"hydratedTemplate": {"hydratedContentText": "Estamos fechados"}}},
        Content(kind=ContentKind.TEXT, text="Estamos fechados"),
    ),
    "type that nobody knows yet": (
        {"hologramMessage": {"beam": 1}},
        Content(kind=ContentKind.OTHER),
    ),
    "media metadata of wrong types": (
        {"imageMessage": {"mimetype": 7, "fileLength": "a lot", "caption": ["x"]}},
        Content(kind=ContentKind.IMAGE, media=Media()),
    ),
    "no message at all": (None, Content(kind=ContentKind.OTHER)),
    "empty message": ({}, Content(kind=ContentKind.OTHER)),
}


@pytest.mark.parametrize(("message", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_reads_what_the_doctor_sent(message: object, expected: Content) -> None:
    assert content_of(message) == expected


FILE = bytes(range(200, 232))


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({str(place): byte for place, byte in enumerate(FILE)}, FILE.hex()),
        ({str(place): FILE[place] for place in reversed(range(32))}, FILE.hex()),
        (base64.b64encode(FILE).decode(), FILE.hex()),
        (base64.b64encode(FILE[:31]).decode(), None),
        ({str(place): 256 for place in range(32)}, None),
        ({str(place): "x" for place in range(32)}, None),
        ({str(place): 1 for place in range(1, 33)}, None),
        ("não é base64", None),
        (None, None),
        ([1] * 32, None),
    ],
)
def test_the_file_of_an_echo_is_known_by_its_hash(told: object, known: str | None) -> None:
    reading = read_record(
        record({"documentMessage": {"fileSha256": told}}),
        instance=INSTANCE,
        source="send.message",
        received_at=RECEIVED_AT,
    )

    assert isinstance(reading, MessageSent)
    assert (reading.text, reading.file_sha256) == ("", known)


SILENT = {
    "keys of the encryption": {"senderKeyDistributionMessage": {"groupId": "x"}},
    "announcement of an album": {"albumMessage": {"expectedImageCount": 3}},
    "pinned message": {"pinInChatMessage": {"key": {"id": "x"}}},
    "disappearing switched on": {"protocolMessage": {"type": "EPHEMERAL_SETTING"}},
}


@pytest.mark.parametrize("message", SILENT.values(), ids=SILENT.keys())
def test_bookkeeping_is_ignored_and_counted(message: object) -> None:
    assert read(message) == Ignored(IgnoredReason.PROTOCOL)


def test_vote_in_a_poll_is_ignored_and_counted() -> None:
    vote = {"pollUpdateMessage": {"pollCreationMessageKey": {"id": "x"}}}
    assert read(vote) == Ignored(IgnoredReason.POLL_VOTE)


def test_missed_call_stub_is_ignored_and_counted() -> None:
    assert read(None, messageStubType=40) == Ignored(IgnoredReason.PROTOCOL)


def test_message_that_could_not_be_decrypted_still_counts_as_one() -> None:
    assert content_of(None, messageStubType=2) == Content(kind=ContentKind.OTHER)


QUOTED = {"conversation": "Vaga no sábado"}


@pytest.mark.parametrize(
    "fields",
    [
        {
            "message": {"conversation": "essa"},
            "contextInfo": {"stanzaId": "3EB0Q", "quotedMessage": QUOTED},
        },
        {
            "message": {
                "extendedTextMessage": {
                    "text": "essa",
                    "contextInfo": {"stanzaId": "3EB0Q", "quotedMessage": QUOTED},
                }
            }
        },
        {
            "message": {
                "ephemeralMessage": {
                    "message": {
                        "extendedTextMessage": {
                            "text": "essa",
                            "contextInfo": {
                                "stanzaId": "3EB0Q",
                                "quotedMessage": {"ephemeralMessage": {"message": QUOTED}},
                            },
                        }
                    }
                }
            }
        },
    ],
    ids=["on the record", "inside the content", "inside a wrapper"],
)
def test_quoted_message_is_read(fields: dict[str, object]) -> None:
    message = fields.pop("message")
    reading = read(message, **fields)
    assert isinstance(reading, MessageReceived)
    assert reading.quoted is not None
    assert reading.quoted.model_dump() == {"key_id": "3EB0Q", "text": "Vaga no sábado"}


def test_forwarded_message_without_stanza_quotes_nothing() -> None:
    reading = read({"conversation": "oi"}, contextInfo={"isForwarded": True})
    assert isinstance(reading, MessageReceived)
    assert reading.quoted is None


WRONG = {
    "message is a list": ([1], UnreadableReason.CONTENT),
    "text is a number": ({"conversation": 42}, UnreadableReason.CONTENT),
    "extended text without text": (
        {"extendedTextMessage": {}},
        UnreadableReason.CONTENT,
    ),
    "protocol type is a list": (
        {"protocolMessage": {"type": []}},
        UnreadableReason.CONTENT,
    ),
}


@pytest.mark.parametrize(("message", "reason"), WRONG.values(), ids=WRONG.keys())
def test_wrong_types_are_unreadable(message: object, reason: UnreadableReason) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(message)
    assert caught.value.reason is reason


def test_endless_wrapping_is_unreadable() -> None:
    message: dict[str, object] = {"conversation": "oi"}
    for _ in range(11):
        message = {"ephemeralMessage": {"message": message}}
    with pytest.raises(UnreadableError):
        read(message)


@pytest.mark.parametrize("kind", ["MESSAGE_EDIT", 14])
def test_edit_inside_an_upsert_names_the_first_message(kind: object) -> None:
    protocol = {
        "key": {"id": "3EB0FIRST", "fromMe": True},
        "type": kind,
        "editedMessage": {"extendedTextMessage": {"text": "domingo"}},
        "timestampMs": {"low": -2147483648, "high": 412, "unsigned": False},
    }
    reading = read({"editedMessage": {"message": {"protocolMessage": protocol}}})
    assert not isinstance(reading, Ignored)
    assert reading.key_id == "3EB0FIRST"
    assert reading.model_dump(include={"change", "text"}) == {
        "change": "edit",
        "text": "domingo",
    }


@pytest.mark.parametrize("kind", ["REVOKE", 0])
def test_deletion_inside_an_upsert_names_the_deleted_message(kind: object) -> None:
    reading = read({"protocolMessage": {"key": {"id": "3EB0FIRST"}, "type": kind}})
    assert not isinstance(reading, Ignored)
    assert reading.key_id == "3EB0FIRST"
    assert reading.model_dump(include={"change", "text"}) == {
        "change": "revoke",
        "text": None,
    }


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("MESSAGE_EDIT", IgnoredReason.OWN_EDIT), ("REVOKE", IgnoredReason.OWN_DELETION)],
)
def test_our_own_change_on_the_phone_is_ignored_and_counted(
    kind: str, reason: IgnoredReason
) -> None:
    message = {"protocolMessage": {"key": {"id": KEY_ID}, "type": kind}}
    assert read(message, key={"fromMe": True}) == Ignored(reason)


def test_nul_and_lone_surrogates_never_reach_the_contract() -> None:
    reading = read({"conversation": "o\x00i \ud83d fim"}, pushName="Ana\x00")
    assert isinstance(reading, MessageReceived)
    assert reading.content.text == "oi \ufffd fim"
    assert reading.push_name == "Ana"
