"""What a webhook of Chatwoot says that concerns a doctor. Pure.

Of all that Chatwoot tells, three things count: a person wrote to the doctor, gave the conversation
back, or answered a draft of Julia's, by a label or a private note that begins with what is to be
done. Other private notes, what doctors wrote, bots, other inboxes, and whatever we posted ourselves
(it bears our mark) stop here.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from julia_common.chatwoot.decisions import APPROVE, REJECT, decision_in
from julia_common.chatwoot.markup import as_whatsapp
from julia_common.contracts.messages import DraftDecided, PersonReturned, PersonWrote
from julia_common.whatsapp import UnreadableError, UnreadableReason
from julia_common.whatsapp.wire import JsonObject, as_object, as_text

LABEL: Final = "humano"
_NOBODY: Final = "alguém no Chatwoot"
_MAX_NAME: Final = 128
_FAR: Final = 1e11


class Ignored(StrEnum):
    """Why an event is of no concern; a metric label."""

    EVENT = "evento"
    INBOX = "outra_caixa"
    PRIVATE = "nota_privada"
    NOT_A_PERSON = "nao_e_pessoa"
    OURS = "nossa"
    OTHER_CHANGE = "outra_mudanca"


def read_event(
    body: object, *, inbox_id: int, delivery: str, sent_at: datetime, received_at: datetime
) -> PersonWrote | PersonReturned | DraftDecided | Ignored:
    """Read a decoded body. `sent_at` is the delivery's time, for events that bring none.

    Raises `UnreadableError` for what looks like one of ours and lacks what it must have.
    """
    event = as_object(body)
    match event.get("event"):
        case "message_created":
            return _message(event, inbox_id, delivery, received_at)
        case "conversation_updated" | "conversation_status_changed":
            return _conversation(event, inbox_id, delivery, sent_at, received_at)
        case _:
            return Ignored.EVENT


def _message(
    event: JsonObject, inbox_id: int, delivery: str, received_at: datetime
) -> PersonWrote | DraftDecided | Ignored:
    conversation, sender = as_object(event.get("conversation")), as_object(event.get("sender"))
    if _inbox_of(event, conversation) != inbox_id:
        return Ignored.INBOX
    if event.get("message_type") != "outgoing" or sender.get("type") != "user":
        return Ignored.NOT_A_PERSON
    if "julia_id" in as_object(event.get("content_attributes")):
        return Ignored.OURS
    if event.get("private") is not False:
        return _note(event, conversation, sender, delivery, received_at)
    attachments = event.get("attachments")
    return PersonWrote(
        delivery=delivery,
        conversation_id=_id(conversation),
        conversa_id=_ours(conversation),
        by=_name(sender),
        message_id=_id(event),
        text=as_whatsapp(as_text(event.get("content")) or ""),
        attachments=len(attachments) if isinstance(attachments, list) else 0,
        written_at=_time(event.get("created_at")),
        received_at=received_at,
    )


def _note(
    event: JsonObject,
    conversation: JsonObject,
    sender: JsonObject,
    delivery: str,
    received_at: datetime,
) -> DraftDecided | Ignored:
    said = decision_in(as_text(event.get("content")) or "")
    if said is None:
        return Ignored.PRIVATE
    decision, text = said
    return DraftDecided(
        delivery=delivery,
        conversation_id=_id(conversation),
        conversa_id=_ours(conversation),
        by=_name(sender),
        decision=decision,
        message_id=_id(event),
        text=as_whatsapp(text),
        decided_at=_created_at(event, received_at),
        received_at=received_at,
    )


def _conversation(
    event: JsonObject,
    inbox_id: int,
    delivery: str,
    sent_at: datetime,
    received_at: datetime,
) -> PersonReturned | DraftDecided | Ignored:
    if _inbox_of(event, event) != inbox_id:
        return Ignored.INBOX
    decision = _decision_by_label(event)
    if decision is not None:
        return DraftDecided(
            delivery=delivery,
            conversation_id=_id(event),
            conversa_id=_ours(event),
            by=_name(as_object(as_object(event.get("meta")).get("assignee"))),
            decision=decision,
            decided_at=_changed_at(event, sent_at),
            received_at=received_at,
        )
    how = _how_returned(event)
    if how is None:
        return Ignored.OTHER_CHANGE
    return PersonReturned(
        delivery=delivery,
        conversation_id=_id(event),
        conversa_id=_ours(event),
        by=_name(as_object(as_object(event.get("meta")).get("assignee"))),
        how=how,
        changed_at=_changed_at(event, sent_at),
        received_at=received_at,
    )


def _how_returned(event: JsonObject) -> Literal["resolvida", "etiqueta"] | None:
    status, labels = _change(event, "status"), _change(event, "label_list")
    if status is not None and status[1] == "resolved":
        return "resolvida"
    if labels is not None and _has_label(labels[0]) and not _has_label(labels[1]):
        return "etiqueta"
    return None


def _decision_by_label(event: JsonObject) -> Literal["aprovar", "rejeitar"] | None:
    labels = _change(event, "label_list")
    if labels is None:
        return None
    before, now = (each if isinstance(each, list) else [] for each in labels)
    # Told late, it is told with the conversation as it is then: what was taken off meanwhile, as
    # happens before each newer draft, was not put on for what is shown now.
    standing = event.get("labels")
    put_on = [
        each
        for each in now
        if each not in before and (not isinstance(standing, list) or each in standing)
    ]
    # Of two contrary ones the one that sends nothing.
    if REJECT in put_on:
        return REJECT
    return APPROVE if APPROVE in put_on else None


def _created_at(event: JsonObject, received_at: datetime) -> datetime:
    """When it was written; a time of our future would be about a draft that is still to come."""
    return min(_time(event.get("created_at")) or received_at, received_at)


def _changed_at(event: JsonObject, sent_at: datetime) -> datetime:
    changed = event.get("updated_at")
    if not isinstance(changed, int | float) or isinstance(changed, bool):
        return sent_at
    # A time of our future would make an old event count as a new one.
    return min(datetime.fromtimestamp(max(0.0, min(changed, _FAR)), UTC), sent_at)


def _time(written: object) -> datetime | None:
    """A webhook's time, as ISO 8601; None for anything else: it is not worth a quarantine."""
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _change(event: JsonObject, field: str) -> tuple[object, object] | None:
    """What a field was before and is now, if the event tells that it changed."""
    changes = event.get("changed_attributes")
    for change in changes if isinstance(changes, list) else []:
        values = change.get(field) if isinstance(change, dict) else None
        if isinstance(values, dict):
            return values.get("previous_value"), values.get("current_value")
    return None


def _has_label(labels: object) -> bool:
    return isinstance(labels, list) and LABEL in labels


def _inbox_of(event: JsonObject, conversation: JsonObject) -> object:
    return conversation.get("inbox_id", as_object(event.get("inbox")).get("id"))


def _ours(conversation: JsonObject) -> UUID | None:
    written = as_object(conversation.get("custom_attributes")).get("conversa_id")
    try:
        return UUID(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _name(person: JsonObject) -> str:
    return (as_text(person.get("name")) or _NOBODY)[:_MAX_NAME]


def _id(value: JsonObject) -> int:
    found = value.get("id")
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise UnreadableError(UnreadableReason.ENVELOPE)
    return found
