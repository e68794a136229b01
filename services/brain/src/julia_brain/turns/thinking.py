"""From a begun turn to an answer that may be sent, or to the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from julia_brain import metrics
from julia_brain.domain import reply
from julia_brain.domain.pricing import cost_usd
from julia_brain.domain.prompt import DoctorFacts, Prompt, Said, build_prompt
from julia_brain.ports import Draft, Model, Writer
from julia_brain.turns.limits import Limits
from julia_common.database import HistoryMessage, PendingMessage, TurnBegun, Usage
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.clock import Clock


class Budget:
    """The thinking time that a turn has left."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        """Start now."""
        self._clock = clock
        self._shortest = limits.shortest_call
        self._end = clock.monotonic() + limits.thinking

    def left(self) -> float:
        """Seconds; never negative."""
        return max(0.0, self._end - self._clock.monotonic())

    def allows_a_call_after(self, seconds: float) -> bool:
        """Whether Claude can still be asked once `seconds` have passed."""
        return self.left() - seconds >= self._shortest


@dataclass(frozen=True, slots=True)
class Answer:
    """What Claude made of a turn; `parts` is empty when no draft was fit to be sent."""

    parts: tuple[str, ...]
    flaw: reply.Flaw | None
    drafts: tuple[Draft, ...]


async def think(writer: Writer, prompt: Prompt, budget: Budget) -> Answer:
    """Ask Claude, and once more with a remark when its draft is not fit to be sent.

    Raises what `Writer.write` raises for the first draft; a second that fails leaves the turn with
    the flaw of the first.
    """
    first = await writer.write(prompt, size=Model.SMALL, tools=False, within_s=budget.left())
    flaw = _flaw(first)
    if flaw is None:
        return Answer(reply.split(first.text), None, (first,))
    if not budget.allows_a_call_after(0):
        return Answer((), flaw, (first,))
    try:
        second = await writer.write(
            prompt.with_note(reply.INSTRUCTIONS[flaw]),
            size=Model.LARGE,
            tools=False,
            within_s=budget.left(),
        )
    except (Retryable, Permanent):
        return Answer((), flaw, (first,))
    flaw = _flaw(second)
    parts = reply.split(second.text) if flaw is None else ()
    return Answer(parts, flaw, (first, second))


def _flaw(draft: Draft) -> reply.Flaw | None:
    flaw = reply.flaw_of(draft.text, draft.stop_reason)
    if flaw is not None:
        metrics.FLAWS.labels(flaw.value).inc()
    return flaw


def usage_of(drafts: Sequence[Draft]) -> Usage | None:
    """The sum of all drafts of a turn, the discarded ones included."""
    if not drafts:
        return None
    return Usage(
        model=drafts[-1].model,
        input_tokens=sum(draft.input_tokens for draft in drafts),
        output_tokens=sum(draft.output_tokens for draft in drafts),
        cache_read_tokens=sum(draft.cache_read_tokens for draft in drafts),
        cache_write_tokens=sum(draft.cache_write_tokens for draft in drafts),
        custo_usd=sum(
            (
                cost_usd(
                    draft.model,
                    input_tokens=draft.input_tokens,
                    output_tokens=draft.output_tokens,
                    cache_read=draft.cache_read_tokens,
                    cache_write=draft.cache_write_tokens,
                )
                for draft in drafts
            ),
            start=Decimal(0),
        ),
        llm_ms=sum(draft.llm_ms for draft in drafts),
    )


def prompt_of(begun: TurnBegun, clock: Clock) -> Prompt:
    """Make the prompt of a begun turn."""
    doctor = DoctorFacts(
        first_name=begun.medico.primeiro_nome,
        specialty=begun.medico.especialidade,
        city=begun.medico.cidade,
        state=begun.medico.estado,
    )
    history = [_earlier(message) for message in begun.history]
    pending = [_pending(message) for message in begun.pending]
    return build_prompt(doctor, history, pending, clock.now())


def _earlier(message: HistoryMessage) -> Said:
    return Said(message.autor_tipo, message.tipo_conteudo, message.conteudo)


def _pending(message: PendingMessage) -> Said:
    return Said(
        "medico",
        message.tipo_conteudo,
        message.conteudo,
        quoted=message.quoted.text if message.quoted else None,
        attachment=message.anexos or {},
    )
