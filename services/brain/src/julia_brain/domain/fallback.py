"""What is said when no draft may be sent: fixed Portuguese that invents nothing.

What a tool did or found in this turn is told from the tool's own result. A sentence that only asks
whether a person should come is said once; if it was the last thing said, a person comes.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.saying import pay, period, place
from julia_common.database import HistoryMessage, Shift

WHO_I_AM: Final = (
    "Sou a Júlia, assistente virtual da empresa. "
    "Se preferir falar com alguém da equipe, é só me dizer."
)
NOT_SURE: Final = (
    "Não consegui confirmar isso agora e prefiro não te passar nada errado. "
    "Quer que eu chame alguém da equipe pra te ajudar?"
)
NO_BUDGET: Final = (
    "Recebi sua mensagem, mas agora não consigo te responder direito por aqui. "
    "Quer que eu chame alguém da equipe?"
)

REMINDER: Final = "Oi! Você pediu pra eu te chamar por agora. Podemos continuar de onde paramos?"
"""Instead of a reminder whose text may not be sent."""

_BROKEN: Final = frozenset(
    {
        Flaw.EMPTY,
        Flaw.TRUNCATED,
        Flaw.REFUSED,
        Flaw.UNEXPECTED_STOP,
        Flaw.TOO_LONG,
        Flaw.MACHINE_TEXT,
        Flaw.WRONG_LANGUAGE,
    }
)
"""The model itself is not well: a person is needed, not a sentence."""


def what_was_done(evidence: Evidence, found: frozenset[str]) -> str | None:
    """Tell what this turn booked or cancelled, or else the first of the shifts that it found.

    `found` are the ids of shifts that tools showed in this turn.
    """
    done = [
        f"Reservei pra vc: {_shift(shift, evidence.now)}."
        for shift in evidence.shifts
        if shift.id in evidence.held
    ]
    done += [
        f"Cancelei pra vc: {_shift(shift, evidence.now)}."
        for shift in evidence.shifts
        if shift.id in evidence.cancelled
    ]
    if evidence.waiting:
        done.append("Vc entrou na lista de espera dessa vaga.")
    if evidence.reminded:
        done.append("Anotei o lembrete pro horário que vc pediu.")
    if done:
        return " ".join(done)
    open_now = (one for one in evidence.shifts if one.id in found - evidence.booked)
    for shift in open_now:
        if shift.status == "aberta":
            told = _shift(shift, evidence.now)
            return f"Encontrei este plantão: {told}, valor {pay(shift)}. Te interessa?"
    return None


def safe_answer(flaw: Flaw, history: Sequence[HistoryMessage]) -> str | None:
    """What to say after a second flawed draft, or None when a person has to answer."""
    if flaw in _BROKEN:
        return None
    return once(WHO_I_AM if flaw is Flaw.DENIES_BEING_AI else NOT_SURE, history)


def once(text: str, history: Sequence[HistoryMessage]) -> str | None:
    """The text, unless it is the last thing that Júlia said."""
    said = [message.conteudo for message in history if message.autor_tipo == "julia"]
    return None if said and said[-1].strip() == text else text


def _shift(shift: Shift, now: dt.datetime) -> str:
    where = place(shift.hospital)
    hospital = f"{shift.hospital.nome} ({where})" if where else shift.hospital.nome
    return f"{hospital}, {shift.especialidade}, {period(shift, now)}"
