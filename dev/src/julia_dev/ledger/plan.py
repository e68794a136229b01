"""What will happen in a run, drawn from a seed before anything happens."""

import random
from dataclasses import dataclass

_OPENINGS = (
    "Oi, tem plantão de anestesia em Campinas sábado?",
    "Bom dia! Alguma vaga essa semana?",
    "Tenho disponibilidade sexta à noite",
    "Quanto paga o plantão de 12h?",
    "Pode ser em Sorocaba também",
    "Prefiro diurno",
    "E domingo, tem algo?",
    "Qual hospital seria?",
    "Consigo sair mais cedo?",
    "Tem vaga de clínica médica?",
)


@dataclass(frozen=True)
class PlannedMessage:
    """One message that a doctor writes.

    `number` is unique in the run and part of the text (`#m<number>`): the simulated Claude repeats
    the numbers of what it answers, so the doctor's phone shows what was answered.
    `copies` webhooks announce it; it is announced `late_s` after it was written, so that a later
    message can overtake it.
    """

    number: int
    doctor: str
    at_s: float
    text: str
    copies: int
    late_s: float


@dataclass(frozen=True)
class PlannedTakeover:
    """A person takes a doctor over: by the runbook's SQL, or by typing on the company's phone."""

    doctor: str
    at_s: float
    by_phone: bool


@dataclass(frozen=True)
class PlannedStop:
    """Julia is paused for a while."""

    at_s: float
    lasts_s: float


@dataclass(frozen=True)
class Plan:
    """A whole run; times in seconds from its start."""

    doctors: tuple[str, ...]
    messages: tuple[PlannedMessage, ...]
    takeovers: tuple[PlannedTakeover, ...]
    stops: tuple[PlannedStop, ...]
    lasts_s: float


def doctors(count: int, *, first: int = 0) -> tuple[str, ...]:
    """Return mobile numbers of São Paulo (E.164 digits); only the simulated WhatsApp knows them."""
    return tuple(f"5511970{number:06d}" for number in range(first, first + count))


def draw(
    rng: random.Random,
    *,
    doctor_count: int,
    message_count: int,
    takeover_count: int,
    stop_count: int,
    lasts_s: float,
    first: int = 0,
) -> Plan:
    """Draw a run: every doctor writes in bursts of one to five, spread over `lasts_s`.

    `first`: what doctors and messages are counted from, where another run's have gone before.
    """
    people = doctors(doctor_count, first=first)
    takeovers = _takeovers(rng, people, takeover_count, lasts_s)
    return Plan(
        doctors=people,
        messages=tuple(_messages(rng, people, message_count, lasts_s, first)),
        takeovers=takeovers,
        stops=tuple(_stops(rng, stop_count, lasts_s)),
        lasts_s=lasts_s,
    )


def _messages(
    rng: random.Random, people: tuple[str, ...], count: int, lasts_s: float, first: int
) -> list[PlannedMessage]:
    shares = [count // len(people) + (n < count % len(people)) for n in range(len(people))]
    drafts = []
    for doctor, share in zip(people, shares, strict=True):
        left = share
        while left:
            burst = min(left, rng.randint(1, 5))
            at = rng.uniform(0, lasts_s)
            for _ in range(burst):
                drafts.append((at, doctor))
                at += rng.uniform(0.05, 0.9)
            left -= burst
    drafts.sort()
    return [
        PlannedMessage(
            number=number,
            doctor=doctor,
            at_s=at,
            text=f"{rng.choice(_OPENINGS)} #m{number}",
            copies=rng.choice((1, 1, 1, 2, 3)),
            late_s=rng.choice((0.0, 0.0, 0.0, rng.uniform(0.2, 2.0))),
        )
        for number, (at, doctor) in enumerate(drafts, start=first + 1)
    ]


def _takeovers(
    rng: random.Random, people: tuple[str, ...], count: int, lasts_s: float
) -> tuple[PlannedTakeover, ...]:
    chosen = rng.sample(people, count)
    return tuple(
        PlannedTakeover(doctor, rng.uniform(0.2, 0.9) * lasts_s, by_phone=n % 3 == 0)
        for n, doctor in enumerate(chosen)
    )


def _stops(rng: random.Random, count: int, lasts_s: float) -> list[PlannedStop]:
    """Spread the stops so that none touches another."""
    slot = lasts_s / max(1, count)
    return [
        PlannedStop(at_s=slot * (n + rng.uniform(0.3, 0.6)), lasts_s=min(8.0, slot * 0.2))
        for n in range(count)
    ]
