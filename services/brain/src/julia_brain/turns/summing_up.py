"""Sums the oldest messages up when many are shown (`domain/summary.py`)."""

import uuid
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import ClassVar, Final

from julia_brain.domain.budget import Budgets, Funds
from julia_brain.domain.composing import user_of
from julia_brain.domain.draft import Model
from julia_brain.domain.reply import flaw_of
from julia_brain.domain.spending import usage_of
from julia_brain.domain.summary import OlderPart, kept_of, older_part, summary_prompt
from julia_brain.ports import Summaries, Writer
from julia_brain.tools.work import Known
from julia_brain.turns.afterwards import CommittedTurn, Work
from julia_brain.turns.counting import count
from julia_common.database import RecordSpent, StoreSummary, TurnBegun
from julia_common.errors import Permanent, Retryable

WRITING_SECONDS: Final = 20.0

WAIT_AFTER_REFUSAL: Final = 7
"""So many messages later it is tried again: about when the 40 that `begin_turn` gives are full."""

REFUSALS_REMEMBERED: Final = 1_000
"""Of conversations, in this process; beyond them one is tried again too early."""


@dataclass(frozen=True, slots=True)
class SummingUp:
    """An errand after a turn. Of two replicas that sum the same up, the database takes one's."""

    name: ClassVar[str] = "resumo"
    at_once: ClassVar[int] = 4

    writer: Writer
    summaries: Summaries
    budgets: Budgets = field(default_factory=Budgets)
    _refused_at: dict[str, int] = field(default_factory=dict, init=False)
    """The newest message, by conversation, when the model last wrote no summary."""

    def work(self, turn: CommittedTurn) -> Work | None:
        """Sum up when enough is shown.

        The next turn tries again when it failed; a summary that was none is paid for, and only
        tried again when the conversation has gone on for a while.
        """
        older = older_part(turn.begun.history)
        if older is None or self._waits(turn):
            return None
        return partial(self._sum_up, turn, older)

    def _waits(self, turn: CommittedTurn) -> bool:
        refused_at = self._refused_at.get(turn.conversa_id)
        if refused_at is None:
            return False
        return sum(one > refused_at for one in _stored(turn)) < WAIT_AFTER_REFUSAL

    def _note_refusal(self, turn: CommittedTurn) -> None:
        self._refused_at.pop(turn.conversa_id, None)  # the newest goes to the end
        self._refused_at[turn.conversa_id] = max(_stored(turn))
        if len(self._refused_at) > REFUSALS_REMEMBERED:
            del self._refused_at[next(iter(self._refused_at))]

    async def _sum_up(self, turn: CommittedTurn, older: OlderPart) -> str:
        begun = turn.begun
        # The turn's own budget is for answering.
        budgets = replace(self.budgets, turn_usd=Decimal(0), turn_tokens=0)
        if budgets.funds(turn.spent, turn_usd=Decimal(0), turn_tokens=0) is Funds.GONE:
            return "sem_orcamento"
        draft = await self.writer.write(
            summary_prompt(older.messages, begun.resumo, user=user_of(turn.conversa_id)),
            size=Model.SMALL,
            tools=False,
            within_s=WRITING_SECONDS,
        )
        count(draft, Model.SMALL, self.name)
        spent = RecordSpent(
            conversa_id=turn.conversa_id,
            op_id=str(uuid.uuid4()),
            motivo=self.name,
            usage=usage_of([draft]),
        )
        if flaw_of(draft.text, draft.stop_reason) is not None:
            self._note_refusal(turn)
            await self.summaries.record_spent(spent)
            return "recusado"
        try:
            stored = await self.summaries.store_summary(
                StoreSummary(
                    conversa_id=turn.conversa_id,
                    op_id=spent.op_id,
                    ate=older.until,
                    anterior=begun.resumo_ate,
                    resumo=kept_of(draft.text, _prices_told(begun)),
                    usage=spent.usage,
                )
            )
        except (Retryable, Permanent):
            # Paid for all the same. If it was stored after all, the op_id counts it once.
            await self.summaries.record_spent(spent)
            raise
        return stored.status


def _stored(turn: CommittedTurn) -> list[int]:
    """The ids of the messages shown; a later one is greater."""
    return [int(message.id) for message in turn.begun.history if message.id is not None]


def _prices_told(begun: TurnBegun) -> frozenset[int]:
    """Centavos of all shifts that tools showed in this conversation or that the doctor has."""
    prices = [booking.valor_centavos for booking in begun.reservas]
    for shift in Known.of(begun).shifts.values():
        prices += (shift.valor_centavos, shift.valor_minimo_centavos, shift.valor_maximo_centavos)
    return frozenset(price for price in prices if price is not None)
