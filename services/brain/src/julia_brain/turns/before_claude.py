"""What is decided by rules before Claude is asked."""

from collections.abc import Sequence

from julia_brain.domain.handoff import trigger_of
from julia_brain.domain.unreadable import ANSWERS, unreadable_of
from julia_brain.turns.answer import Answer, handing_over
from julia_common.database import Handoff, HistoryMessage, PendingMessage, TurnBegun

_AUDIO = "audio"


def answer_by_rules(begun: TurnBegun) -> Answer | None:
    """A person, a fixed text, or None when Claude is to be asked."""
    words = doctors_words(begun.pending)
    earlier = doctors_words([one for one in begun.history if one.autor_tipo == "medico"])
    trigger = trigger_of(words, earlier)
    if trigger is not None:
        return handing_over(
            Handoff(trigger_type=trigger.trigger_type, motivo=trigger.motivo, notify=True),
            f"regra_{trigger.trigger_type}",
        )
    unreadable = unreadable_of(words)
    if unreadable is not None:
        return Answer(outcome="resposta", rota=f"regra_{unreadable}", parts=(ANSWERS[unreadable],))
    return None


def doctors_words(messages: Sequence[PendingMessage | HistoryMessage]) -> tuple[str, ...]:
    """What the doctor wrote or said, one text for each message; what an image shows is neither."""
    return tuple(
        " ".join(filter(None, (one.conteudo, one.leitura if one.tipo_conteudo == _AUDIO else "")))
        for one in messages
    )
