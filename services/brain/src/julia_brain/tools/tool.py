"""What a tool is: a name and a text for the model, arguments, and what it does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from julia_brain.tools.arguments import ToolArguments, read, schema_of
from julia_brain.tools.calls import ToolCall, ToolSchema
from julia_brain.tools.work import Work

type Result = Mapping[str, object]
"""Portuguese names, values ready to be said; becomes JSON."""


@dataclass(frozen=True, slots=True)
class Tool[A: ToolArguments]:
    """One tool. `run` raises `NotDone` when it did nothing, saying what to do instead."""

    name: str
    description: str
    arguments: type[A]
    run: Callable[[A, Work], Awaitable[Result]]

    @property
    def schema(self) -> ToolSchema:
        """The tool as the API describes it."""
        return ToolSchema(self.name, self.description, schema_of(self.arguments))

    async def call(self, call: ToolCall, work: Work) -> Result:
        """Check the arguments and run; raises `InvalidArguments` when they do not fit."""
        return await self.run(read(self.arguments, call.arguments), work)
