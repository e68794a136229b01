"""What one simulated account holds, and what it was told to get wrong."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

TOKEN: Final = "simulated-chatwoot-token"  # noqa: S105 - of the simulator
SECRET: Final = "simulated-chatwoot-secret"  # noqa: S105 - of the simulator
ACCOUNT: Final = 1
INBOX: Final = 1
AGENT: Final = {"id": 2, "name": "Bia", "type": "user"}
US: Final = {"id": 1, "name": "Júlia", "type": "user"}
"""Whose token the API is called with: a user like the others."""

MESSAGE_TYPES: Final = {"incoming": 0, "outgoing": 1, "activity": 2, "template": 3}


class FaultKind(StrEnum):
    """What goes wrong with the next request, or with the next webhook."""

    SERVER_ERROR = "server_error"
    """500; nothing was done."""
    DONE_UNHEARD = "done_unheard"
    """Done, and then no byte is answered for `seconds`; then 500."""
    HANG = "hang"
    """No byte is answered for `seconds`; then 500. Nothing is done."""
    RATE_LIMITED = "rate_limited"
    """429 with `Retry-After: <seconds>`."""
    UNAUTHORIZED = "unauthorized"
    """401."""
    WEBHOOK_TWICE = "webhook_twice"
    """Account and inbox both have the webhook: two deliveries, each with an id of its own."""
    WEBHOOK_AGAIN = "webhook_again"
    """The same delivery once more."""
    WEBHOOK_UNSIGNED = "webhook_unsigned"
    """As versions before 4.11.2: no signature, the secret is in the URL (`token`)."""
    WEBHOOK_LATE = "webhook_late"
    """Delivered `seconds` later."""
    WEBHOOK_LOST = "webhook_lost"
    """Not delivered: nobody listened, and this version never repeats."""


WEBHOOK_FAULTS: Final = frozenset(kind for kind in FaultKind if kind.startswith("webhook"))


class Fault(BaseModel):
    """A standing (`times` null) or counted fault; `operation`: only of this method and place."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    times: int | None = Field(default=1, ge=1)
    seconds: float = Field(default=20.0, ge=0.0)
    operation: str | None = None


@dataclass
class Conversation:
    """One conversation of the inbox."""

    id: int
    contact_id: int
    status: str
    custom_attributes: dict[str, Any]
    labels: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    updated_at: float = field(default_factory=time.time)

    def touch(self) -> None:
        """Something of it has changed now."""
        self.updated_at = time.time()


@dataclass
class World:
    """The whole state of one simulator."""

    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Requests that fit no schema: method, path and what was wrong, without values."""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    """Webhooks: id, event and the status that was answered."""
    message_ids: int = 0
    contact_ids: int = 0
    conversation_ids: int = 0

    def take_fault(self, operation: str, *, webhook: bool) -> Fault | None:
        """The fault that strikes now, counted down."""
        for fault in self.faults:
            if (fault.kind in WEBHOOK_FAULTS) is not webhook:
                continue
            if fault.operation not in (None, operation):
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
            return fault
        return None

    def add_contact(self, **fields: Any) -> dict[str, Any] | None:
        """Make a contact; None if its number or identifier is another's."""
        for contact in self.contacts.values():
            for name in ("phone_number", "identifier"):
                if fields.get(name) is not None and contact[name] == fields[name]:
                    return None
        self.contact_ids += 1
        contact = {"id": self.contact_ids, **fields}
        self.contacts[contact["id"]] = contact
        return contact

    def delete_contact(self, contact_id: int) -> bool:
        """Delete a contact with its conversations; False if there is none."""
        if self.contacts.pop(contact_id, None) is None:
            return False
        for each in [*self.conversations.values()]:
            if each.contact_id == contact_id:
                del self.conversations[each.id]
        return True

    def add_conversation(
        self, contact_id: int, status: str, custom: dict[str, Any]
    ) -> Conversation:
        """Make a conversation; its id counts within the account."""
        self.conversation_ids += 1
        conversation = Conversation(self.conversation_ids, contact_id, status, custom)
        self.conversations[conversation.id] = conversation
        return conversation

    def add_message(self, conversation: Conversation, **fields: Any) -> dict[str, Any]:
        """Add a message as the API shows it; what a contact writes reopens what was resolved."""
        self.message_ids += 1
        message = {
            "id": self.message_ids,
            "conversation_id": conversation.id,
            "created_at": int(time.time()),
            "source_id": None,
            **fields,
        }
        conversation.messages.append(message)
        conversation.touch()
        return message

    def reset(self) -> None:
        """Forget everything."""
        self.contacts.clear()
        self.conversations.clear()
        self.contact_ids = self.conversation_ids = 0
        self.faults.clear()
        self.refused.clear()
        self.deliveries.clear()
