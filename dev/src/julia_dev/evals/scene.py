"""A case made concrete: dates, ids, phone numbers and names, and what may truthfully be said."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from julia_dev.evals.case import MAIN, Case, ScriptedAnswer, ShiftSetup
from julia_dev.evals.cast import NO_SHIFTS, SPECIALTIES, Doctor
from julia_dev.evals.judges import Truth
from julia_dev.evals.loading import EvalsError, Hospital
from julia_dev.evals.words import fill, reais, unaccented

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
_WEEKDAYS: Final = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
_SOONEST_DAYS: Final = 2
"""A named weekday is at least this far away, so that a case means the same late at night."""

_LONG_TEXTS: Final = {
    "longo": "Hoje o dia foi corrido no hospital e só agora consegui parar para escrever. " * 40,
    "gigante": "Hoje o dia foi corrido no hospital e só agora consegui parar para escrever. " * 150,
    "ladainha": "Nossa equipe tem uma excelência incomparável no cuidado com cada médica. " * 40,
}
"""Texts that are too long to stand in a readable file."""


@dataclass(frozen=True)
class Shift:
    """A shift of this run."""

    key: str
    id: str
    hospital_key: str
    hospital: Hospital
    setup: ShiftSetup
    specialty: str
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class Scene:
    """One case on one day."""

    case: Case
    doctors: Mapping[str, Doctor]
    shifts: Mapping[str, Shift]
    hospitals: Mapping[str, Hospital]
    now: dt.datetime

    @property
    def main(self) -> Doctor:
        """The doctor who is meant where none is named."""
        return self.doctors[MAIN]

    def fill(self, text: str, *, quote: bool = False) -> str:
        """Replace `{{...}}`; with `quote`, for use inside a regular expression."""
        return fill(text, lambda name: re.escape(self._value(name)) if quote else self._value(name))

    def filled(self, answer: ScriptedAnswer) -> ScriptedAnswer:
        """Return the answer with everything in it replaced."""
        return answer.model_copy(
            update={
                "texto": self.fill(answer.texto),
                "ferramentas": tuple(
                    tool.model_copy(update={"com": {k: self._deep(v) for k, v in tool.com.items()}})
                    for tool in answer.ferramentas
                ),
            }
        )

    @cached_property
    def truth(self) -> Truth:
        """What may be said in this conversation without inventing anything."""
        shifts = self.shifts.values()
        hospitals = {shift.hospital.nome: shift.hospital for shift in shifts}
        hospitals |= {self.hospitals[k].nome: self.hospitals[k] for k in self.case.hospitais}
        days = {day for shift in shifts for day in (shift.start.date(), shift.end.date())}
        days |= {self.now.date() + dt.timedelta(days=n) for n in (0, 1)}
        return Truth(
            reais=frozenset({*self.case.valores_ditos, *_amounts(shifts)}),
            hospitals=frozenset(
                name for each in hospitals.values() for name in (each.nome, *each.apelidos)
            ),
            addresses=frozenset(each.endereco for each in hospitals.values()),
            days=frozenset((day.day, day.month) for day in days),
            hours=frozenset(
                (moment.hour, moment.minute)
                for shift in shifts
                for moment in (shift.start, shift.end)
            ),
            said=tuple(
                self.fill(text)
                for step in self.case.passos
                for text in (
                    *step.diz,
                    step.pessoa_escreve or "",
                    step.envia.diz if step.envia else "",
                    step.edita or "",
                )
            ),
            plain_names=frozenset({*SPECIALTIES, NO_SHIFTS}),
        )

    def _deep(self, value: object) -> object:
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, list):
            return [self._deep(each) for each in value]
        if isinstance(value, dict):
            return {key: self._deep(each) for key, each in value.items()}
        return value

    def _value(self, name: str) -> str:
        subject, _, field = name.partition(".")
        if subject in self.shifts:
            return _of_shift(self.shifts[subject], field or "hospital", name)
        if subject in self.doctors:
            return _of_doctor(self.doctors[subject], field or "nome", name)
        if subject in self.hospitals:
            hospital = self.hospitals[subject]
            return hospital.endereco if field == "endereco" else hospital.nome
        moments = {
            "nome": self.main.first_name,
            "hoje": f"{self.now:%d/%m}",
            "amanha": f"{self.now + dt.timedelta(days=1):%d/%m}",
            "amanha_iso": f"{self.now + dt.timedelta(days=1):%Y-%m-%d}",
            "ontem_iso": f"{self.now - dt.timedelta(days=1):%Y-%m-%d}",
            **_LONG_TEXTS,
        }
        if name not in moments:
            raise EvalsError(f"{self.case.nome}: there is no {{{{{name}}}}}")
        return moments[name]


def scene_of(
    case: Case,
    *,
    doctors: Mapping[str, Doctor],
    hospitals: Mapping[str, Hospital],
    now: dt.datetime,
) -> Scene:
    """Make a case concrete for the day of `now` (with zone)."""
    today = now.astimezone(SAO_PAULO)
    specialty = doctors[MAIN].specialty
    shifts = {}
    for key, setup in case.vagas.items():
        day = day_of(setup.dia, today.date())
        start = dt.datetime.combine(day, dt.time.fromisoformat(setup.das), SAO_PAULO)
        end = dt.datetime.combine(day, dt.time.fromisoformat(setup.ate), SAO_PAULO)
        if end <= start:
            end += dt.timedelta(days=1)
        shifts[key] = Shift(
            key=key,
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{doctors[MAIN].id}/{key}")),
            hospital_key=setup.hospital,
            hospital=hospitals[setup.hospital],
            setup=setup,
            specialty=specialty,
            start=start,
            end=end,
        )
    return Scene(case, doctors, shifts, hospitals, today)


def day_of(words: str | int, today: dt.date) -> dt.date:
    """Return the date that a case means by `sabado` or `+5` (which YAML reads as a number).

    Raises:
        EvalsError: neither a weekday nor a number of days.
    """
    if isinstance(words, int):
        return today + dt.timedelta(days=words)
    weekdays = [unaccented(day) for day in _WEEKDAYS]
    if unaccented(words) not in weekdays:
        raise EvalsError(f"dia: {words}: a weekday ({', '.join(weekdays)}) or +5")
    first = today + dt.timedelta(days=_SOONEST_DAYS)
    return first + dt.timedelta(days=(weekdays.index(unaccented(words)) - first.weekday()) % 7)


def _amounts(shifts: Iterable[Shift]) -> Iterator[int]:
    for shift in shifts:
        setup = shift.setup
        yield from (n for n in (setup.valor, setup.minimo, setup.maximo) if n is not None)
        yield from setup.faixa or ()


def _of_shift(shift: Shift, field: str, name: str) -> str:
    start, end = shift.start, shift.end
    value = shift.setup.valor or (shift.setup.faixa or (0,))[0]
    values = {
        "id": shift.id,
        "hospital": shift.hospital.nome,
        "endereco": shift.hospital.endereco,
        "cidade": shift.hospital.cidade,
        "dia": _WEEKDAYS[start.weekday()],
        "data": f"{start:%d/%m}",
        "iso": f"{start:%Y-%m-%d}",
        "das": _hour(start),
        "ate": _hour(end),
        "horas": f"das {_hour(start)} às {_hour(end)}",
        "valor": reais(value),
        "quanto": reais(value).removeprefix("R$ "),
        "especialidade": shift.specialty,
    }
    if field not in values:
        raise EvalsError(f"there is no {{{{{name}}}}}: one of {', '.join(values)}")
    return values[field]


def _of_doctor(doctor: Doctor, field: str, name: str) -> str:
    values = {
        "id": doctor.id,
        "nome": doctor.first_name,
        "numero": doctor.number,
        "especialidade": doctor.specialty,
        "cidade": doctor.city,
    }
    if field not in values:
        raise EvalsError(f"there is no {{{{{name}}}}}: one of {', '.join(values)}")
    return values[field]


def _hour(moment: dt.datetime) -> str:
    return f"{moment.hour}h" if not moment.minute else f"{moment.hour}h{moment.minute:02}"
