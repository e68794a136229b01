"""From a begun turn to an answer that may be sent, or to the reason why there is none."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from julia_brain import metrics
from julia_brain.domain import fallback
from julia_brain.domain.budget import Budgets, Funds
from julia_brain.domain.checks import check
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import INSTRUCTIONS, Flaw
from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.instructions import not_to_be_told
from julia_brain.domain.prompt import Prompt
from julia_brain.domain.reply import flaw_of, split
from julia_brain.domain.routing import Reason, Route
from julia_brain.domain.spending import Spending
from julia_brain.ports import Tools, Writer
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_brain.tools.schemas import BY_NAME
from julia_brain.turns.answer import Answer, handing_over
from julia_brain.turns.counting import count
from julia_brain.turns.deadline import Deadline
from julia_brain.turns.limits import Limits
from julia_common.database import Effects, Handoff, HistoryMessage, Spent
from julia_common.errors import Permanent, Retryable

_log = logging.getLogger(__name__)

_UNFIT: Final = "A resposta automática não pôde ser enviada ({}); alguém precisa continuar"
_NO_BUDGET: Final = "O orçamento do modelo de linguagem acabou; alguém precisa continuar"


class Unanswered(Exception):
    """Claude did not answer, and there is nothing else to say; `error` says why."""

    def __init__(self, error: Retryable | Permanent) -> None:
        """Carry the adapter's error, apart from those of the tools."""
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class Thinking:
    """One attempt at a turn: Claude, its tools, and what bounds both."""

    writer: Writer
    tools: Tools
    deadline: Deadline
    limits: Limits
    budgets: Budgets
    spent: Spent
    """In earlier turns."""
    spending: Spending
    """In this turn, attempts that were thrown away included; grows with each call."""
    route: Route
    persona: str
    history: Sequence[HistoryMessage]
    reasons: list[Reason] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what the text asks for."""
        self.reasons = [self.route.reason]

    async def think(self, prompt: Prompt) -> Answer:
        """Ask Claude, do what it asks for, and check what it writes; once more if it is unfit.

        Raises `Unanswered` when Claude is away and nothing else can be said, and what `Tools.run`
        raises.
        """
        flaw: Flaw | None = None
        rounds = 0
        while True:
            funds = self._funds()
            if funds is Funds.GONE:
                return self._without_money(flaw)
            tools = self._may_use_tools(rounds)
            size = self._size(funds, repairing=flaw is not None)
            try:
                draft = await self._write(prompt, size, tools=tools)
            except (Retryable, Permanent) as error:
                answer = self._without_draft(flaw)
                if answer is not None:
                    return answer
                if flaw is not None:
                    return self._person(flaw)
                raise Unanswered(error) from error
            if tools and draft.stop_reason == "tool_use" and draft.tool_calls:
                rounds += 1
                prompt = prompt.with_round(
                    draft.text, draft.tool_calls, [await self._run(one) for one in draft.tool_calls]
                )
                if nothing_left_to_say(self.tools):
                    return self._answer(())
                continue
            found = flaw_of(draft.text, draft.stop_reason) or check(draft.text, self._evidence())
            if found is None:
                return self._answer(split(draft.text))
            metrics.FLAWS.labels(found.value).inc()
            _log.warning("a draft is not fit to be sent: %s", found.value)
            if flaw is not None or not self.deadline.allows_a_call_after(0):
                return self._without_draft(found) or self._person(found)
            flaw = found
            prompt = prompt.with_note(INSTRUCTIONS[flaw])
            self._because(Reason.REPAIR)

    def _funds(self) -> Funds:
        return self.budgets.funds(
            self.spent, turn_usd=self.spending.usd, turn_tokens=self.spending.tokens
        )

    def _may_use_tools(self, rounds: int) -> bool:
        of_the_turn = self.budgets.funds(
            Spent(), turn_usd=self.spending.usd, turn_tokens=self.spending.tokens
        )
        return (
            rounds < self.limits.tool_rounds
            and not self.deadline.hurries
            and of_the_turn is Funds.ENOUGH
        )

    def _size(self, funds: Funds, *, repairing: bool) -> Model:
        wanted = Model.LARGE if repairing else self.route.size
        if wanted is Model.SMALL:
            return Model.SMALL
        if funds is Funds.LOW:
            self._because(Reason.BUDGET)
            return Model.SMALL
        if self.deadline.hurries and not repairing:
            self._because(Reason.DEADLINE)
            return Model.SMALL
        return Model.LARGE

    def _because(self, reason: Reason) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)

    async def _write(self, prompt: Prompt, size: Model, *, tools: bool) -> Draft:
        draft = await self.writer.write(
            prompt, size=size, tools=tools, within_s=self.deadline.left()
        )
        self.spending.add(draft)
        count(draft, size, self.reasons[-1])
        return draft

    async def _run(self, call: ToolCall) -> ToolResult:
        result = await self.tools.run(call)
        # The model may name anything; a label may not.
        name = call.name if call.name in BY_NAME else "desconhecida"
        outcome = "erro" if result.is_error else "ok"
        metrics.TOOL_CALLS.labels(name, outcome).inc()
        metrics.TOOL.ended(outcome)
        return result

    def _evidence(self) -> Evidence:
        return evidence_of(self.tools, self.persona)

    def _without_draft(self, flaw: Flaw | None) -> Answer | None:
        """What can be said without the model, if there is anything."""
        found = frozenset(fact.chave for fact in self.tools.effects.fatos)
        text = fallback.what_was_done(self.tools.evidence(), found)
        if text is None and flaw is not None:
            text = self._safe_answer(flaw)
        if text is None or check(text, self._evidence()) is not None:
            return None
        metrics.SAFE_ANSWERS.inc()
        return self._answer((text,))

    def _safe_answer(self, flaw: Flaw) -> str | None:
        text = fallback.safe_answer(flaw, self.history)
        if text is not None and check(text, self._evidence()) is Flaw.DENIES_BEING_AI:
            # The doctor asks what she is: to that "não consegui confirmar" would be an evasion.
            return fallback.safe_answer(Flaw.DENIES_BEING_AI, self.history)
        return text

    def _without_money(self, flaw: Flaw | None) -> Answer:
        self._because(Reason.BUDGET)
        said = self._without_draft(flaw)
        if said is not None:
            return said
        text = fallback.once(fallback.NO_BUDGET, self.history)
        if text is not None:
            metrics.SAFE_ANSWERS.inc()
            return self._answer((text,))
        return self._handed_over(
            Handoff(trigger_type="indisponibilidade", motivo=_NO_BUDGET, notify=True)
        )

    def _person(self, flaw: Flaw) -> Answer:
        return self._handed_over(
            Handoff(trigger_type="baixa_confianca", motivo=_UNFIT.format(flaw.value), notify=True)
        )

    def _answer(self, parts: tuple[str, ...]) -> Answer:
        if self.tools.handoff is not None:
            return self._handed_over(self.tools.handoff)
        return Answer(
            outcome="resposta" if parts else "sem_resposta",
            parts=parts,
            holds=self.tools.holds,
            effects=self._fit_effects(),
            rota=self._rota(),
        )

    def _handed_over(self, handoff: Handoff) -> Answer:
        return replace(
            handing_over(handoff, self._rota()),
            holds=self.tools.holds,
            effects=self._fit_effects(),
        )

    def _fit_effects(self) -> Effects:
        """The tools' effects; a reminder whose text may not be sent says something safe."""
        effects = self.tools.effects
        reminders = tuple(
            one
            if check(one.mensagem, self._evidence()) is None
            else one.model_copy(update={"mensagem": fallback.REMINDER})
            for one in effects.lembretes
        )
        return effects.model_copy(update={"lembretes": reminders})

    def _rota(self) -> str:
        return "+".join(self.reasons)


def nothing_left_to_say(tools: Tools) -> bool:
    """Whether a person or the end of the conversation was asked for: both are told by us."""
    opt_out = tools.effects.opt_out
    for_good = opt_out is not None and opt_out.escopo == "definitivo"
    return for_good or tools.handoff is not None


def evidence_of(tools: Tools, persona: str) -> Evidence:
    """What a draft may rely on by now, and what it must not tell."""
    evidence = tools.evidence()
    return replace(evidence, prompt_texts=(*evidence.prompt_texts, not_to_be_told(persona)))
