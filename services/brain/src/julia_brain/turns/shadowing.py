"""Has a second version of the prompt, or another model, draft along: nobody sends what it writes.

The draft starts from the same messages and facts as the real one, by its route, with tools that do
nothing. It is judged once and not repaired: the report is to show what that version writes.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import ClassVar, Final

from julia_brain.domain.budget import Budgets, Funds
from julia_brain.domain.checks import check
from julia_brain.domain.composing import compose
from julia_brain.domain.draft import Model
from julia_brain.domain.prompt import Prompt
from julia_brain.domain.reply import flaw_of
from julia_brain.domain.routing import CHOSEN_BY_TEXT, Reason, route
from julia_brain.domain.spending import Spending, usage_of
from julia_brain.ports import Prompts, Shadows, Shifts, Tools, Writer
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_brain.tools.schemas import TOOLS
from julia_brain.tools.simulated import SimulatedHolds, noted
from julia_brain.tools.toolbox import Toolbox
from julia_brain.turns.afterwards import CommittedTurn, Work
from julia_brain.turns.before_claude import doctors_words
from julia_brain.turns.counting import count
from julia_brain.turns.limits import Limits
from julia_brain.turns.thinking import evidence_of, nothing_left_to_say
from julia_common.database import ShadowChosen, Spent, StoreShadow
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.clock import Clock

DRAFTING_SECONDS: Final = 40.0
"""For all calls of one draft."""

_NO_LEASE: Final = "sombra"
"""Nothing that a shadow's tools do asks for a lease."""

_AWAY: Final = "indisponivel"


@dataclass(frozen=True, slots=True)
class Shadowing:
    """An errand after a turn."""

    name: ClassVar[str] = "sombra"
    at_once: ClassVar[int] = 2

    writer_of: Callable[[str | None], Writer]
    """Asks the model of that name; None: the two configured ones."""
    prompts: Prompts
    shifts: Shifts
    shadows: Shadows
    clock: Clock
    budgets: Budgets = field(default_factory=Budgets)
    limits: Limits = field(default_factory=Limits)
    large_for: Collection[Reason] = CHOSEN_BY_TEXT

    def work(self, turn: CommittedTurn) -> Work | None:
        """Draft where there is a shadow, and a draft of Claude's to compare with."""
        shadow = turn.begun.sombra
        if shadow is None or not turn.claude_answered:
            return None
        return partial(self._draft_and_store, turn, shadow)

    async def _draft_and_store(self, turn: CommittedTurn, shadow: ShadowChosen) -> str:
        # Of the doctor's and the conversation's budgets a draft that nobody reads takes nothing.
        budgets = replace(self.budgets, conversation_usd=Decimal(0), doctor_day_usd=Decimal(0))
        if budgets.funds(turn.spent, turn_usd=Decimal(0), turn_tokens=0) is not Funds.ENOUGH:
            return "sem_orcamento"
        persona = (await self.prompts.get_prompt(id=shadow.prompt_id)).conteudo
        drafting = self._drafting(turn, shadow.modelo, persona, budgets)
        prompt = compose(
            turn.begun,
            persona=persona,
            tools=TOOLS,
            conversa_id=turn.conversa_id,
            now=self.clock.now(),
        )
        try:
            text, flaw = await drafting.draft(prompt)
        except (Retryable, Permanent):
            if not drafting.spending.drafts:
                raise
            text, flaw = "", _AWAY
        stored = await self.shadows.store_shadow(
            StoreShadow(
                turno_id=turn.begun.turno_id,
                conversa_id=turn.conversa_id,
                prompt_id=shadow.prompt_id,
                texto=text,
                falha=flaw,
                ferramentas=tuple(drafting.used),
                usage=usage_of(drafting.spending.drafts),
            )
        )
        return stored.status

    def _drafting(
        self, turn: CommittedTurn, model: str | None, persona: str, budgets: Budgets
    ) -> "_Drafting":
        return _Drafting(
            writer=self.writer_of(model),
            size=route(doctors_words(turn.begun.pending), self.large_for).size,
            tools=Toolbox(
                SimulatedHolds(self.shifts),
                turn.begun,
                conversa_id=turn.conversa_id,
                token=_NO_LEASE,
                clock=self.clock,
            ),
            tool_rounds=self.limits.tool_rounds,
            persona=persona,
            budgets=budgets,
            spent=turn.spent,
            clock=self.clock,
            ends=self.clock.monotonic() + DRAFTING_SECONDS,
        )


@dataclass(slots=True)
class _Drafting:
    """One draft under way; what it has cost by now counts even if it fails."""

    writer: Writer
    size: Model
    tools: Tools
    tool_rounds: int
    persona: str
    budgets: Budgets
    spent: Spent
    clock: Clock
    ends: float
    """On the clock's monotonic time."""
    spending: Spending = field(default_factory=Spending)
    used: list[str] = field(default_factory=list)

    async def draft(self, prompt: Prompt) -> tuple[str, str | None]:
        """What the shadow writes, and its flaw."""
        rounds = 0
        while True:
            may_use_tools = rounds < self.tool_rounds and self._has_money()
            draft = await self.writer.write(
                prompt,
                size=self.size,
                tools=may_use_tools,
                within_s=max(0.0, self.ends - self.clock.monotonic()),
            )
            self.spending.add(draft)
            count(draft, self.size, Shadowing.name)
            if not (may_use_tools and draft.stop_reason == "tool_use" and draft.tool_calls):
                flaw = flaw_of(draft.text, draft.stop_reason)
                return draft.text, flaw or check(draft.text, evidence_of(self.tools, self.persona))
            rounds += 1
            results = [await self._use(call) for call in draft.tool_calls]
            if nothing_left_to_say(self.tools):
                return "", None
            prompt = prompt.with_round(draft.text, draft.tool_calls, results)

    async def _use(self, call: ToolCall) -> ToolResult:
        self.used.append(noted(call))
        return await self.tools.run(call)

    def _has_money(self) -> bool:
        funds = self.budgets.funds(
            self.spent, turn_usd=self.spending.usd, turn_tokens=self.spending.tokens
        )
        return funds is Funds.ENOUGH
