"""What the calls of one turn cost, for its record and for the budgets."""

from dataclasses import dataclass, field
from decimal import Decimal

from julia_brain.domain.pricing import cost_usd
from julia_brain.ports import Draft
from julia_common.database import Usage


@dataclass(slots=True)
class Spending:
    """All drafts of a turn, the discarded ones included."""

    drafts: list[Draft] = field(default_factory=list)

    def add(self, draft: Draft) -> None:
        """Count a call."""
        self.drafts.append(draft)

    @property
    def usd(self) -> Decimal:
        """US dollars."""
        return sum((draft_usd(draft) for draft in self.drafts), start=Decimal(0))

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
        if not self.drafts:
            return None
        return Usage(
            model=self.drafts[-1].model,
            chamadas=len(self.drafts),
            input_tokens=sum(draft.input_tokens for draft in self.drafts),
            output_tokens=sum(draft.output_tokens for draft in self.drafts),
            cache_read_tokens=sum(draft.cache_read_tokens for draft in self.drafts),
            cache_write_tokens=sum(draft.cache_write_tokens for draft in self.drafts),
            custo_usd=self.usd,
            llm_ms=sum(draft.llm_ms for draft in self.drafts),
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
