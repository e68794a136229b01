"""Whether a statement stands on something: refused unless its form shows that it claims nothing.

The other checks list what is false to say. This one lists what is honest to say: a sentence that
joins the doctor with a shift is a question, an offer, a wish, a condition, a denial or a report of
the doctor's own words - or the shift is held or booked.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from julia_brain.domain.checks import claims as reading
from julia_brain.domain.checks.claims import Claim, Kind, Reading, local_times, place_fits
from julia_brain.domain.checks.dates import Day
from julia_brain.domain.checks.daytime import Daytime
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.hours import Hours
from julia_brain.domain.checks.places import Address, Place
from julia_brain.domain.checks.standing_facts import beyond_her_knowledge
from julia_brain.domain.checks.standing_forms import (
    AGREED,
    ASSENTING,
    CANCELLING,
    CONTACTS,
    DENYING,
    DOCTOR,
    FREEING,
    HONEST_PAST,
    IS,
    NOTHING_DONE,
    OFFERING,
    ORDERED,
    PAST,
    PUT_TO_DOCTOR,
    SETTLED,
    SHIFT_NOUN,
    SOON,
    TAG,
    TAKES_BACK,
    TOLD_TO,
    WAITING,
    WELCOMES,
)
from julia_brain.domain.checks.words import Clause, shown
from julia_common.database import Shift

_OF_A_SHIFT: Final = frozenset({Kind.DAY, Kind.LAST_DAY, Kind.HOURS, Kind.HOSPITAL, Kind.ADDRESS})


def standing(text: str, evidence: Evidence) -> Flaw | None:
    """What is said as a fact that nothing in the evidence stands behind."""
    read = reading.read(shown(text), evidence)
    every = [clause for sentence in read.sentences for clause in sentence]
    beyond = (beyond_her_knowledge(clause, evidence) for clause in every)
    flaw = next((flaw for flaw in beyond if flaw is not None), None)
    return flaw or _unfounded(read, evidence)


def _unfounded(read: Reading, evidence: Evidence) -> Flaw | None:
    if _closes_on_a_shift(read, evidence):
        return Flaw.PROMISED_BOOKING
    for sentence in read.sentences:
        if any(_returns_at(clause, read, evidence) for clause in sentence):
            return Flaw.PROMISED_REMINDER
        if any(_gives_a_shift(clause, read, evidence) for clause in sentence):
            return Flaw.PROMISED_BOOKING
        if any(_gives_back_another(clause, read, evidence) for clause in sentence):
            return Flaw.PROMISED_CANCELLATION
        if _gives_another_too(sentence, read, evidence):
            return Flaw.PROMISED_BOOKING
    return None


def _gives_a_shift(clause: Clause, read: Reading, evidence: Evidence) -> bool:
    """Whether a clause says of a shift that is not theirs what is said of one that is."""
    if _is_free(clause, evidence) or _is_theirs(clause, read, evidence):
        return False
    if _is_asked_next(clause, read):
        return False
    named = any(claim.kind in _OF_A_SHIFT for claim in read.in_clause(clause))
    joined = DOCTOR.search(clause.text) is not None
    if joined and IS.search(clause.text) and _names_a_shift_after(clause, read, evidence):
        return True
    if _takes_for_granted(clause, named=named or _names_a_shift_after(clause, read, evidence)):
        return True
    about_a_shift = named or SHIFT_NOUN.search(clause.before + clause.text) is not None
    settled = SETTLED.search(clause.text) is not None or AGREED.search(clause.text) is not None
    given = joined or settled or _did_something(clause)
    return about_a_shift and given and CONTACTS.search(clause.text) is None


def _takes_for_granted(clause: Clause, *, named: bool) -> bool:
    """Whether the doctor is told, welcomed or wished what only who has a shift is."""
    if ORDERED.search(clause.text) or WELCOMES.search(clause.text):
        return ORDERED.search(clause.text) is not None or AGREED.search(clause.text) is not None
    return named and bool(TOLD_TO.match(clause.text) or AGREED.search(clause.text))


def _closes_on_a_shift(read: Reading, evidence: Evidence) -> bool:
    """Whether a yes is followed by nothing but the facts of a shift: "Bora! Sábado, São Luiz"."""
    if not ASSENTING.match(read.folded) or "?" in read.folded:
        return False
    every = [clause for sentence in read.sentences for clause in sentence]
    return any(
        len({claim.kind for claim in read.in_clause(clause)} & _OF_A_SHIFT) > 1
        and not CONTACTS.search(clause.text)
        and not _is_theirs(clause, read, evidence)
        for clause in every
    ) and not any(_is_free(clause, evidence) or CANCELLING.search(clause.text) for clause in every)


def _gives_back_another(clause: Clause, read: Reading, evidence: Evidence) -> bool:
    """Whether she says that she took back a shift other than the one that was."""
    named = [claim for claim in read.in_clause(clause) if claim.kind in _OF_A_SHIFT]
    given = [shift for shift in evidence.shifts if shift.id in evidence.cancelled]
    return bool(
        named
        and given
        and TAKES_BACK.search(clause.text)
        and not _is_free(clause, evidence)
        and not any(_fits_all(shift, named) for shift in given)
    )


def _is_asked_next(clause: Clause, read: Reading) -> bool:
    """Whether a description is put to the doctor at once: "das 19h às 7h. Encara?"."""
    if SETTLED.search(clause.text) or AGREED.search(clause.text) or _did_something(clause):
        return False
    following = read.folded[clause.span.end + len(clause.after) :]
    return PUT_TO_DOCTOR.match(following) is not None


def _names_a_shift_after(clause: Clause, read: Reading, evidence: Evidence) -> bool:
    """Whether the rest of its sentence names a shift, not theirs and in no freeing form."""
    end = clause.span.end + len(clause.after)
    return any(
        claim.kind in _OF_A_SHIFT
        and clause.span.end <= claim.said.start < end
        and not _is_free(claim.clause, evidence)
        and not _is_theirs(claim.clause, read, evidence)
        for claim in read.claims
    )


def _did_something(clause: Clause) -> bool:
    """Whether she or the company did what is no mere looking, noting or passing on."""
    return any(
        found.group() not in HONEST_PAST and found.group() not in NOTHING_DONE
        for found in PAST.finditer(clause.text)
    )


def _is_free(clause: Clause, evidence: Evidence) -> bool:
    """Whether the form shows that nothing is claimed."""
    if clause.asks and not _is_tagged(clause):
        return True
    if FREEING.search(clause.before + clause.text) or DENYING.search(clause.text):
        return True
    if OFFERING.search(clause.text if clause.goes_on else clause.before + clause.text):
        return True
    return evidence.waiting and WAITING.search(clause.before + clause.text) is not None


def _is_tagged(clause: Clause) -> bool:
    """Whether the question mark ends a mere tag: "vc pegou o sábado, tá?"."""
    return TAG.search(clause.text + clause.after) is not None


def _is_theirs(clause: Clause, read: Reading, evidence: Evidence) -> bool:
    """Whether all that is named is of one shift that the doctor holds, or gave back if so told."""
    ids = evidence.held | evidence.booked
    if CANCELLING.search(clause.before + clause.text):
        ids |= evidence.cancelled
    if not ids:
        return False
    shifts = [shift for shift in evidence.shifts if shift.id in ids]
    named = [claim for claim in read.in_clause(clause) if claim.kind in _OF_A_SHIFT]
    return not shifts or not named or any(_fits_all(shift, named) for shift in shifts)


def _gives_another_too(sentence: Sequence[Clause], read: Reading, evidence: Evidence) -> bool:
    """Whether a predicate carries over: "domingo tá confirmado e sábado no São Luiz também"."""
    for before, clause in pairwise(sentence):
        named = any(claim.kind in _OF_A_SHIFT for claim in read.in_clause(clause))
        carried = "tambem" in clause.text or "tbm" in clause.text or "idem" in clause.text
        if (
            named
            and carried
            and SETTLED.search(before.text)
            and not _is_free(clause, evidence)
            and not _is_theirs(clause, read, evidence)
        ):
            return True
    return False


def _returns_at(clause: Clause, read: Reading, evidence: Evidence) -> bool:
    """Whether she says that she will write at a time, with no reminder arranged."""
    if evidence.reminded or evidence.handing_over or _is_free(clause, evidence):
        return False
    timed = SOON.search(clause.text) or any(
        claim.kind in {Kind.DAY, Kind.HOURS, Kind.DAYTIME} for claim in read.in_clause(clause)
    )
    return bool(timed) and CONTACTS.search(clause.text) is not None


def _fits_all(shift: Shift, named: Sequence[Claim]) -> bool:
    begins, ends = local_times(shift)
    for claim in named:
        match claim.said:
            case Place() | Address():
                fits = place_fits(shift.hospital, claim)
            case Day() as day:
                fits = day.fits(shift.data) or day.fits(ends.date())
            case Hours() | Daytime() as hours:
                fits = hours.fits(begins, ends)
            case _:
                fits = True
        if not fits:
            return False
    return True
