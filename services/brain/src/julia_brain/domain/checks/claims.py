"""What a draft says about shifts, piece by piece in the order in which it says it."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import Enum, auto

from julia_brain.domain.checks.amounts import Amount, amounts_in
from julia_brain.domain.checks.dates import Day, days_in
from julia_brain.domain.checks.daytime import Daytime, daytimes_in
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.fields import Field, sectors_in, specialties_in
from julia_brain.domain.checks.hours import Hours, hours_in
from julia_brain.domain.checks.places import Address, Hospitals, Place, addresses_in, cities_in
from julia_brain.domain.checks.words import Clause, Span, clauses, fold, tokens
from julia_brain.domain.prompt import SAO_PAULO
from julia_common.database import Hospital, Shift


class Kind(Enum):
    """What a claim is about."""

    AMOUNT = auto()
    HOSPITAL = auto()
    CITY = auto()
    ADDRESS = auto()
    DAY = auto()
    LAST_DAY = auto()
    HOURS = auto()
    DAYTIME = auto()
    SPECIALTY = auto()
    SECTOR = auto()


type Said = Amount | Place | Address | Day | Hours | Daytime | Field


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing named, with the number of its sentence and the clause it stands in."""

    kind: Kind
    said: Said
    sentence: int
    clause: Clause

    def repeats(self, other: "Claim") -> bool:
        """Whether it names the same thing again."""
        match self.said, other.said:
            case (Day() as one, Day() as two):
                return one.same(two)
            case (Hours() as one, Hours() as two):
                return one.same(two)
        return replace(self.said, start=0, end=0) == replace(other.said, start=0, end=0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A draft, read: its clauses by sentence, and its claims in order."""

    text: str
    folded: str
    sentences: tuple[tuple[Clause, ...], ...]
    claims: tuple[Claim, ...]

    def in_clause(self, clause: Clause) -> tuple[Claim, ...]:
        """The claims of one clause."""
        return tuple(claim for claim in self.claims if claim.clause.span == clause.span)


def hospitals_of(evidence: Evidence) -> tuple[Hospital, ...]:
    """Every hospital of the evidence."""
    return (*evidence.hospitals, *(shift.hospital for shift in evidence.shifts))


def local_times(shift: Shift) -> tuple[dt.datetime, dt.datetime]:
    """Begin and end of a shift in São Paulo."""
    return shift.inicio.astimezone(SAO_PAULO), shift.fim.astimezone(SAO_PAULO)


def tokens_joined(text: str) -> str:
    """The words of a text with single spaces."""
    return " ".join(tokens(text))


def place_fits(hospital: Hospital, claim: Claim) -> bool:
    """Whether a name, a city or an address is this hospital's."""
    where = f"{hospital.endereco or ''} {hospital.cidade or ''}"
    match claim.kind, claim.said:
        case Kind.HOSPITAL, Place(key=key):
            return hospital.nome in (key or "").split("|")
        case _, Place(key=key):
            return key is not None and key in tokens_joined(where)
        case _, Address() as address:
            return address.is_in(where)
    return False


def read(text: str, evidence: Evidence) -> Reading:
    """Read a `shown` text."""
    folded = fold(text)
    today = evidence.now.astimezone(SAO_PAULO).date()
    known = hospitals_of(evidence)
    mentions = Hospitals(known, _words_of(evidence)).mentions(text, folded)
    # "Hospital Vila Serena" names no street.
    theirs = tuple(place for place in mentions if place.key is not None)
    addresses = tuple(one for one in addresses_in(text, folded) if not _within(one, theirs))
    hospitals = tuple(place for place in mentions if not _within(place, addresses))
    taken: tuple[Said, ...] = (*addresses, *hospitals)
    days = tuple(day for day in days_in(folded, today) if not _within(day, taken))
    amounts = tuple(amount for amount in amounts_in(folded) if not _within(amount, (*taken, *days)))
    cities = tuple(
        city
        for city in cities_in(text, folded, (hospital.cidade or "" for hospital in known))
        if not _within(city, taken)
    )
    spans = tuple((said.start, said.end) for said in (*taken, *days, *amounts))
    hours = hours_in(folded, spans)
    by_kind: tuple[tuple[Kind, tuple[Said, ...]], ...] = (
        (Kind.ADDRESS, addresses),
        (Kind.HOSPITAL, hospitals),
        (Kind.AMOUNT, amounts),
        (Kind.CITY, cities),
        (Kind.DAY, tuple(day for day in days if not day.ending)),
        (Kind.LAST_DAY, tuple(day for day in days if day.ending)),
        (Kind.HOURS, hours),
        (Kind.DAYTIME, tuple(one for one in daytimes_in(folded) if not _within(one, hours))),
        (Kind.SPECIALTY, tuple(one for one in specialties_in(folded) if not _within(one, taken))),
        (Kind.SECTOR, tuple(one for one in sectors_in(folded) if not _within(one, taken))),
    )
    every = [said for _, found in by_kind for said in found]
    cut = clauses(text, [Span(said.start, said.end) for said in every])
    placed = sorted(
        ((said.start, kind, said) for kind, found in by_kind for said in found),
        key=lambda item: item[0],
    )
    claims = tuple(
        Claim(kind, said, number, clause)
        for start, kind, said in placed
        for number, sentence in enumerate(cut)
        for clause in sentence
        if clause.span.holds(start)
    )
    return Reading(text, folded, cut, claims)


def _words_of(evidence: Evidence) -> set[str]:
    """Words of the evidence that are written with a capital letter but name no hospital."""
    texts = [evidence.doctor_name or ""]
    for shift in evidence.shifts:
        texts += [shift.especialidade, shift.setor or "", shift.tipo or "", shift.periodo or ""]
        texts += [shift.forma_recebimento or ""]
    for hospital in hospitals_of(evidence):
        texts += [hospital.cidade or "", hospital.estado or "", hospital.endereco or ""]
    return {word for text in texts for word in tokens(text)} | set(
        tokens(" ".join(evidence.doctor_said))
    )


def _within(said: Said, taken: tuple[Said, ...]) -> bool:
    return any(other.start < said.end and said.start < other.end for other in taken)
