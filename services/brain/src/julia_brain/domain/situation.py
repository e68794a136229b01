"""The facts of this moment: they change with every turn and stand after all that can be cached."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError

from julia_brain.domain.messages import one_line
from julia_brain.domain.prompt import SAO_PAULO
from julia_brain.domain.saying import moment, money, pay, period, place, shift_words
from julia_common.database import Doctor, Fact, Hospital, Reservation, Shift, TurnBegun

MAX_NAME_CHARACTERS: Final = 40
"""Names come from WhatsApp profiles, where anything may be written."""

MAX_FACT_CHARACTERS: Final = 400
"""Of one memory or directive."""

MAX_SHIFTS: Final = 10
"""Of those shown earlier; the newest stay."""

MAX_HANDOFFS: Final = 3
"""The newest."""

_TRIGGERS: Final = {
    "pedido_humano": "a pessoa pediu",
    "juridico": "assunto jurídico",
    "sentimento_negativo": "insatisfação",
    "baixa_confianca": "a resposta automática não serviu",
    "indisponibilidade": "o sistema ficou fora",
}


def situation(begun: TurnBegun, now: dt.datetime) -> str:
    """The facts of a turn as one annotation; `now` is shown as São Paulo's date and time."""
    local = now.astimezone(SAO_PAULO)
    blocks = (
        f"Agora: {moment(now, now)} ({local:%Y-%m-%d %H:%M}, horário de Brasília).",
        _doctor(begun.medico),
        _listed("O que a equipe orienta agora (siga sem citar)", _directives(begun)),
        _listed("O que se sabe da pessoa", _memories(begun)),
        _listed("Plantões que a pessoa tem", (_booking(one, now) for one in begun.reservas)),
        _listed("Vagas já consultadas nesta conversa", _shifts_shown(begun.fatos, now)),
        _listed("Hospitais já consultados", _hospitals_shown(begun.fatos)),
        _listed("Esta conversa já passou pela equipe", _handoffs(begun, now)),
    )
    facts = "\n".join(block for block in blocks if block)
    return f"[situação, anotada pelo sistema]\n{facts}"


def _doctor(doctor: Doctor) -> str:
    facts = (
        ("primeiro nome", (doctor.primeiro_nome or "")[:MAX_NAME_CHARACTERS]),
        ("especialidade", doctor.especialidade or ""),
        ("cidade", "/".join(part for part in (doctor.cidade, doctor.estado) if part)),
    )
    known = "; ".join(f"{name}: {one_line(value)}" for name, value in facts if value)
    return f"Pessoa: {known}." if known else "Pessoa: ainda não se sabe nada dela."


def _listed(title: str, lines: Iterable[str]) -> str:
    listed = [f"- {line}" for line in lines]
    return "\n".join((f"{title}:", *listed)) if listed else ""


def _directives(begun: TurnBegun) -> Iterable[str]:
    for one in begun.diretrizes:
        about = f" (vaga_id {one.vaga_id})" if one.vaga_id else ""
        yield f"{one.tipo}{about}: {one_line(one.conteudo)[:MAX_FACT_CHARACTERS]}"


def _memories(begun: TurnBegun) -> Iterable[str]:
    return (f"{one.tipo}: {one_line(one.conteudo)[:MAX_FACT_CHARACTERS]}" for one in begun.memorias)


def _booking(booked: Reservation, now: dt.datetime) -> str:
    shift = booked.vaga
    agreed = booked.valor_centavos
    value = pay(shift) if agreed is None else money(agreed)
    where = "; ".join(filter(None, (shift.hospital.nome, place(shift.hospital))))
    return (
        f"reserva_id {booked.reserva_id}: {where}; {shift.especialidade}; "
        f"{period(shift, now)}; {value}"
    )


def _shifts_shown(facts: Iterable[Fact], now: dt.datetime) -> list[str]:
    shown = []
    for fact in facts:
        if fact.tipo != "vaga":
            continue
        try:
            shift = Shift.model_validate(fact.dados)
        except ValidationError:  # written by another version of this code
            continue
        if shift.inicio > now:
            words = shift_words(shift, now)
            shown.append("; ".join([f"vaga_id {words.pop('vaga_id')}", *words.values()]))
    return shown[-MAX_SHIFTS:]


def _hospitals_shown(facts: Iterable[Fact]) -> Iterable[str]:
    for fact in facts:
        if fact.tipo != "hospital":
            continue
        try:
            hospital = Hospital.model_validate(fact.dados)
        except ValidationError:  # written by another version of this code
            continue
        yield "; ".join(filter(None, (hospital.nome, hospital.endereco, place(hospital))))


def _handoffs(begun: TurnBegun, now: dt.datetime) -> Iterable[str]:
    for past in begun.handoffs[:MAX_HANDOFFS]:
        why = _TRIGGERS.get(past.trigger_type, "outro motivo")
        state = "ainda em aberto" if past.resolvido_em is None else "já resolvido"
        yield f"{moment(past.created_at, now)}: {why}; {state}"
