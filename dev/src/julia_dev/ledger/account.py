"""The account: what became of each message, from the driver's and the simulators' records alone.

Pure: it reads records and returns figures, so that tests can plant each kind of failure and see it
found.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_MARKER = re.compile(r"#m(\d+)")

START_BUDGET_S = 2.0
"""A POST that was claimed before a stop starts within this time, or never."""

ARRIVAL_GRACE_S = 0.5
"""From the start of a POST to its arrival at the simulator, on a machine with two busy cores."""


@dataclass(frozen=True)
class Written:
    """A doctor's message; `accepted_at` is when ingest first answered 2xx, if it ever did.

    Times are seconds since the epoch; `provider_at` is in whole seconds, as WhatsApp's is.
    """

    number: int
    doctor: str
    provider_at: int
    accepted_at: float | None


@dataclass(frozen=True)
class Delivery:
    """What a doctor's phone received from Julia (never what a person typed)."""

    doctor: str
    text: str
    arrived_at: float


@dataclass(frozen=True)
class Thought:
    """A question to Claude: the messages it named, and when it came; whether an answer left.

    It shows from outside what Julia knew at a moment: a message is known once it was asked about.
    """

    numbers: tuple[int, ...]
    asked_at: float
    ended_at: float | None


@dataclass(frozen=True)
class Period:
    """From the commit of a stop to the commit of its end."""

    since: float
    until: float


@dataclass(frozen=True)
class Records:
    """All that the account is made from."""

    written: Sequence[Written]
    deliveries: Sequence[Delivery]
    thoughts: Sequence[Thought]
    taken_over: dict[str, float]
    """Doctor to the commit of the takeover that the driver made."""
    worklist: frozenset[str]
    """Doctors whom Julia handed to a person by herself, as the people's list shows them."""
    stops: Sequence[Period]
    notices: frozenset[str]
    """Fixed texts (hand-off, opt-out) that a takeover does not forbid."""


@dataclass(frozen=True)
class Account:
    """The figures; `accepted` = `answered` + `handed_over` + `lost`."""

    accepted: int
    refused: int
    answered: int
    handed_over: int
    handed_over_by_julia: int
    lost: int
    doubled: int
    out_of_order: int
    crossed: int
    after_stop: int
    examples: dict[str, tuple[str, ...]]


def balance(records: Records) -> Account:
    """Make the account."""
    accepted = [w for w in records.written if w.accepted_at is not None]
    replies = _replies(records)
    answered_by = _answers(replies)
    open_numbers = {w.number for w in accepted} - set(answered_by)
    by_driver = {w.number for w in accepted if w.doctor in records.taken_over} & open_numbers
    by_julia = {w.number for w in accepted if w.doctor in records.worklist} & open_numbers
    by_julia -= by_driver
    lost = open_numbers - by_driver - by_julia

    doubled = [*_repeated_texts(records), *_repeated_answers(replies)]
    disorder = [*_out_of_order(accepted, records), *_overtaking(records, replies)]
    crossed = list(_crossed(records))
    late = list(_after_stop(records))
    return Account(
        accepted=len(accepted),
        refused=len(records.written) - len(accepted),
        answered=len({w.number for w in accepted} & set(answered_by)),
        handed_over=len(by_driver) + len(by_julia),
        handed_over_by_julia=len(by_julia),
        lost=len(lost),
        doubled=len(doubled),
        out_of_order=len(disorder),
        crossed=len(crossed),
        after_stop=len(late),
        examples={
            name: tuple(sorted(found)[:5])
            for name, found in {
                "lost": [f"#m{number}" for number in lost],
                "handed_over_by_julia": [f"#m{number}" for number in by_julia],
                "doubled": doubled,
                "out_of_order": disorder,
                "crossed": crossed,
                "after_stop": late,
            }.items()
            if found
        },
    )


@dataclass(frozen=True)
class _Reply:
    doctor: str
    text: str
    arrived_at: float
    numbers: tuple[int, ...]


def _replies(records: Records) -> list[_Reply]:
    """Return the deliveries that answer something, in the order of their arrival."""
    ordered = sorted(records.deliveries, key=lambda delivery: delivery.arrived_at)
    found = (_Reply(d.doctor, d.text, d.arrived_at, numbers_in(d.text)) for d in ordered)
    return [reply for reply in found if reply.numbers]


