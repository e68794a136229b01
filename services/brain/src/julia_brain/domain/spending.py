"""What the calls of one turn cost, for its record and for the budgets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from julia_brain.domain.draft import Draft
from julia_brain.domain.pricing import cost_usd
from julia_common.database import Usage


@dataclass(slots=True)
class Spending:
    """All drafts of a turn, the discarded ones included, and what reading attachments cost.

    `tokens` are of the drafts alone: one long PDF would leave none for the answer.
    """

    drafts: list[Draft] = field(default_factory=list)
    readings: list[Draft] = field(default_factory=list)

    def add(self, draft: Draft) -> None:
        """Count a call."""
        self.drafts.append(draft)

    def read(self, answer: Draft) -> None:
        """Count a call that looked at an attachment."""
        self.readings.append(answer)

    @property
    def usd(self) -> Decimal:
        """US dollars, readings included."""
        return sum(map(draft_usd, (*self.readings, *self.drafts)), start=Decimal(0))

    @property
    def tokens(self) -> int:
        """In and out, cached or not."""
        return sum(
            draft.input_tokens
            + draft.cache_read_tokens
            + draft.cache_write_tokens
            + draft.output_tokens
            for draft in self.drafts
        )

    @property
    def usage(self) -> Usage | None:
        """The record of the turn; None when Claude was not asked."""
        calls = (*self.readings, *self.drafts)
        return usage_of(calls) if calls else None


def usage_of(calls: Sequence[Draft]) -> Usage:
    """The record of one call at least."""
    return Usage(
        model=calls[-1].model,
        chamadas=len(calls),
        input_tokens=sum(draft.input_tokens for draft in calls),
        output_tokens=sum(draft.output_tokens for draft in calls),
        cache_read_tokens=sum(draft.cache_read_tokens for draft in calls),
        cache_write_tokens=sum(draft.cache_write_tokens for draft in calls),
        custo_usd=sum(map(draft_usd, calls), start=Decimal(0)),
        llm_ms=sum(draft.llm_ms for draft in calls),
    )


def draft_usd(draft: Draft) -> Decimal:
    """US dollars of one call."""
    return cost_usd(
        draft.model,
        input_tokens=draft.input_tokens,
        output_tokens=draft.output_tokens,
        cache_read=draft.cache_read_tokens,
        cache_write=draft.cache_write_tokens,
    )
