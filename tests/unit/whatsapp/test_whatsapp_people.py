"""Whose message it is: addresses, numbers, senders and times."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from julia_common.contracts.messages import MessageReceived, MessageSent
from julia_common.whatsapp import (
    Ignored,
    IgnoredReason,
    Reading,
    UnreadableError,
    UnreadableReason,
    canonical_digits,
    read_record,
)
from julia_common.whatsapp.testing import (
    INSTANCE,
    KEY_ID,
    LID_JID,
    OWN_JID,
    PHONE_JID,
    RECEIVED_AT,
    SENT_AT,
    record,
)


def read(
    *,
    source: Literal["messages.upsert", "send.message", "catchup"] = "messages.upsert",
    own_jid: str | None = None,
    **parts: Any,
) -> Reading:
    return read_record(
        record({"conversation": "oi"}, **parts),
        instance=INSTANCE,
        source=source,
        received_at=RECEIVED_AT,
        own_jid=own_jid,
    )


def people(key: Mapping[str, object], *, own_jid: str | None = None) -> list[str]:
    reading = read(key=key, own_jid=own_jid)
    assert isinstance(reading, MessageReceived | MessageSent)
    return [identity.jid for identity in reading.identities]


LID_FORMS = {
    "2.2.3 and older: only the LID": ({"remoteJid": LID_JID}, [LID_JID]),
    "2.3.1 to 2.3.4: the phone in its place, the LID kept aside": (
        {"remoteJid": PHONE_JID, "senderPn": PHONE_JID, "previousRemoteJid": LID_JID},
        [PHONE_JID, LID_JID],
    ),
    "2.3.5 and 2.3.6: the LID, the phone beside it": (
        {"remoteJid": LID_JID, "remoteJidAlt": PHONE_JID, "addressingMode": "lid"},
        [PHONE_JID, LID_JID],
    ),
    "2.3.7: the phone overwrote the LID": (
        {"remoteJid": PHONE_JID, "remoteJidAlt": PHONE_JID, "addressingMode": "lid"},
        [PHONE_JID],
    ),
    "the other address is itself a LID": (
        {"remoteJid": LID_JID, "remoteJidAlt": LID_JID},
        [LID_JID],
    ),
    "the phone, the LID beside it": (
        {"remoteJid": PHONE_JID, "remoteJidAlt": LID_JID, "addressingMode": "pn"},
        [PHONE_JID, LID_JID],
    ),
}


@pytest.mark.parametrize(("key", "expected"), LID_FORMS.values(), ids=LID_FORMS.keys())
def test_every_form_of_a_lid_leads_to_the_same_addresses(
    key: dict[str, object], expected: list[str]
) -> None:
    assert people(key) == expected


SAME_PERSON = [
    "551188887777@s.whatsapp.net",
    "5511988887777@s.whatsapp.net",
    "5511988887777:12@s.whatsapp.net",
    "5511988887777_1:12@s.whatsapp.net",
    "551188887777@c.us",
    "5511988887777@hosted",
    "5511988887777",
]


@pytest.mark.parametrize("jid", SAME_PERSON)
def test_every_spelling_of_a_brazilian_mobile_is_one_person(jid: str) -> None:
    assert people({"remoteJid": jid}) == [PHONE_JID]


def test_device_of_a_lid_is_stripped() -> None:
    assert people({"remoteJid": "203040506070809:31@lid"}) == [LID_JID]


def test_two_phones_in_one_key_never_join_two_people() -> None:
    key = {"remoteJid": PHONE_JID, "remoteJidAlt": "5521955554444@s.whatsapp.net"}
    assert people(key) == [PHONE_JID]


@pytest.mark.parametrize("jid", ["20304abc@lid", "123456@s.whatsapp.net"])
def test_what_the_database_would_refuse_for_good_is_no_address(jid: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        people({"remoteJid": jid})
    assert caught.value.reason is UnreadableReason.ADDRESS


def test_unusable_address_beside_a_good_one_is_passed_over() -> None:
    assert people({"remoteJid": "??@lid", "remoteJidAlt": PHONE_JID}) == [PHONE_JID]


NOBODY = {
    "120363041234567890@g.us": IgnoredReason.GROUP,
    "status@broadcast": IgnoredReason.STATUS,
    "1680000000@broadcast": IgnoredReason.BROADCAST,
    "120363143634035041@newsletter": IgnoredReason.NEWSLETTER,
    "0@s.whatsapp.net": IgnoredReason.SYSTEM,
    "13135550002@bot": IgnoredReason.SYSTEM,
}


@pytest.mark.parametrize("from_me", [False, True])
@pytest.mark.parametrize(("jid", "reason"), NOBODY.items())
def test_chats_that_are_no_person_are_ignored_and_counted(
    jid: str, reason: IgnoredReason, *, from_me: bool
) -> None:
    key = {"remoteJid": jid, "fromMe": from_me, "participant": PHONE_JID}
    assert read(key=key) == Ignored(reason)


@pytest.mark.parametrize("jid", ["", "abc@s.whatsapp.net", "55119@s.whatsapp.net", 7, None, "x@y"])
def test_message_from_nowhere_is_unreadable(jid: object) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(key={"remoteJid": jid})
    assert caught.value.reason is UnreadableReason.ADDRESS


@pytest.mark.parametrize(
    "key", [{"id": None}, {"id": ""}, {"id": 5}, {"fromMe": "yes"}, {"id": "x" * 257}]
)
def test_key_that_breaks_the_contract_is_unreadable(key: dict[str, object]) -> None:
    with pytest.raises(UnreadableError):
        read(key=key)


@pytest.mark.parametrize("value", [None, 7, "text", [], {"key": []}, {"key": {"id": 1}}])
def test_record_of_another_shape_is_unreadable(value: object) -> None:
    with pytest.raises(UnreadableError):
        read_record(value, instance=INSTANCE, source="messages.upsert", received_at=RECEIVED_AT)


def test_from_me_upsert_is_a_message_sent() -> None:
    sent = read(key={"fromMe": True}, pushName="Você")
    assert isinstance(sent, MessageSent)
    assert (sent.source, sent.text, sent.key_id) == ("messages.upsert", "oi", KEY_ID)
    assert sent.provider_at == SENT_AT


def test_send_message_is_ours_even_without_from_me() -> None:
    sent = read(key={"fromMe": None}, source="send.message")
    assert isinstance(sent, MessageSent)
    assert sent.source == "send.message"


def test_catchup_records_say_where_they_come_from() -> None:
    received, sent = (
        read(source="catchup"),
        read(key={"fromMe": True}, source="catchup"),
    )
    assert isinstance(received, MessageReceived)
    assert isinstance(sent, MessageSent)
    assert (received.origin, sent.source) == ("catchup", "catchup")


def test_our_own_number_is_never_taken_for_the_partner() -> None:
    # 2.3.1 to 2.3.4 put the sender's phone into remoteJid, and here the sender is us.
    key = {
        "fromMe": True,
        "remoteJid": OWN_JID,
        "senderPn": OWN_JID,
        "previousRemoteJid": LID_JID,
    }
    assert people(key, own_jid="5511977776666:4@s.whatsapp.net") == [LID_JID]


MOMENT = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
EPOCH = int(MOMENT.timestamp())


@pytest.mark.parametrize(
    "timestamp",
    [
        EPOCH,
        str(EPOCH),
        float(EPOCH),
        EPOCH * 1000,
        {"low": EPOCH, "high": 0, "unsigned": True},
        {
            "low": EPOCH * 1000 % 2**32 - 2**32,
            "high": EPOCH * 1000 >> 32,
            "unsigned": False,
        },
    ],
)
def test_timestamp_is_read_in_all_its_forms(timestamp: object) -> None:
    reading = read(messageTimestamp=timestamp)
    assert isinstance(reading, MessageReceived)
    assert reading.provider_at == MOMENT


@pytest.mark.parametrize(
    "timestamp",
    [
        None,
        0,
        -5,
        "yesterday",
        "²",
        True,
        [],
        {"low": 1},
        10**30,
        float("inf"),
        float("nan"),
        int((RECEIVED_AT + timedelta(days=3)).timestamp()),
    ],
)
def test_timestamp_that_is_none_gives_way_to_the_arrival(timestamp: object) -> None:
    reading = read(messageTimestamp=timestamp)
    assert isinstance(reading, MessageReceived)
    assert reading.provider_at == RECEIVED_AT


def test_old_backlog_keeps_its_old_time() -> None:
    reading = read(messageTimestamp=EPOCH - 30 * 86400)
    assert isinstance(reading, MessageReceived)
    assert reading.provider_at == MOMENT - timedelta(days=30)


# Area codes 10, 20, 30 … do not exist; 23, 25, 26, 29, 36, 39 and a few others neither.
AREA_CODES = [
    "11",
    "12",
    "19",
    "21",
    "27",
    "31",
    "38",
    "41",
    "49",
    "51",
    "61",
    "71",
    "85",
    "99",
]
subscribers = st.from_regex(r"[6-9][0-9]{7}", fullmatch=True)


@given(area=st.sampled_from(AREA_CODES), subscriber=subscribers)
def test_mobile_with_and_without_the_ninth_digit_is_one_person(area: str, subscriber: str) -> None:
    without, with_ninth = f"55{area}{subscriber}", f"55{area}9{subscriber}"
    assert canonical_digits(without) == canonical_digits(with_ninth) == with_ninth


@given(
    area=st.sampled_from(AREA_CODES),
    number=st.from_regex(r"[2-5][0-9]{7}", fullmatch=True),
)
def test_landlines_keep_their_eight_digits(area: str, number: str) -> None:
    assert canonical_digits(f"55{area}{number}") == f"55{area}{number}"


@given(st.from_regex(r"(?!55)[1-9][0-9]{6,14}", fullmatch=True))
def test_foreign_numbers_are_untouched(digits: str) -> None:
    assert canonical_digits(digits) == digits


@given(st.from_regex(r"[1-9][0-9]{5,14}", fullmatch=True))
def test_canonical_form_is_stable(digits: str) -> None:
    assert canonical_digits(canonical_digits(digits)) == canonical_digits(digits)


def test_area_code_that_does_not_exist_gains_no_digit() -> None:
    assert canonical_digits("552088887777") == "552088887777"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=8)
    | st.sampled_from([PHONE_JID, LID_JID, "status@broadcast"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "key",
                    "id",
                    "remoteJid",
                    "fromMe",
                    "message",
                    "conversation",
                    "extendedTextMessage",
                    "text",
                    "ephemeralMessage",
                    "protocolMessage",
                    "type",
                    "editedMessage",
                    "imageMessage",
                    "contactMessage",
                    "contactsArrayMessage",
                    "contacts",
                    "vcard",
                    "locationMessage",
                    "degreesLatitude",
                    "pollCreationMessage",
                    "options",
                    "reactionMessage",
                    "contextInfo",
                    "stanzaId",
                    "quotedMessage",
                    "messageTimestamp",
                    "messageStubType",
                    "low",
                    "high",
                ]
            ),
            children,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                "key",
                "message",
                "messageTimestamp",
                "contextInfo",
                "messageStubType",
                "pushName",
            ]
        ),
        json_values,
    )
)
def test_whatever_comes_is_read_or_refused_but_never_breaks(
    fields: dict[str, object],
) -> None:
    try:
        reading = read_record(
            record({"conversation": "oi"}) | fields,
            instance=INSTANCE,
            source="messages.upsert",
            received_at=RECEIVED_AT,
        )
    except UnreadableError:
        return
    if not isinstance(reading, Ignored):
        assert reading.model_dump_json()
