"""What Claude is given, in the order in which its cache works: what never changes comes first.

Tools and system text are the same for all doctors and all days. The history only grows at its end
until a summary replaces its beginning. What changes from turn to turn comes after both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from zoneinfo import ZoneInfo

from julia_brain.tools.calls import ToolCall, ToolResult, ToolSchema

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")


@dataclass(frozen=True, slots=True)
class File:
    """An image or a PDF for the model to look at."""

    mimetype: str
    data: bytes = field(repr=False)


type Block = str | ToolCall | ToolResult | File
"""A text, a tool that the model asked for, what the tool answered, or a file."""


@dataclass(frozen=True, slots=True)
class PromptTurn:
    """One element of the model's `messages`."""

    role: Literal["user", "assistant"]
    blocks: tuple[Block, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The text blocks."""
        return tuple(block for block in self.blocks if isinstance(block, str))


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that the model is given for one call."""

    system: str
    pending: tuple[Block, ...]
    """What is to be answered."""
    tools: tuple[ToolSchema, ...] = ()
    history: tuple[PromptTurn, ...] = ()
    situation: str = ""
    """Facts of this moment, as an annotation of ours before the pending messages."""
    rounds: tuple[PromptTurn, ...] = ()
    """Tools asked for and answered since."""
    user: str = ""
    """Whom the provider may tell apart: a hash, never an id of ours."""
    output: Mapping[str, object] | None = None
    """The JSON schema of the answer; None for words."""

    @property
    def turns(self) -> tuple[PromptTurn, ...]:
        """The model's `messages`."""
        situation = (PromptTurn("user", (self.situation,)),) if self.situation else ()
        return (*self.history, *situation, PromptTurn("user", self.pending), *self.rounds)

    def with_round(
        self, text: str, calls: Sequence[ToolCall], results: Sequence[ToolResult]
    ) -> "Prompt":
        """The same prompt after the model asked for tools and got their results."""
        said = (text,) if text else ()
        asked = PromptTurn("assistant", (*said, *calls))
        return replace(self, rounds=(*self.rounds, asked, PromptTurn("user", tuple(results))))

    def with_note(self, note: str) -> "Prompt":
        """The same prompt with an annotation of ours at its end."""
        if not self.rounds:
            return replace(self, pending=(*self.pending, f"[{note}]"))
        last = self.rounds[-1]
        noted = replace(last, blocks=(*last.blocks, f"[{note}]"))
        return replace(self, rounds=(*self.rounds[:-1], noted))