def _answers(replies: Iterable[_Reply]) -> dict[int, _Reply]:
    first: dict[int, _Reply] = {}
    for reply in replies:
        for number in reply.numbers:
            first.setdefault(number, reply)
    return first


def _repeated_texts(records: Records) -> Iterable[str]:
    """Yield each delivery of a text that its doctor had already received."""
    counts = Counter((d.doctor, d.text) for d in records.deliveries)
    for (_, text), count in counts.items():
        yield from [f"text with {numbers_in(text) or 'no number'} x{count}"] * (count - 1)


def _repeated_answers(replies: Iterable[_Reply]) -> Iterable[str]:
    """Yield each message that two different answers answer."""
    different = {(reply.doctor, reply.text): reply for reply in replies}.values()
    times = Counter(number for reply in different for number in set(reply.numbers))
    for number, count in times.items():
        yield from [f"#m{number} in {count} answers"] * (count - 1)


def _crossed(records: Records) -> Iterable[str]:
    """Yield each answer that reached another doctor than the one who had asked."""
    doctor_of = {w.number: w.doctor for w in records.written}
    for delivery in records.deliveries:
        for number in numbers_in(delivery.text):
            if doctor_of.get(number) != delivery.doctor:
                yield f"#m{number}"


def _out_of_order(accepted: Sequence[Written], records: Records) -> Iterable[str]:
    """Yield messages that were answered after, or named behind, one that was written later.

    A message that Julia did not know yet when she answered the later one is no disorder: its
    webhook came late, or the broker held it through a crash.
    """
    written = {w.number: w for w in accepted}
    known_at: dict[int, float] = {}
    asked_at: dict[tuple[int, ...], float] = {}
    for thought in sorted(records.thoughts, key=lambda each: each.asked_at):
        asked_at[thought.numbers] = thought.asked_at
        for number in thought.numbers:
            known_at.setdefault(number, thought.asked_at)

    newest: dict[str, tuple[Written, float]] = {}
    for reply in _replies(records):
        asked = asked_at.get(reply.numbers, reply.arrived_at)
        named = [written[n] for n in reply.numbers if n in written]
        for before, after in pairwise(named):
            if after.provider_at < before.provider_at:
                yield f"#m{after.number} behind #m{before.number}"
        for message in named:
            later, answered_when = newest.get(reply.doctor, (message, 0.0))
            known = known_at.get(message.number, asked)
            if message.provider_at < later.provider_at and known < answered_when:
                yield f"#m{message.number} after #m{later.number}"
        for message in named:
            later, _ = newest.get(reply.doctor, (message, 0.0))
            if message.provider_at >= later.provider_at:
                newest[reply.doctor] = (message, asked)


def _overtaking(records: Records, replies: Sequence[_Reply]) -> Iterable[str]:
    """Yield each reply that a doctor received after one that Claude had finished later."""
    ended_at = {t.numbers: t.ended_at for t in records.thoughts if t.ended_at is not None}
    newest: dict[str, float] = {}
    for reply in replies:
        ended = ended_at.get(reply.numbers)
        if ended is None:
            continue
        if ended < newest.get(reply.doctor, ended):
            yield f"answer of #m{reply.numbers[0]} overtaken"
        newest[reply.doctor] = max(ended, newest.get(reply.doctor, ended))


def numbers_in(text: str) -> tuple[int, ...]:
    """Return the numbers of the messages that a text names, in its order."""
    return tuple(int(number) for number in _MARKER.findall(text))


def _after_stop(records: Records) -> Iterable[str]:
    """Yield what arrived too long after a stop (of all, or of the one doctor)."""
    limit = START_BUDGET_S + ARRIVAL_GRACE_S
    for delivery in records.deliveries:
        if any(stop.since + limit < delivery.arrived_at < stop.until for stop in records.stops):
            yield f"pause: {numbers_in(delivery.text)}"
        taken = records.taken_over.get(delivery.doctor)
        if (
            taken is not None
            and delivery.text not in records.notices
            and delivery.arrived_at > taken + limit
        ):
            yield f"takeover: {numbers_in(delivery.text)}"
