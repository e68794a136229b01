"""Faults that the control API switches on, one kind per thing that the real API can do."""

import random
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What goes wrong."""

    RATE_LIMITED = "rate_limited"
    """429 with `retry-after`."""
    SPEND_LIMIT = "spend_limit"
    """429 that waiting does not cure."""
    OVERLOADED = "overloaded"
    """529."""
    SERVER_ERROR = "server_error"
    """500."""
    UNAVAILABLE = "unavailable"
    """503."""
    HANG = "hang"
    """No byte is answered for `seconds`; then the connection is closed."""
    SLOW = "slow"
    """The true answer, `seconds` later."""
    RESET = "reset"
    """The connection is cut inside the body."""
    CUT_STREAM = "cut_stream"
    """The stream ends without its last events; without streaming the same as `reset`."""
    STREAM_ERROR = "stream_error"
    """`event: error` in mid-stream; without streaming the same as `overloaded`."""
    EMPTY = "empty"
    """A good answer without content."""
    TRUNCATED = "truncated"
    """Cut short by `max_tokens`, in the middle of a word."""
    REFUSAL = "refusal"
    """stop_reason `refusal`."""
    HUGE = "huge"
    """50 kB of text."""
    PLAIN_TEXT = "plain_text"
    """200 with `text/plain`: the SDK returns a str."""
    BAD_JSON = "bad_json"
    """200 whose JSON does not parse: the SDK raises JSONDecodeError."""
    TOOL_LOOP = "tool_loop"
    """Asks for a tool again and again; needs a request with tools."""


class Fault(BaseModel):
    """A standing (`times` null) or counted fault, tried in the order of addition."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    match: str = ""
    """Only requests whose last user turn contains this."""
    seconds: float = Field(default=30.0, ge=0.0)
    """For `hang` and `slow`."""
    retry_after: float | None = Field(default=1.0, ge=0.0)
    """For `rate_limited` and `overloaded`: seconds in the header, or no header."""


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._active.append(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        self._active.clear()

    def active(self) -> list[Fault]:
        """What is switched on; counted faults show what is left of them."""
        return list(self._active)

    def take(self, last_user_text: str, rng: random.Random) -> Fault | None:
        """The fault for this request, if any; a counted one is used up by it."""
        for fault in self._active:
            if fault.match not in last_user_text or rng.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._active.remove(fault)
            return fault
        return None
