"""What is decided by rules before Claude is asked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from julia_brain.domain.handoff import trigger_of
from julia_brain.domain.media import is_remark
from julia_brain.domain.messages import WRITTEN
from julia_brain.domain.opt_out import opt_out_of
from julia_brain.domain.unreadable import ANSWERS, unreadable_of
from julia_brain.turns.answer import Answer, handing_over
from julia_common.database import (
    Effects,
    Handoff,
    HistoryMessage,
    PendingMessage,
    ScopedOptOut,
    TurnBegun,
)

_AUDIO: Final = "audio"
_TO_THE_CANARY: Final = "Canário respondido"
"""Never posted."""
_FOR_GOOD: Final = "definitivo"
_OF_LAW: Final = "juridico"


def answer_by_rules(begun: TurnBegun) -> Answer | None:
    """The end, a person, a fixed text, or None when Claude is to be asked."""
    if begun.medico.canario:
        return Answer(outcome="resposta", rota="regra_canario", parts=(_TO_THE_CANARY,))
    words = doctors_words(begun.pending)
    earlier = doctors_words([one for one in begun.history if one.autor_tipo == "medico"])
    trigger = trigger_of(words, earlier)
    asked = opt_out_said(begun.pending)
    if asked is not None and asked.escopo == _FOR_GOOD:
        # What the doctor is told then is queued by the database.
        effects = Effects(opt_out=asked)
        if trigger is None or trigger.trigger_type != _OF_LAW:
            return Answer(outcome="sem_resposta", rota="regra_opt_out", effects=effects)
        handoff = Handoff(trigger_type=_OF_LAW, motivo=trigger.motivo, notify=False)
        return replace(handing_over(handoff, "regra_opt_out"), effects=effects)
    if trigger is not None:
        return handing_over(
            Handoff(trigger_type=trigger.trigger_type, motivo=trigger.motivo, notify=True),
            f"regra_{trigger.trigger_type}",
        )
    unreadable = unreadable_of(words)
    if unreadable is not None:
        return Answer(outcome="resposta", rota=f"regra_{unreadable}", parts=(ANSWERS[unreadable],))
    return None


def keeping_opt_out(answer: Answer, begun: TurnBegun) -> Answer:
    """The answer with what the burst asks for; what a tool noted beside or beyond it stays."""
    asked = opt_out_said(begun.pending)
    noted = answer.effects.opt_out
    if asked is None or (noted is not None and noted.escopo == _FOR_GOOD):
        return answer
    if noted is not None:
        refused = (*filter(None, (noted.vaga_id,)), *noted.outras_vagas)
        asked = asked.model_copy(update={"outras_vagas": refused})
    return replace(answer, effects=answer.effects.model_copy(update={"opt_out": asked}))


def opt_out_said(pending: Sequence[PendingMessage]) -> ScopedOptOut | None:
    """A wish to be left alone in the burst, read as one now that it is over.

    What is complete in a single written message took effect when it arrived.
    """
    said = [_said(one) or (one.conteudo if one.tipo_conteudo in WRITTEN else "") for one in pending]
    found = opt_out_of("\n".join(said))
    return None if found is None else ScopedOptOut(escopo=found.escopo, motivo=found.motivo)


def doctors_words(messages: Sequence[PendingMessage | HistoryMessage]) -> tuple[str, ...]:
    """What the doctor wrote or said, one text for each message; what an image shows is neither."""
    return tuple(" ".join(filter(None, (one.conteudo, _said(one)))) for one in messages)


def _said(message: PendingMessage | HistoryMessage) -> str:
    """What is said in a voice message, once it has been heard."""
    reading = message.leitura or ""
    return reading if message.tipo_conteudo == _AUDIO and not is_remark(reading) else ""
