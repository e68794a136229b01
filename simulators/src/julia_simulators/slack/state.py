"""What the simulator is told to do, and what was posted."""

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

WEBHOOK_PATH: Final = "/services/T0SIMULADO/B0SIMULADO/segredo"
SIGNING_SECRET: Final = "assinatura-de-mentira-do-simulador"  # noqa: S105 - worth nothing
MAX_MESSAGES: Final = 2_000
RESPONSE_SECONDS: Final = 1_800.0
RESPONSES: Final = 5
"""A `response_url` takes so many answers within half an hour."""
BOT: Final = "U0JULIA"
PEOPLE: Final = {"U0ANA": "Ana Souza", "U0BRUNO": "Bruno Lima"}
"""Who may be played, by Slack's ids."""

_BURST: Final = 3
"""Messages that may come at once; after that one in a second."""


class FaultKind(StrEnum):
    """What goes wrong with the next message."""

    RATE_LIMITED = "rate_limited"
    """429 with `Retry-After: <seconds>`."""
    SERVER_ERROR = "server_error"
    """500 `rollup_error`."""
    HANG = "hang"
    """No byte is answered for `seconds`; then 500. Nothing is posted."""
    POSTED_UNHEARD = "posted_unheard"
    """Posted, and then no byte is answered for `seconds`; then 500."""
    NOT_OK = "not_ok"
    """200 with the page of a proxy instead of `ok`. Nothing is posted."""
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - Slack's word for it
    """403."""
    NO_SERVICE = "no_service"
    """404: the webhook was removed."""
    ARCHIVED = "channel_is_archived"
    """410."""
    INVALID_BLOCKS = "invalid_blocks"
    """400, whatever the blocks; a message without blocks passes and leaves the fault standing."""
    DELIVERED_TWICE = "delivered_twice"
    """What a person asks for is delivered twice, as after an acknowledgement that was lost."""


class Fault(BaseModel):
    """A standing (`times` null) or counted fault, tried in the order of addition."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    to: Literal["webhook", "response"] = "webhook"
    """Which messages of ours: the channel's, or answers to a `response_url`."""
    times: int | None = Field(default=1, ge=1)
    seconds: float = Field(default=30.0, ge=0.0)


@dataclass(frozen=True)
class Posted:
    """A message in the channel."""

    n: int
    at: float
    """Unix time."""
    text: str
    blocks: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    author: str | None = None
    """Who wrote it, by name; None: Julia."""
    only_for: str | None = None
    """The one person who sees it; None: everybody."""
    version: int = 0
    """Grows with each message and each change of one."""

    def as_json(self) -> dict[str, Any]:
        """For the control API and the page."""
        return asdict(self)


@dataclass
class Response:
    """A `response_url`: of whom, and of which message if a button of it was pressed."""

    user: str
    message: int | None
    until: float
    left: int = RESPONSES


@dataclass
class World:
    """The whole state of one simulator."""

    webhook_path: str = WEBHOOK_PATH
    channel: str = "gestao-julia"
    signing_secret: str = SIGNING_SECRET
    request_url: str | None = None
    """Where what people ask for is delivered; None: nowhere, and asking fails."""
    own_url: str = "http://hooks.slack.test"
    clock: Callable[[], float] = time.time
    messages: deque[Posted] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))
    faults: list[Fault] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    """How often which reason was given."""
    responses: dict[str, Response] = field(default_factory=dict)
    posted: int = 0
    version: int = 0
    limited: bool = True
    """Whether more than one message in a second is too much."""
    _allowance: float = _BURST
    _allowed_at: float = 0.0

    def take_fault(
        self, *, has_blocks: bool, to: Literal["webhook", "response"] = "webhook"
    ) -> Fault | None:
        """The fault of this message, if any; a counted one is used up by it."""
        return self._take(
            fault
            for fault in self.faults
            if fault.to == to
            and fault.kind != FaultKind.DELIVERED_TWICE
            and (has_blocks or fault.kind != FaultKind.INVALID_BLOCKS)
        )

    def is_delivered_twice(self) -> bool:
        """Whether the next request of a person is; a counted fault is used up by it."""
        twice = (fault for fault in self.faults if fault.kind == FaultKind.DELIVERED_TWICE)
        return self._take(twice) is not None

    def _take(self, fits: Iterator[Fault]) -> Fault | None:
        fault = next(fits, None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self.faults.remove(fault)
        return fault

    def may_post(self) -> bool:
        """Count a message against the channel's rate: one a second, short bursts."""
        now = self.clock()
        self._allowance = min(_BURST, self._allowance + now - self._allowed_at)
        self._allowed_at = now
        if not self.limited:
            return True
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def post(
        self, payload: dict[str, Any], *, author: str | None = None, only_for: str | None = None
    ) -> Posted:
        """Put a message into the channel."""
        self.posted += 1
        self.version += 1
        message = Posted(
            self.posted,
            self.clock(),
            payload.get("text") or "",
            payload.get("blocks") or [],
            payload.get("attachments") or [],
            author,
            only_for,
            self.version,
        )
        self.messages.append(message)
        return message

    def change(self, n: int, payload: dict[str, Any]) -> None:
        """Put another message in the place of message `n`, if that is still there."""
        self.version += 1
        for at, message in enumerate(self.messages):
            if message.n == n:
                self.messages[at] = replace(
                    message,
                    text=payload.get("text") or "",
                    blocks=payload.get("blocks") or [],
                    attachments=payload.get("attachments") or [],
                    version=self.version,
                )

    def message(self, n: int) -> Posted | None:
        """Message `n`, if it is still there."""
        return next((message for message in self.messages if message.n == n), None)

    def response_url(self, user: str, *, message: int | None) -> str:
        """A new address for answers to this person."""
        token = secrets.token_hex(12)
        self.responses[token] = Response(user, message, self.clock() + RESPONSE_SECONDS)
        return f"{self.own_url}/actions/T0SIMULADO/{len(self.responses)}/{token}"

    def reset(self) -> None:
        """Forget everything but the numbering, which the page goes by."""
        self.messages.clear()
        self.version += 1
        self.faults.clear()
        self.refused.clear()
        self.responses.clear()
        self.limited = True
        self._allowance = _BURST
