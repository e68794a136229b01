"""What people did in Chatwoot and no webhook told: asks Chatwoot, and does it then.

Some versions deliver a webhook once, whoever listens. What was heard after all is known by its
message's id, or by its hand-off: nothing counts twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from julia_common.chatwoot import Chat, ChatStatus, Missing, PersonsMessage
from julia_common.chatwoot.decisions import decision_in
from julia_common.contracts.messages import DraftDecided
from julia_common.database import (
    ChatwootWindow,
    Doorbell,
    PersonReturnedAnswer,
    PersonReturnedArguments,
    PersonWroteAnswer,
    PersonWroteArguments,
    Unheard,
)
from julia_common.errors import Permanent, Retryable
from julia_scheduler import metrics
from julia_scheduler.bell import ring_all
from julia_scheduler.chatwoot.returns import NOBODY, given_back, how_given_back
from julia_scheduler.ports import Publish

JOB: Final = "recuperacao_chatwoot"
_ORIGIN: Final = "chatwoot"
_MAX_NAME: Final = 128

log = structlog.get_logger(__name__)


class Told(Protocol):
    """The database, which knows what was heard (`docs/reference/rpc.md`, People)."""

    async def chatwoot_window(self, *, job: str) -> ChatwootWindow:
        """Say since when to look."""
        ...

    async def chatwoot_unheard(
        self,
        *,
        antes: datetime,
        mensagens: Sequence[int],
        conversas: Sequence[int],
        conversa: int,
        notas: Sequence[int],
    ) -> Unheard:
        """Sort out what is news."""
        ...

    async def person_wrote(self, message: PersonWroteArguments) -> PersonWroteAnswer:
        """Take the conversation over for who wrote, and send her words to the doctor."""
        ...

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        """Give the conversation back."""
        ...


class Memory(Protocol):
    """What Chatwoot remembers; see `julia_common.chatwoot.Chatwoot`."""

    async def active_since(self, since: datetime) -> tuple[Chat, ...]:
        """List the conversations in which anything happened."""
        ...

    async def chat(self, chat_id: int) -> Chat:
        """Show a conversation as it is now."""
        ...

    async def written_by_people(self, chat_id: int, since: datetime) -> tuple[PersonsMessage, ...]:
        """List what people wrote, to the doctor and to each other, the oldest first."""
        ...


class ChatwootCatchUp:
    """Looks through what happened in Chatwoot since it last saw everything."""

    def __init__(self, database: Told, memory: Memory, publisher: Publish) -> None:
        """Prepare; `publisher` rings the dispatcher, and tells brain of decisions."""
        self._database = database
        self._memory = memory
        self._publisher = publisher

    async def run(self) -> int:
        """Do what was not heard; returns how much that was.

        A conversation that cannot be looked through fails the run after the others were: the next
        one looks as far back.
        """
        window = await self._database.chatwoot_window(job=JOB)
        found = 0
        failures: list[Exception] = []
        for chat in await self._memory.active_since(window.since):
            if chat.conversa_id is None:
                continue
            try:
                found += await self._look_through(chat, chat.conversa_id, window)
            except Missing:
                log.info("a conversation was deleted in Chatwoot", conversa_id=chat.conversa_id)
            except (Retryable, Permanent) as error:
                failures.append(error)
        if found:
            log.info("found what no webhook of Chatwoot has told", encontradas=found)
        if failures:
            message = "catch-up could not look through every conversation in Chatwoot"
            raise ExceptionGroup(message, failures)
        return found

    async def _look_through(self, chat: Chat, conversa_id: str, window: ChatwootWindow) -> int:
        seen = await self._memory.written_by_people(chat.id, window.since)
        written = [message for message in seen if not message.private]
        decisions = {
            note.id: decision
            for note in seen
            if note.private and (decision := _decision(note, chat, window.until)) is not None
        }
        given = how_given_back(chat) is not None
        if not written and not decisions and not given:
            return 0
        news = await self._database.chatwoot_unheard(
            antes=window.until,
            mensagens=[message.id for message in written],
            conversas=[chat.id] if given else [],
            conversa=chat.id,
            notas=list(decisions),
        )
        ended = next((each.handoff_id for each in news.devolvidas), None)
        for note in news.notas:
            await self._publisher.publish(decisions[note], key=conversa_id)
            metrics.CHATWOOT_CAUGHT_UP.labels("decisao", "publicada").inc()
        found = len(news.notas)
        for message in written:
            if message.id not in news.mensagens:
                continue
            answer = await self._tell(message, chat, conversa_id)
            found += answer.status in ("assumida", "aceita", "encerrada")
            if answer.status == "assumida":
                chat = await self._memory.chat(chat.id)
                ended = answer.handoff_id if _is_resolved_since(chat, written[-1]) else None
        return found + await self._give_back(chat, ended)

    async def _tell(
        self, message: PersonsMessage, chat: Chat, conversa_id: str
    ) -> PersonWroteAnswer:
        answer = await self._database.person_wrote(
            PersonWroteArguments(
                entrega=f"visto:{message.id}",
                conversation_id=chat.id,
                conversa_id=conversa_id,
                mensagem_id=message.id,
                conteudo=message.text,
                anexos=message.attachments,
                por=message.by or NOBODY,
                em=message.at,
            )
        )
        metrics.CHATWOOT_CAUGHT_UP.labels("mensagem", answer.status).inc()
        await self._ring(answer)
        return answer

    async def _give_back(self, chat: Chat, handoff_id: str | None) -> int:
        returned = given_back(chat, handoff_id) if handoff_id is not None else None
        if returned is None:
            return 0
        answer = await self._database.person_returned(returned)
        metrics.CHATWOOT_CAUGHT_UP.labels("devolucao", answer.status).inc()
        await self._ring(answer)
        return int(answer.status == "devolvida")

    async def _ring(self, answer: PersonWroteAnswer | PersonReturnedAnswer) -> None:
        if answer.doorbell and answer.conversa_id is not None and answer.instance is not None:
            doorbell = Doorbell(conversa_id=answer.conversa_id, instance=answer.instance)
            await ring_all(self._publisher, [doorbell], origin=_ORIGIN)


def _decision(note: PersonsMessage, chat: Chat, seen_at: datetime) -> DraftDecided | None:
    """What a note says of a draft, as its webhook would have told it; None: nothing."""
    said = decision_in(note.text)
    if said is None:
        return None
    decision, text = said
    return DraftDecided(
        delivery=f"visto:{note.id}",
        conversation_id=chat.id,
        by=(note.by or NOBODY)[:_MAX_NAME],
        decision=decision,
        message_id=note.id,
        text=text,
        decided_at=min(note.at, seen_at),
        received_at=seen_at,
    )


def _is_resolved_since(chat: Chat, message: PersonsMessage) -> bool:
    """Whether who wrote this has resolved the conversation afterwards.

    It may have been resolved before; and of a hand-off that begins now the label says nothing yet.
    """
    return chat.status == ChatStatus.RESOLVED and chat.active_at > message.at
