"""What Chatwoot takes in the body of each request; anything else is refused with 422."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

type Status = Literal["open", "resolved", "pending", "snoozed"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewContact(_Body):
    """`POST /contacts`."""

    inbox_id: int
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    phone_number: Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{1,14}$")] | None = None
    identifier: str | None = None
    custom_attributes: dict[str, Any] = {}


class NewConversation(_Body):
    """`POST /conversations`."""

    source_id: str | None = None
    inbox_id: int
    contact_id: int
    status: Status = "open"
    custom_attributes: dict[str, Any] = {}


class NewMessage(_Body):
    """`POST /conversations/{id}/messages`; a note is `outgoing` and private."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=150_000)]
    message_type: Literal["outgoing", "incoming"] = "outgoing"
    private: bool = False
    content_type: Literal["text"] = "text"
    content_attributes: dict[str, Any] = {}


class NewLabels(_Body):
    """`POST /conversations/{id}/labels`: the whole list."""

    labels: list[str]


class ToggleStatus(_Body):
    """`POST /conversations/{id}/toggle_status`; without a status it flips."""

    status: Status | None = None
    snoozed_until: int | None = Field(default=None)
