"""What calls to Claude cost."""

from decimal import Decimal

from julia_common.database.model import Arguments


class Usage(Arguments):
    """The sum over all calls of a turn; `model` is the last one's, `chamadas` counts them."""

    model: str
    chamadas: int = 1
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    custo_usd: Decimal
    llm_ms: int
