"""What can come of reading something that Evolution sent, besides a message."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ValidationError

from julia_common.contracts.messages import MessageEdited, MessageReceived, MessageSent


class IgnoredReason(StrEnum):
    """Why something understood is none of Julia's business; a metric label, so a closed list."""

    GROUP = "group"
    STATUS = "status"
    BROADCAST = "broadcast"
    NEWSLETTER = "newsletter"
    SYSTEM = "system"
    PROTOCOL = "protocol"
    POLL_VOTE = "poll_vote"
    OWN_EDIT = "own_edit"
    OWN_DELETION = "own_deletion"
    INBOUND_ACK = "inbound_ack"
    NO_ACK = "no_ack"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and deliberately not passed on. It is counted by its reason."""

    reason: IgnoredReason


class UnreadableReason(StrEnum):
    """What could not be read; a metric label, so a closed list that never quotes the input."""

    JSON = "json"
    DEPTH = "depth"
    ENVELOPE = "envelope"
    EVENT = "event"
    DATA = "data"
    KEY = "key"
    ADDRESS = "address"
    CONTENT = "content"
    STATUS = "status"
    STATE = "state"
    DEFECT = "defect"


class UnreadableError(Exception):
    """The input breaks the contract with Evolution; it belongs into the quarantine.

    The message names the part, never its value: values are personal data.
    """

    def __init__(self, reason: UnreadableReason) -> None:
        """Name the part that could not be read."""
        super().__init__(f"unreadable {reason.value}")
        self.reason = reason


type Reading = MessageReceived | MessageSent | MessageEdited | Ignored


def build[M: BaseModel](model: type[M], reason: UnreadableReason, /, **fields: object) -> M:
    """Build a contract model; a value that the contract refuses makes the input unreadable."""
    try:
        return model.model_validate(fields)
    except ValidationError:
        # pydantic's error quotes the refused value, which may be a phone number or a text.
        raise UnreadableError(reason) from None
