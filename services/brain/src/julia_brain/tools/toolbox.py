"""The tools of one turn: what Claude calls, and what the engine commits."""

import json
import logging
from typing import Final

from julia_brain.domain.checks.evidence import Evidence
from julia_brain.ports import Shifts
from julia_brain.tools.arguments import InvalidArguments
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_brain.tools.schemas import BY_NAME, TOOLS
from julia_brain.tools.tool import Result
from julia_brain.tools.work import NotDone, Work, texts_of
from julia_common.database import Effects, Handoff, TurnBegun
from julia_common.errors import Permanent
from julia_common.resilience.clock import Clock
from julia_common.telemetry import tracing

_log = logging.getLogger(__name__)

MAX_CALLS: Final = 16
"""Of one draft; more is a model that runs in circles."""

_NO_SUCH_TOOL: Final = f"Essa ferramenta não existe. As que existem: {', '.join(BY_NAME)}."
_TOO_MANY: Final = "Já foram chamadas demais nesta resposta: responda agora com o que já sabe."
_BROKEN: Final = (
    "A ferramenta não funcionou e nada foi feito. Não diga que deu certo nem tente de novo: "
    "ofereça passar para alguém da equipe (transferir_para_humano)."
)


class Toolbox:
    """One draft's tools. Nothing in it outlives the draft: only a commit makes it final.

    A hold that is not named in `holds` is freed by the commit, so a new draft starts with a new
    toolbox.
    """

    def __init__(
        self, shifts: Shifts, begun: TurnBegun, *, conversa_id: str, token: str, clock: Clock
    ) -> None:
        """`conversa_id` and `token` are the turn's lease; the model never names either."""
        self._begun = begun
        self._clock = clock
        self._calls = 0
        self._work = Work(shifts, begun, conversa_id, token, clock.now())

    async def run(self, call: ToolCall) -> ToolResult:
        """Do what the model asked for; what it got wrong is told to it in the result.

        Raises `Retryable` when the database is away and `TurnDropped` when the turn is not ours.
        """
        self._calls += 1
        self._work.now = self._clock.now()
        tool = BY_NAME.get(call.name)
        if tool is None:
            return _error(call, _NO_SUCH_TOOL)
        if self._calls > MAX_CALLS:
            return _error(call, _TOO_MANY)
        try:
            with tracing.span(f"execute_tool {tool.name}", _span_of(tool.name)):
                return _result(call, await tool.call(call, self._work))
        except InvalidArguments as invalid:
            return _error(call, f"Argumentos inválidos: {invalid}. Corrija e chame de novo.")
        except NotDone as not_done:
            return _error(call, str(not_done))
        except Permanent as error:
            _log.error("the tool %s failed for good: %s", tool.name, error)
            return _error(call, _BROKEN)

    @property
    def holds(self) -> tuple[str, ...]:
        """Reservations that the commit confirms."""
        return tuple(hold.reserva_id for hold in self._work.held.values())

    @property
    def effects(self) -> Effects:
        """Everything else that the commit applies."""
        return self._work.effects

    @property
    def handoff(self) -> Handoff | None:
        """The person called for by a tool."""
        return self._work.handoff

    def evidence(self) -> Evidence:
        """What a draft may rely on by now. `prompt_texts` lacks the persona, which is not ours."""
        work, begun = self._work, self._begun
        agreed = [booking.valor_centavos for booking in work.bookings.values()]
        agreed += [hold.agreed_centavos for hold in work.held.values()]
        booked = work.bookings.keys() | work.found_booked
        theirs = [message for message in begun.history if message.autor_tipo == "medico"]
        pending = texts_of(begun.pending)
        names = (begun.medico.primeiro_nome, begun.medico.sobrenome)
        return Evidence(
            now=self._clock.now(),
            shifts=tuple(work.known.shifts.values()),
            hospitals=tuple(work.known.hospitals.values()),
            agreed_centavos=frozenset(price for price in agreed if price is not None),
            held=frozenset(work.held),
            booked=frozenset(booked - work.cancelled.keys()),
            cancelled=frozenset(work.cancelled),
            waiting=bool(work.waiting),
            reminded=bool(work.reminders),
            opted_out=work.effects.opt_out is not None,
            handing_over=work.handoff is not None,
            doctor_said=(*texts_of(theirs), *pending),
            unanswered=max(1, len(pending)),
            doctor_name=" ".join(name for name in names if name) or None,
            prompt_texts=(
                *(directive.conteudo for directive in begun.diretrizes),
                *(tool.description for tool in TOOLS),
            ),
        )


def _span_of(tool: str) -> dict[str, tracing.Attribute | None]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}


def _result(call: ToolCall, result: Result) -> ToolResult:
    return ToolResult(call.id, json.dumps(result, ensure_ascii=False, separators=(",", ":")))


def _error(call: ToolCall, message: str) -> ToolResult:
    content = json.dumps({"erro": message}, ensure_ascii=False, separators=(",", ":"))
    return ToolResult(call.id, content, is_error=True)
