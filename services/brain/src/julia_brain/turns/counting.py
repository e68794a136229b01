"""The metrics of Claude's answers."""

from julia_brain import metrics
from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.spending import draft_usd


def count(draft: Draft, size: Model, reason: str) -> None:
    """Count an answer with its tokens and dollars; `reason` is why this model was asked."""
    metrics.CALLS.labels(size.value, reason).inc()
    metrics.COST_USD.labels(size.value).inc(float(draft_usd(draft)))
    for kind, tokens in (
        ("entrada", draft.input_tokens),
        ("cache_lido", draft.cache_read_tokens),
        ("cache_escrito", draft.cache_write_tokens),
        ("saida", draft.output_tokens),
    ):
        metrics.TOKENS.labels(size.value, kind).inc(tokens)
