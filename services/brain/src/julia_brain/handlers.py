"""What each broker message does to the database. A handler that returns has committed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from julia_brain import metrics
from julia_brain.domain.bot_suspicion import suspicion_of
from julia_brain.domain.handoff import trigger_of
from julia_brain.domain.messages import WRITTEN
from julia_brain.domain.opt_out import complete_opt_out_of
from julia_brain.ports import Doorbell, Inbox
from julia_common.contracts.messages import (
    Connection,
    ContentKind,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
    content_hash,
)
from julia_common.database import BotSuspicion, EditMessage, OptOut, ReceiveMessage, SentEvent
from julia_common.errors import Retryable
from julia_common.resilience.clock import Clock

EDIT_PATIENCE: Final = timedelta(seconds=60)
"""An edit may overtake the message that it changes; one this old waits for nothing any more."""


class Alarm(Protocol):
    """Wakes whoever takes turns."""

    def due_in(self, seconds: float) -> None:
        """Look for due conversations in `seconds`."""
        ...


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handlers use."""

    inbox: Inbox
    doorbell: Doorbell
    alarm: Alarm
    clock: Clock


async def receive(message: MessageReceived, deps: Deps) -> None:
    """Store a doctor's message, once and for ever."""
    content = message.content
    written = content.kind is ContentKind.TEXT
    suspected = suspicion_of(content.text) if written else None
    age = None
    if message.origin == "webhook":
        age = max(timedelta(), deps.clock.now() - message.received_at)
    attachment = content.model_dump(mode="json", include={"media", "reacts_to"}, exclude_none=True)
    received = await deps.inbox.receive_message(
        ReceiveMessage(
            instance=message.instance,
            key_id=message.key_id,
            identities=message.identities,
            push_name=message.push_name,
            provider_at=message.provider_at,
            tipo_conteudo=content.kind,
            conteudo=content.text,
            anexos=attachment.get("media", attachment) or None,
            quoted=message.quoted,
            origin=message.origin,
            idade_ms=None if age is None else age // timedelta(milliseconds=1),
            opt_out=_opt_out_in(content.text) if content.kind in WRITTEN else None,
            suspeita_bot=(
                BotSuspicion(padrao=suspected.padrao, trecho=suspected.trecho)
                if suspected
                else None
            ),
            juridico=_speaks_of_law(content.text) if content.kind in WRITTEN else False,
        )
    )
    metrics.STORED.labels(content.kind.value, received.status).inc()
    if message.origin == "catchup" and received.status == "nova":
        metrics.ONLY_CAUGHT_UP.inc()
    if age is not None and received.status == "nova":
        stored_after = max(timedelta(), deps.clock.now() - message.received_at)
        metrics.INBOUND_SECONDS.observe(stored_after.total_seconds())
    structlog.contextvars.bind_contextvars(
        conversa_id=received.conversa_id, medico_id=received.medico_id, situacao=received.status
    )
    if received.due_in_ms is not None:
        deps.alarm.due_in(received.due_in_ms / 1000)
    await ring(deps, message.instance, received.conversa_id, wanted=received.doorbell)


async def edit(message: MessageEdited, deps: Deps) -> None:
    """Change or delete a message that is not answered yet.

    Raises `Retryable` for a recent change of a message that has not been stored: it is on its way.
    """
    edited = await deps.inbox.edit_message(
        EditMessage(
            instance=message.instance,
            key_id=message.key_id,
            change=message.change,
            text=message.text,
            changed_at=message.changed_at,
            opt_out=_opt_out_in(message.text or ""),
        )
    )
    structlog.contextvars.bind_contextvars(conversa_id=edited.conversa_id, situacao=edited.status)
    recent = deps.clock.now() - message.changed_at < EDIT_PATIENCE
    if edited.status == "desconhecida" and recent:
        text = "the message that this edit changes is not stored yet"
        raise Retryable(text)
    await ring(deps, message.instance, edited.conversa_id, wanted=edited.doorbell)


async def record_sent(message: MessageSent, deps: Deps) -> None:
    """Bind an echo of ours, or take the conversation over for the person who typed.

    Raises `Retryable` while an attempt of ours could still turn out to be this message.
    """
    recorded = await deps.inbox.record_sent_event(
        SentEvent(
            instance=message.instance,
            key_id=message.key_id,
            identities=message.identities,
            source=message.source,
            text_hash=content_hash(message.text, message.file_sha256),
            text=message.text,
            tipo_conteudo=message.content_kind,
            provider_at=message.provider_at,
        )
    )
    structlog.contextvars.bind_contextvars(
        conversa_id=recorded.conversa_id, situacao=recorded.status
    )
    await ring(deps, message.instance, recorded.conversa_id, wanted=recorded.doorbell)
    if recorded.status == "aguardar":
        text = "a send of ours still lacks its id: whose message this is shows later"
        raise Retryable(text, retry_after=(recorded.retry_in_ms or 0) / 1000 or None)


async def record_ack(message: MessageAcked, deps: Deps) -> None:
    """Note how far a message of ours got."""
    recorded = await deps.inbox.record_ack(
        instance=message.instance, key_id=message.key_id, status=message.status
    )
    structlog.contextvars.bind_contextvars(situacao=recorded.status)


async def record_connection(message: Connection, deps: Deps) -> None:
    """Note the state of a number's connection."""
    await deps.inbox.connection_changed(
        instance=message.instance, state=message.state, reason=message.reason
    )


def _opt_out_in(text: str) -> OptOut | None:
    asked = complete_opt_out_of(text)
    if asked is None:
        return None
    return OptOut(motivo=asked.motivo, escopo=asked.escopo, juridico=_speaks_of_law(text))


def _speaks_of_law(text: str) -> bool:
    trigger = trigger_of([text], [])
    return trigger is not None and trigger.trigger_type == "juridico"


async def ring(deps: Deps, instance: str | None, conversa_id: str | None, *, wanted: bool) -> None:
    """Tell the dispatcher, if it is wanted, that the conversation has something to send."""
    if wanted and conversa_id is not None and instance is not None:
        await deps.doorbell.ring(instance=instance, conversa_id=conversa_id)
