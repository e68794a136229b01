"""What a model writes."""

from dataclasses import dataclass
from enum import StrEnum

from julia_brain.tools.calls import ToolCall


class Model(StrEnum):
    """Which of the two configured models is asked."""

    SMALL = "pequeno"
    LARGE = "grande"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote. `stop_reason` is the API's; token counts are as billed."""

    text: str
    stop_reason: str | None
    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    llm_ms: int
    tool_calls: tuple[ToolCall, ...] = ()
