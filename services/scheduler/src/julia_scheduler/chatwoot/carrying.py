"""Carries out in Chatwoot what the database says is to be done, in order, until it is done.

A conversation is lent to one process at a time. What was lent before may have been done: messages
are looked for by their marks before they are posted again, everything else may be done twice.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from julia_common.chatwoot import (
    UNCERTAIN_RETRY_SECONDS,
    Chat,
    ChatStatus,
    ChatwootRefused,
    Direction,
    Missing,
    Post,
)
from julia_common.database import (
    ChatwootConversation,
    ChatwootDoctor,
    ChatwootEffect,
    ChatwootHeld,
    ChatwootLinked,
    DueChatwoot,
    PersonReturnedAnswer,
    PersonReturnedArguments,
)
from julia_common.errors import Permanent, Retryable
from julia_common.telemetry import tracing
from julia_scheduler import metrics
from julia_scheduler.chatwoot import drafts, texts
from julia_scheduler.chatwoot.returns import LABEL, given_back

AT_ONCE: Final = 8
"""Conversations worked on side by side; Chatwoot allows an address 3,000 requests a minute."""
LOAN_SECONDS: Final = 60
"""Of a conversation, from each effect to the next."""
WORK_SECONDS: Final = 45.0
"""Chatwoot may be slow at each request: whoever takes longer stops before another has the loan."""

_LONGEST_WAIT_SECONDS: Final = 30.0
_REFUSED_WAIT_SECONDS: Final = 60.0
_DIRECTIONS: Final = {
    "medico": Direction.INCOMING,
    "julia": Direction.OUTGOING,
    "gestor": Direction.OUTGOING,
}

log = structlog.get_logger(__name__)


class Waiting(Protocol):
    """The database's effects (`docs/reference/rpc.md`, People)."""

    async def due_chatwoot(self, *, owner: str, limit: int, lease_s: int) -> DueChatwoot:
        """Borrow conversations of which something is to be done."""
        ...

    async def chatwoot_linked(
        self, *, conversa_id: str, contact_id: int, conversation_id: int
    ) -> ChatwootLinked:
        """Remember Chatwoot's ids."""
        ...

    async def chatwoot_done(
        self, *, efeito_id: int, owner: str, lease_s: int, desistiu: str | None = None
    ) -> ChatwootHeld:
        """Say that an effect is done, or never will be."""
        ...

    async def chatwoot_released(
        self, *, conversa_id: str, owner: str, retry_in_s: float, erro: str | None = None
    ) -> ChatwootHeld:
        """Give the conversation back."""
        ...

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        """Say that a person has given the conversation back to Julia."""
        ...


class Inbox(Protocol):
    """See `julia_common.chatwoot.Chatwoot`."""

    async def find_contact(self, *, phone: str | None, identifier: str) -> int | None:
        """Find a contact by its number or our identifier."""
        ...

    async def create_contact(self, *, name: str, phone: str | None, identifier: str) -> int:
        """Make a contact."""
        ...

    async def delete_contact(self, contact_id: int) -> None:
        """Delete a contact with its conversations."""
        ...

    async def chats_of(self, contact_id: int) -> tuple[Chat, ...]:
        """The contact's conversations."""
        ...

    async def create_chat(self, contact_id: int, *, conversa_id: str, instance: str) -> int:
        """Make a conversation."""
        ...

    async def chat(self, chat_id: int) -> Chat:
        """Show a conversation as it is now."""
        ...

    async def post(self, chat_id: int, post: Post) -> int:
        """Post a message."""
        ...

    async def marks(self, chat_id: int, *, wanted: Collection[str]) -> frozenset[str]:
        """Which of these marks are there."""
        ...

    async def label(
        self, chat_id: int, *, on: Collection[str] = (), off: Collection[str] = ()
    ) -> None:
        """Put labels on and take labels off."""
        ...

    async def set_status(self, chat_id: int, status: ChatStatus) -> None:
        """Set the status."""
        ...


