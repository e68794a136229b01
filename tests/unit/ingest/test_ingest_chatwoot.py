"""What of Chatwoot's webhooks concerns a doctor, and who may bring them."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from julia_common.chatwoot import sign
from julia_common.contracts.messages import DraftDecided, PersonReturned, PersonWrote
from julia_common.secrets import RotatingSecret
from julia_common.whatsapp import UnreadableError
from julia_ingest.domain.chatwoot import Ignored, read_event
from julia_ingest.domain.chatwoot_credentials import ChatwootAuthenticator, ChatwootCredentials
from julia_ingest.domain.credentials import Verdict

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CONVERSA = "6f0f3d4e-7d2a-4a53-9a39-1f9d3f1f0a11"
WRITTEN: dict[str, Any] = {
    "event": "message_created",
    "id": 91,
    "content": "Oi, aqui é a Bia",
    "content_type": "text",
    "content_attributes": {},
    "message_type": "outgoing",
    "private": False,
    "sender": {"id": 2, "name": "Bia", "type": "user"},
    "inbox": {"id": 1, "name": "WhatsApp"},
    "conversation": {"id": 17, "inbox_id": 1, "custom_attributes": {"conversa_id": CONVERSA}},
}
CHANGED: dict[str, Any] = {
    "event": "conversation_updated",
    "id": 17,
    "inbox_id": 1,
    "status": "open",
    "labels": ["vip"],
    "custom_attributes": {"conversa_id": CONVERSA},
    "meta": {"assignee": {"id": 2, "name": "Bia", "type": "user"}},
    "updated_at": (NOW - timedelta(seconds=3)).timestamp(),
    "changed_attributes": [
        {"label_list": {"previous_value": ["vip", "humano"], "current_value": ["vip"]}}
    ],
}


def read(told: dict[str, Any], **changes: Any) -> Any:
    return read_event(
        copy.deepcopy(told) | changes,
        inbox_id=1,
        delivery="d1",
        sent_at=NOW - timedelta(seconds=1),
        received_at=NOW,
    )


def test_a_persons_words_to_the_doctor_count() -> None:
    found = read(WRITTEN, attachments=[{"file_type": "image"}])

    assert isinstance(found, PersonWrote)
    assert (found.conversation_id, found.message_id, found.text) == (17, 91, "Oi, aqui é a Bia")
    assert (str(found.conversa_id), found.by, found.attachments) == (CONVERSA, "Bia", 1)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"private": True}, Ignored.PRIVATE),
        ({"private": None}, Ignored.PRIVATE),
        ({"message_type": "incoming", "sender": {"type": "contact"}}, Ignored.NOT_A_PERSON),
        ({"message_type": "template"}, Ignored.NOT_A_PERSON),
        ({"sender": {"type": "agent_bot"}}, Ignored.NOT_A_PERSON),
        ({"content_attributes": {"julia_id": "efeito:3"}}, Ignored.OURS),
        ({"conversation": {"id": 17, "inbox_id": 8}}, Ignored.INBOX),
        ({"event": "message_updated"}, Ignored.EVENT),
    ],
)
def test_nothing_else_leaves(changes: dict[str, Any], why: Ignored) -> None:
    assert read(WRITTEN, **changes) is why


def test_what_the_editor_marked_is_marked_for_whatsapp() -> None:
    assert read(WRITTEN, content=r"É **amanhã** às 7h\.").text == "É *amanhã* às 7h."


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-03-02T11:59:57.123Z", NOW - timedelta(seconds=2.877)),
        ("2026-03-02T08:59:57-03:00", NOW - timedelta(seconds=3)),
        ("2026-03-02T11:59:57", None),
        ("ontem", None),
        (1772452797, None),
        (None, None),
    ],
)
def test_when_a_person_wrote_is_read_if_it_can_be(told: object, at: datetime | None) -> None:
    assert read(WRITTEN, created_at=told).written_at == at


@pytest.mark.parametrize(
    ("note", "decision", "text"),
    [
        ("aprovar", "aprovar", ""),
        (" Aprovar.\n", "aprovar", ""),
        ("editar: Tem sim, no sábado!", "editar", "Tem sim, no sábado!"),
        ("editar: É **amanhã**.", "editar", "É *amanhã*."),
        ("EDITAR\nTem sim.\nServe?", "editar", "Tem sim.\nServe?"),
        ("editar:", "editar", ""),
        ("Editar isso depois com a Ana", "editar", ""),
        ("editar, depois falo com ela", "editar", ""),
        ("rejeitar", "rejeitar", ""),
        ("Rejeitar, tom errado", "rejeitar", "tom errado"),
    ],
)
def test_a_private_note_decides_on_a_draft(note: str, decision: str, text: str) -> None:
    written_at = (NOW - timedelta(seconds=4)).isoformat()
    found = read(WRITTEN, private=True, content=note, created_at=written_at)

    assert isinstance(found, DraftDecided)
    assert (found.decision, found.text, found.message_id) == (decision, text, 91)
    assert (found.by, found.decided_at) == ("Bia", NOW - timedelta(seconds=4))


@pytest.mark.parametrize(
    "note", ["", "aprovar não!", "aprovado", "aprovarei depois", "acho que é bom editar isto"]
)
def test_other_notes_decide_nothing(note: str) -> None:
    assert read(WRITTEN, private=True, content=note) is Ignored.PRIVATE


def test_what_we_write_ourselves_decides_nothing() -> None:
    ours = {"content_attributes": {"julia_id": "efeito:3"}}

    assert read(WRITTEN, private=True, content="aprovar", **ours) is Ignored.OURS


def labelled(before: list[str], now: list[str]) -> Any:
    change = {"label_list": {"previous_value": before, "current_value": now}}
    return read(CHANGED, labels=now, changed_attributes=[change])


@pytest.mark.parametrize(
    ("before", "now", "decision"),
    [
        (["rascunho"], ["rascunho", "aprovar"], "aprovar"),
        ([], ["rejeitar"], "rejeitar"),
        ([], ["aprovar", "rejeitar"], "rejeitar"),
    ],
)
def test_a_label_that_is_put_on_decides_on_a_draft(
    before: list[str], now: list[str], decision: str
) -> None:
    found = labelled(before, now)

    assert isinstance(found, DraftDecided)
    assert (found.decision, found.message_id) == (decision, None)
    assert found.decided_at == NOW - timedelta(seconds=3)


@pytest.mark.parametrize(
    ("before", "now"),
    [(["aprovar"], ["aprovar", "vip"]), (["aprovar"], []), ([], ["rascunho"])],
)
def test_other_labels_decide_nothing(before: list[str], now: list[str]) -> None:
    assert labelled(before, now) is Ignored.OTHER_CHANGE


def test_a_label_that_is_off_again_decides_nothing_however_late_it_is_told() -> None:
    # Chatwoot tells the conversation as it is when it tells: a newer draft has cleared the label.
    change = {"label_list": {"previous_value": [], "current_value": ["aprovar"]}}

    assert read(CHANGED, labels=["rascunho"], changed_attributes=[change]) is Ignored.OTHER_CHANGE


def test_taking_the_label_off_gives_back() -> None:
    found = read(CHANGED)

    assert isinstance(found, PersonReturned)
    assert (found.how, found.by) == ("etiqueta", "Bia")
    assert found.changed_at == NOW - timedelta(seconds=3)


def test_resolving_gives_back() -> None:
    change = {"status": {"previous_value": "open", "current_value": "resolved"}}
    found = read(CHANGED, event="conversation_status_changed", changed_attributes=[change])

    assert isinstance(found, PersonReturned)
    assert found.how == "resolvida"


@pytest.mark.parametrize(
    "changes",
    [
        {"changed_attributes": []},
        {"changed_attributes": [{"label_list": {"previous_value": [], "current_value": []}}]},
        {
            "changed_attributes": [
                {"label_list": {"previous_value": [], "current_value": ["humano"]}}
            ]
        },
        {
            "changed_attributes": [
                {"status": {"previous_value": "resolved", "current_value": "open"}}
            ]
        },
        {"changed_attributes": [{"assignee_id": {"previous_value": 1, "current_value": 2}}]},
    ],
)
def test_other_changes_give_nothing_back(changes: dict[str, Any]) -> None:
    assert read(CHANGED, **changes) is Ignored.OTHER_CHANGE


def test_a_change_dated_after_its_delivery_is_as_old_as_that() -> None:
    found = read(CHANGED, updated_at=(NOW + timedelta(days=1)).timestamp())

    assert found.changed_at == NOW - timedelta(seconds=1)


def test_an_event_without_its_ids_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        read(WRITTEN, id="noventa")


BODY = b'{"event":"message_created"}'
AT = str(int(NOW.timestamp()))


def judged(secret: SecretStr, *, now: datetime = NOW, body: bytes = BODY, **presented: Any) -> str:
    credentials = {"timestamp": None, "signature": None, "token": None} | presented
    return ChatwootAuthenticator(secret).judge(ChatwootCredentials(**credentials), body, now=now)


def test_a_signature_counts_for_its_body_and_its_time() -> None:
    secret = SecretStr("segredo")
    signed = {"timestamp": AT, "signature": sign(BODY, AT, "segredo")}

    assert judged(secret, **signed) is Verdict.TRUSTED
    assert judged(secret, body=BODY + b" ", **signed) is Verdict.WRONG_TOKEN
    assert judged(secret, **signed | {"timestamp": str(int(AT) + 1)}) is Verdict.WRONG_TOKEN
    assert judged(secret, now=NOW + timedelta(minutes=6), **signed) is Verdict.WRONG_TOKEN
    assert judged(secret, now=NOW - timedelta(minutes=6), **signed) is Verdict.WRONG_TOKEN


def test_old_and_new_secret_are_both_good_for_a_while() -> None:
    secret = RotatingSecret("velho")
    signed = {"timestamp": AT, "signature": sign(BODY, AT, "velho")}
    secret.take("novo")

    assert judged(secret, **signed) is Verdict.TRUSTED
    assert judged(secret, timestamp=AT, signature=sign(BODY, AT, "novo")) is Verdict.TRUSTED
    assert judged(secret, timestamp=AT, signature=sign(BODY, AT, "outro")) is Verdict.WRONG_TOKEN


def test_versions_that_do_not_sign_bring_the_secret_in_the_url() -> None:
    assert judged(SecretStr("segredo"), token="segredo") is Verdict.TRUSTED
    assert judged(SecretStr("segredo"), token="outro") is Verdict.WRONG_SECRET
    assert judged(SecretStr("segredo")) is Verdict.MISSING


def test_a_wrong_signature_is_not_saved_by_the_url() -> None:
    wrong = {"timestamp": AT, "signature": "sha256=00", "token": "segredo"}

    assert judged(SecretStr("segredo"), **wrong) is Verdict.WRONG_TOKEN


def test_without_a_secret_nobody_is_trusted() -> None:
    empty = SecretStr("")

    assert not ChatwootAuthenticator(empty).is_ready
    assert judged(empty, timestamp=AT, signature=sign(BODY, AT, "")) is Verdict.WRONG_TOKEN
    assert judged(empty, token="") is Verdict.WRONG_SECRET
