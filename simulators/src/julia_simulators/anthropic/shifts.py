"""Shifts that a request mentions: in results of tools, and in the notes of its caller.

A result is JSON: any object in it with a `vaga_id` is a shift. Notes are lines that begin with
`vaga_id <id>` (a shift that was looked up before) or `reserva_id <id>` (the doctor's own).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from julia_simulators.anthropic.hearing import plain

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMED_ID: Final = re.compile(rf"\b(vaga|reserva)(?:_id)?\W+({_ID.pattern})")
_CITY: Final = re.compile(r"[^;/]+/[A-Z]{2}")
_WHEN: Final = re.compile(
    r"(?:\b(?:segunda|terça|quarta|quinta|sexta|sábado|domingo)(?:-feira)?,? )?"
    r"\d{2}/\d{2}(?:/\d{4})?(?:,? das? \d{1,2}[h:]\d{0,2} [àa]s? \d{1,2}[h:]\d{0,2}"
    r"(?: do dia seguinte)?)?"
)
_VALUE: Final = re.compile(r"[^;]*R\$[^;]*|a combinar")
_DAY: Final = re.compile(r"\b(\d{2})/(\d{2})\b|\b\d{4}-(\d{2})-(\d{2})\b")


@dataclass(frozen=True)
class KnownShift:
    """A shift in the words in which it was read; what was not said is None."""

    vaga_id: str
    hospital: str | None = None
    city: str | None = None
    when: str | None = None
    value: str | None = None
    reserva_id: str | None = None

    def told(self) -> str:
        """The shift in one phrase, of nothing but the words read."""
        place = f"{self.hospital} ({self.city})" if self.hospital and self.city else self.hospital
        return ", ".join(part for part in (place, self.when, self.value) if part)

    def is_named_in(self, text: str) -> bool:
        """Whether a text speaks of this shift: of its hospital and, if it is known, its day."""
        words = plain(text)
        if self.hospital is None or plain(self.hospital) not in words:
            return False
        days = days_in(self.when or "")
        return not days or bool(days & days_in(text))


def days_in(text: str) -> frozenset[str]:
    """Days and months of a text, as "28/11"."""
    found = _DAY.findall(text)
    return frozenset(
        f"{day or iso_day}/{month or iso_month}" for day, month, iso_month, iso_day in found
    )


def shifts_in_json(data: object) -> Iterator[KnownShift]:
    """Every shift inside a tool's result, in the order in which it stands there."""
    if isinstance(data, list):
        for item in data:
            yield from shifts_in_json(item)
    elif isinstance(data, dict):
        shift = _shift(data)
        if shift is not None:
            yield shift
        for value in data.values():
            if shift is None or isinstance(value, list):
                yield from shifts_in_json(value)


def _shift(data: dict[str, Any]) -> KnownShift | None:
    vaga_id = data.get("vaga_id") or (data.get("id") if "hospital" in data else None)
    place = data.get("hospital")
    if not isinstance(vaga_id, str) or not isinstance(place, str | dict):
        return None
    hospital = place if isinstance(place, str) else place.get("nome")
    city = data.get("cidade") or (place.get("cidade") if isinstance(place, dict) else None)
    hours = data.get("horario") or data.get("horário")
    when = data.get("quando") or ", ".join(str(part) for part in (data.get("data"), hours) if part)
    value = data.get("valor")
    return KnownShift(
        vaga_id,
        hospital=_text(hospital),
        city=_text(city),
        when=_text(when),
        value=_text(value) if isinstance(value, str) else None,
        reserva_id=_text(data.get("reserva_id")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def shifts_in_notes(notes: str) -> Iterator[KnownShift]:
    """Every shift that a caller's notes list, a line each: `vaga_id …; hospital; city; …`."""
    for line in notes.splitlines():
        named = _NAMED_ID.search(line)
        if named is None:
            continue
        kind, found = named.groups()
        hospital, *facts = line[named.end() :].strip(" :;").split(";")
        if not facts:  # an id in a sentence, not a shift that is described
            continue
        rest = ";".join(facts)
        yield KnownShift(
            found,
            hospital=hospital.strip(),
            city=_first(_CITY, rest),
            when=_first(_WHEN, rest),
            value=_first(_VALUE, rest),
            reserva_id=found if kind == "reserva" else None,
        )


def _first(pattern: re.Pattern[str], line: str) -> str | None:
    found = pattern.search(line)
    return found.group(0).strip() if found else None