class Carrier:
    """Works off what waits."""

    def __init__(self, database: Waiting, inbox: Inbox, *, owner: str) -> None:
        """Borrow as `owner`, which is this process alone."""
        self._database = database
        self._inbox = inbox
        self._owner = owner

    async def carry(self) -> None:
        """Do what is due now; what fails is given back, to come again later."""
        while True:
            due = await self._database.due_chatwoot(
                owner=self._owner, limit=AT_ONCE, lease_s=LOAN_SECONDS
            )
            metrics.CHATWOOT_WAITING.set(due.esperando)
            metrics.CHATWOOT_OLDEST.set(due.mais_antigo_s or 0)
            async with asyncio.TaskGroup() as group:
                for conversation in due.conversas:
                    group.create_task(self._carry(conversation))
            if len(due.conversas) < AT_ONCE:
                return

    async def _carry(self, conversation: ChatwootConversation) -> None:
        wait, erro = 0.0, None
        try:
            async with asyncio.timeout(WORK_SECONDS) as loan:
                await self._work_off(conversation, loan)
        except TimeoutError:
            wait, erro = UNCERTAIN_RETRY_SECONDS, "Chatwoot was too slow for the loan"
        except Retryable as error:
            tried = conversation.efeitos[0].tentativa
            wait = error.retry_after or min(_LONGEST_WAIT_SECONDS, 2.0 ** min(tried, 10))
            erro = str(error)
        except Permanent as error:
            wait, erro = _REFUSED_WAIT_SECONDS, str(error)
        if erro is not None:
            log.warning(
                "Chatwoot has not what it should; it comes again",
                conversa_id=conversation.conversa_id,
                motivo=erro,
                espera_s=wait,
            )
            metrics.CHATWOOT_EFFECTS.labels(conversation.efeitos[0].tipo, "adiado").inc()
        await self._database.chatwoot_released(
            conversa_id=conversation.conversa_id, owner=self._owner, retry_in_s=wait, erro=erro
        )

    async def _work_off(self, conversation: ChatwootConversation, loan: asyncio.Timeout) -> None:
        left = deque(conversation.efeitos)
        if left[0].tipo == "eliminacao":
            return await self._forget(left, conversation)
        by_julia = conversation.controlled_by == "ai"
        if conversation.conversation_id is not None:
            try:
                if any(_is_from_doctor(effect) for effect in left):
                    await self._look(conversation, conversation.conversation_id)
                return await self._do(left, conversation.conversation_id, loan, by_julia=by_julia)
            except Missing:
                # Somebody deleted it there; what is still to be shown gets another one.
                log.warning(
                    "a conversation is gone in Chatwoot", conversa_id=conversation.conversa_id
                )
        return await self._do(left, await self._link(conversation), loan, by_julia=by_julia)

    async def _forget(
        self, left: Iterable[ChatwootEffect], conversation: ChatwootConversation
    ) -> None:
        """Delete the contact of a doctor who was erased: its conversations go with it.

        Also one that was made and of which the database had not heard.
        """
        for effect in left:
            contact = effect.dados.get("contact_id")
            made = await self._inbox.find_contact(
                phone=None, identifier=_identifier(conversation.medico)
            )
            for each in {contact, made}:
                if isinstance(each, int):
                    await self._inbox.delete_contact(each)
            metrics.CHATWOOT_EFFECTS.labels(effect.tipo, "feito").inc()
            await self._database.chatwoot_done(
                efeito_id=effect.id, owner=self._owner, lease_s=LOAN_SECONDS
            )

    async def _look(self, conversation: ChatwootConversation, chat_id: int) -> None:
        """See to it that what the doctor wrote opens nothing for people that is Julia's.

        Chatwoot opens what was resolved when the doctor writes. Whether a person had given it back
        by that, and no webhook told us, could not be seen any more afterwards.
        """
        chat = await self._inbox.chat(chat_id)
        if conversation.handoff_id is not None:
            returned = given_back(chat, conversation.handoff_id)
            if returned is not None:
                await self._database.person_returned(returned)
        elif conversation.controlled_by == "ai" and chat.status == ChatStatus.RESOLVED:
            await self._inbox.set_status(chat_id, ChatStatus.PENDING)

    async def _do(
        self,
        left: deque[ChatwootEffect],
        chat_id: int,
        loan: asyncio.Timeout,
        *,
        by_julia: bool,
    ) -> None:
        """Work `left` off from its left end."""
        visit = await self._visit(chat_id, left, by_julia=by_julia)
        while left:
            effect = left[0]
            given_up = await self._apply(effect, visit)
            metrics.CHATWOOT_EFFECTS.labels(effect.tipo, "desistiu" if given_up else "feito").inc()
            held = await self._database.chatwoot_done(
                efeito_id=effect.id,
                owner=self._owner,
                lease_s=LOAN_SECONDS,
                desistiu=given_up,
            )
            if held.status == "perdida":
                return
            loan.reschedule(asyncio.get_running_loop().time() + WORK_SECONDS)
            left.popleft()

    async def _apply(self, effect: ChatwootEffect, visit: "_Visit") -> str | None:
        """Do it; returns why it never will be, when Chatwoot refuses this one thing for good."""
        parent = tracing.context_of(effect.traceparent)
        with tracing.span("chatwoot", {"julia.efeito": effect.tipo}, parent=parent) as span:
            try:
                await visit.apply(effect)
            except (ChatwootRefused, Missing):
                raise
            except Permanent as error:
                log.warning(
                    "Chatwoot refused an effect for good", efeito=effect.id, motivo=str(error)
                )
                span.failed("desistiu")
                return str(error)
        return None

    async def _link(self, conversation: ChatwootConversation) -> int:
        """Find the contact and the conversation, or make them; remember which."""
        doctor = conversation.medico
        identifier = _identifier(doctor)
        contact = await self._inbox.find_contact(phone=doctor.telefone, identifier=identifier)
        if contact is None:
            contact = await self._inbox.create_contact(
                name=doctor.nome or "Médico sem nome",
                phone=doctor.telefone,
                identifier=identifier,
            )
        chats = await self._inbox.chats_of(contact)
        ours = [chat.id for chat in chats if chat.conversa_id == conversation.conversa_id]
        chat_id = (
            min(ours)
            if ours
            else await self._inbox.create_chat(
                contact, conversa_id=conversation.conversa_id, instance=conversation.instance
            )
        )
        await self._database.chatwoot_linked(
            conversa_id=conversation.conversa_id, contact_id=contact, conversation_id=chat_id
        )
        return chat_id

    async def _visit(
        self, chat_id: int, effects: Iterable[ChatwootEffect], *, by_julia: bool
    ) -> "_Visit":
        doubtful = tuple(_mark(effect) for effect in effects if effect.tentativa > 1)
        there = await self._inbox.marks(chat_id, wanted=doubtful) if doubtful else frozenset[str]()
        return _Visit(self._inbox, chat_id, by_julia, there)


