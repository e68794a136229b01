"""The use case: take a webhook's body to the broker, all of it, before anything is answered."""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from julia_common.contracts.canary import is_canary
from julia_common.contracts.messages import (
    DraftDecided,
    Message,
    MessageReceived,
    MessageSent,
    PersonReturned,
    PersonWrote,
    SlackRequest,
)
from julia_common.whatsapp import UnreadableError, UnreadableReason
from julia_common.whatsapp.wire import cleaned
from julia_ingest import metrics
from julia_ingest.domain.decoding import decode
from julia_ingest.domain.envelope import Envelope, read_envelope
from julia_ingest.domain.events import Harvest, Unread, known_event, read_event
from julia_ingest.ports import Outlet

WEBHOOK_PATH: Final = "/webhook/evolution"
"""What may follow in the URL is the caller's choice, and therefore written nowhere."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An authenticated webhook: its body, and the event that its URL's path may name."""

    body: bytes
    path_event: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a webhook. `event` is a known event's name or `other`."""

    event: str
    published: int = 0
    ignored: int = 0
    quarantined: int = 0


async def accept(webhook: Webhook, outlet: Outlet) -> Receipt:
    """Publish what the webhook brings and quarantine what cannot be read.

    Returns when the broker has everything. Raises `Retryable` when it perhaps has not: the sender
    is to deliver again, and what doubles by that is recognised later.
    """
    try:
        envelope, harvest = _read(webhook)
    except UnreadableError as error:
        await _quarantine(outlet, webhook.body, error.reason)
        metrics.EVENTS.labels("other").inc()
        return Receipt(event="other", quarantined=1)
    for message in harvest.messages:
        await outlet.publish(message, key=conversation_key(message))
        if isinstance(message, MessageReceived) and not is_canary(message.key_id):
            metrics.RECEIVED.labels(message.content.kind).inc()
    for unread in harvest.unread:
        await _quarantine(outlet, _only(envelope, unread), unread.reason)
    for ignored in harvest.ignored:
        metrics.IGNORED.labels(ignored.reason).inc()
    event = known_event(envelope.event)
    metrics.EVENTS.labels(event).inc()
    return Receipt(
        event=event,
        published=len(harvest.messages),
        ignored=len(harvest.ignored),
        quarantined=len(harvest.unread),
    )


def conversation_key(message: Message) -> str:
    """Return an opaque id that is the same for all messages of one chat, never its number."""
    match message:
        case PersonWrote() | PersonReturned() | DraftDecided():
            of, about = "chatwoot", str(message.conversation_id)
        case SlackRequest():
            of, about = "slack", message.user
        case MessageReceived() | MessageSent() if message.identities:
            of, about = message.instance, message.identities[0].jid
        case _:
            of, about = message.instance, getattr(message, "key_id", "")
    return hashlib.sha256(f"{of}\n{about}".encode()).hexdigest()[:32]


def _read(webhook: Webhook) -> tuple[Envelope, Harvest]:
    try:
        document = cleaned(decode(webhook.body))
        metrics.REPAIRED.inc(document.repairs)
        envelope = read_envelope(document.value, path_event=webhook.path_event)
        return envelope, read_event(envelope, received_at=webhook.received_at)
    except UnreadableError:
        raise
    except Exception as error:
        # A defect of ours must not make Evolution retry in vain and then drop the event.
        _log.exception("a webhook could not be read because of a defect; it is quarantined")
        raise UnreadableError(UnreadableReason.DEFECT) from error


def _only(envelope: Envelope, unread: Unread) -> bytes:
    """Write an envelope with nothing but the unreadable part, so that a replay brings only that."""
    return json.dumps(
        {
            "event": envelope.event,
            "instance": envelope.instance,
            "data": unread.data,
            "sender": envelope.own_jid,
        }
    ).encode()


async def _quarantine(outlet: Outlet, body: bytes, reason: UnreadableReason) -> None:
    await outlet.quarantine(body, reason=reason, path=WEBHOOK_PATH)
    metrics.QUARANTINED.labels(reason).inc()
    _log.error("a webhook could not be read and is in quarantine", extra={"motivo": reason})
