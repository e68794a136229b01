"""What the simulator is told to do, and what was posted."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

WEBHOOK_PATH: Final = "/services/T0SIMULADO/B0SIMULADO/segredo"
MAX_MESSAGES: Final = 2_000

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


class Fault(BaseModel):
    """A standing (`times` null) or counted fault, tried in the order of addition."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
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

    def as_json(self) -> dict[str, Any]:
        """For the control API and the page."""
        return asdict(self)


@dataclass
class World:
    """The whole state of one simulator."""

    webhook_path: str = WEBHOOK_PATH
    channel: str = "gestao-julia"
    clock: Callable[[], float] = time.time
    messages: deque[Posted] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))
    faults: list[Fault] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    """How often which reason was given."""
    posted: int = 0
    limited: bool = True
    """Whether more than one message in a second is too much."""
    _allowance: float = _BURST
    _allowed_at: float = 0.0

    def take_fault(self, *, has_blocks: bool) -> Fault | None:
        """The fault of this message, if any; a counted one is used up by it."""
        fits = (
            fault for fault in self.faults if has_blocks or fault.kind != FaultKind.INVALID_BLOCKS
        )
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

    def post(self, payload: dict[str, Any]) -> None:
        """Put a message into the channel."""
        self.posted += 1
        self.messages.append(
            Posted(
                self.posted,
                self.clock(),
                payload.get("text") or "",
                payload.get("blocks") or [],
                payload.get("attachments") or [],
            )
        )

    def reset(self) -> None:
        """Forget everything but the numbering, which the page goes by."""
        self.messages.clear()
        self.faults.clear()
        self.refused.clear()
        self.limited = True
        self._allowance = _BURST