@dataclass(frozen=True, slots=True)
class _Visit:
    """`by_julia`: she has it; `there`: marks of messages that an earlier attempt has posted."""

    inbox: Inbox
    chat_id: int
    by_julia: bool
    there: frozenset[str] = field(default_factory=frozenset)

    async def apply(self, effect: ChatwootEffect) -> None:
        match effect.tipo:
            case "mensagem":
                if effect.mensagem is not None:
                    direction = _DIRECTIONS[effect.mensagem.autor]
                    await self._post(effect, texts.message(effect.mensagem), direction)
            case "assumida":
                await self._take_over(effect)
            case "devolvida":
                await self._give_back(effect)
            case "nota":
                await self._post(effect, texts.note(effect.dados))
            case "rascunho":
                await self._ask(effect)
            case "decisao":
                await self._tell_decision(effect)

    async def _take_over(self, effect: ChatwootEffect) -> None:
        if effect.vale:
            await self.inbox.label(self.chat_id, on=(LABEL,))
        if effect.handoff is not None:
            await self._post(effect, texts.taken_over(effect.handoff))
        if effect.vale:
            await self.inbox.set_status(self.chat_id, ChatStatus.OPEN)

    async def _give_back(self, effect: ChatwootEffect) -> None:
        if effect.vale:
            await self.inbox.label(self.chat_id, off=(LABEL,))
        if effect.handoff is not None:
            await self._post(effect, texts.given_back(effect.handoff))
        # Who resolved it there has said what it is to be.
        if effect.vale and not effect.dados.get("resolvida"):
            await self.inbox.set_status(self.chat_id, ChatStatus.PENDING)

    async def _ask(self, effect: ChatwootEffect) -> None:
        if not effect.vale or effect.rascunho is None:
            return
        # A label that an earlier draft left behind must not look like an answer to this one.
        await self.inbox.label(self.chat_id, on=(drafts.WAITS,), off=drafts.DECISIONS)
        await self._post(effect, drafts.draft(effect.rascunho))
        await self.inbox.set_status(self.chat_id, ChatStatus.OPEN)

    async def _tell_decision(self, effect: ChatwootEffect) -> None:
        off = (*drafts.DECISIONS, drafts.WAITS) if effect.vale else drafts.DECISIONS
        await self.inbox.label(self.chat_id, off=off)
        await self._post(effect, drafts.decision(effect.dados))
        if effect.vale and self.by_julia:
            await self.inbox.set_status(self.chat_id, ChatStatus.PENDING)

    async def _post(
        self, effect: ChatwootEffect, content: str, direction: Direction = Direction.NOTE
    ) -> None:
        mark = _mark(effect)
        if mark not in self.there:
            await self.inbox.post(self.chat_id, Post(content, direction, mark))


def _is_from_doctor(effect: ChatwootEffect) -> bool:
    return effect.mensagem is not None and effect.mensagem.autor == "medico"


def _identifier(doctor: ChatwootDoctor) -> str:
    return f"julia:{doctor.id}"


def _mark(effect: ChatwootEffect) -> str:
    return f"efeito:{effect.id}"
