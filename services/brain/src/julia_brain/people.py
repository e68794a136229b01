"""What a person did in Chatwoot. A handler that returns has committed."""

from datetime import timedelta
from typing import Final

import structlog

from julia_brain import metrics
from julia_brain.domain.reply import split
from julia_brain.handlers import Deps, ring
from julia_common.contracts.messages import DraftDecided, PersonReturned, PersonWrote
from julia_common.database import (
    PersonDecidedAnswer,
    PersonDecidedArguments,
    PersonReturnedAnswer,
    PersonReturnedArguments,
    PersonWroteAnswer,
    PersonWroteArguments,
)
from julia_common.errors import Retryable

LINK_PATIENCE: Final = timedelta(seconds=60)
"""A person may be faster than the record of the conversation's id; later it is none of ours."""


async def wrote(message: PersonWrote, deps: Deps) -> None:
    """Take the conversation over and have her words sent to the doctor.

    Raises `Retryable` while the conversation may be one that is just being made.
    """
    answer = await deps.inbox.person_wrote(
        PersonWroteArguments(
            entrega=message.delivery,
            conversation_id=message.conversation_id,
            conversa_id=str(message.conversa_id) if message.conversa_id else None,
            mensagem_id=message.message_id,
            conteudo=message.text,
            anexos=message.attachments,
            por=message.by,
            em=message.written_at,
        )
    )
    await _settle("mensagem", answer, deps, waits_for=message)


async def returned(message: PersonReturned, deps: Deps) -> None:
    """Give the conversation back to Julia."""
    answer = await deps.inbox.person_returned(
        PersonReturnedArguments(
            entrega=message.delivery,
            conversation_id=message.conversation_id,
            conversa_id=str(message.conversa_id) if message.conversa_id else None,
            motivo=message.how,
            em=message.changed_at,
            por=message.by,
        )
    )
    await _settle("devolucao", answer, deps)


async def decided(message: DraftDecided, deps: Deps) -> None:
    """Approve, change or refuse the draft that waits; another text goes in parts like Julia's."""
    text = message.text.strip()
    answer = await deps.inbox.person_decided(
        PersonDecidedArguments(
            entrega=message.delivery,
            conversation_id=message.conversation_id,
            conversa_id=str(message.conversa_id) if message.conversa_id else None,
            mensagem_id=message.message_id,
            decisao=message.decision,
            partes=split(text) if message.decision == "editar" and text else None,
            motivo=text if message.decision == "rejeitar" and text else None,
            em=message.decided_at,
            por=message.by,
        )
    )
    await _settle("decisao", answer, deps, waits_for=message)


async def _settle(
    what: str,
    answer: PersonWroteAnswer | PersonReturnedAnswer | PersonDecidedAnswer,
    deps: Deps,
    *,
    waits_for: PersonWrote | DraftDecided | None = None,
) -> None:
    """Write down what came of it and ring; `waits_for` comes again while its chat is not known."""
    structlog.contextvars.bind_contextvars(conversa_id=answer.conversa_id, situacao=answer.status)
    if waits_for is not None and answer.status == "desconhecida":
        _wait_for_link(waits_for, deps)
    metrics.PEOPLE.labels(what, answer.status).inc()
    await ring(deps, answer.instance, answer.conversa_id, wanted=answer.doorbell)


def _wait_for_link(message: PersonWrote | DraftDecided, deps: Deps) -> None:
    if deps.clock.now() - message.received_at < LINK_PATIENCE:
        text = "Chatwoot's conversation is not known yet"
        raise Retryable(text)
