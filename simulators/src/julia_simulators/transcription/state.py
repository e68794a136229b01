"""What the simulator is told to do, and what it was asked."""

from collections import deque
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_TEXT: Final = "Oi, tem plantão pra mim essa semana?"
"""Answered when nothing is scripted and the file carries no text."""

MAX_RECORDS: Final = 5_000


class FaultKind(StrEnum):
    """What goes wrong."""

    UNAUTHORIZED = "unauthorized"
    """401, whatever the key."""
    TOO_LARGE = "too_large"
    """413, whatever the size."""
    SERVER_ERROR = "server_error"
    """500."""
    HANG = "hang"
    """No byte is answered for `seconds`; then 500."""
    EMPTY = "empty"
    """200 with an empty text, as for silence."""
    BAD_JSON = "bad_json"
    """200 whose JSON does not parse."""


class Fault(BaseModel):
    """A standing (`times` null) or counted fault, tried in the order of addition."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    times: int | None = Field(default=1, ge=1)
    file_name: str = ""
    """Only for files whose name contains this."""
    seconds: float = Field(default=30.0, ge=0.0)


class ScriptedText(BaseModel):
    """What the next matching file says."""

    model_config = ConfigDict(extra="forbid")

    text: str
    file_name: str = ""
    """Only for files whose name contains this."""


class _ForFiles(Protocol):
    file_name: str


@dataclass
class Record:
    """One request; the audio itself is not kept."""

    n: int
    file_name: str
    bytes: int
    model: str
    language: str | None
    status: int | None = None
    """Null while it is being answered."""
    text: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return asdict(self)


@dataclass
class World:
    """The whole state of one simulator."""

    api_key: str | None
    """The only key accepted; None accepts any."""
    scripted: list[ScriptedText] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=MAX_RECORDS))
    requests_seen: int = 0

    def take_fault(self, file_name: str) -> Fault | None:
        """The fault for a file, if any; a counted one is used up by it."""
        fault = _first(self.faults, file_name)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self.faults.remove(fault)
        return fault

    def take_text(self, file_name: str) -> str | None:
        """What is scripted for a file, used up by it; None when nothing is."""
        scripted = _first(self.scripted, file_name)
        if scripted is None:
            return None
        self.scripted.remove(scripted)
        return scripted.text

    def reset(self) -> None:
        """Forget everything."""
        self.scripted.clear()
        self.faults.clear()
        self.records.clear()
        self.requests_seen = 0


def _first[T: _ForFiles](entries: list[T], file_name: str) -> T | None:
    return next((entry for entry in entries if entry.file_name in file_name), None)
