"""What the tools of one turn know and what they did, until the commit makes it final or nobody."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from julia_brain.ports import Shifts
from julia_common.database import (
    Cancellation,
    Effects,
    Fact,
    Handoff,
    HistoryMessage,
    Hospital,
    NewFact,
    NewMemory,
    NewReminder,
    PendingMessage,
    Reservation,
    ScopedOptOut,
    Shift,
    TurnBegun,
)


class NotDone(Exception):
    """A call changed nothing; the message tells the model, in Portuguese, what to do instead."""


def texts_of(messages: Sequence[HistoryMessage | PendingMessage]) -> tuple[str, ...]:
    """What was written, and what was read in an attachment."""
    said = ((message.conteudo, message.leitura) for message in messages)
    return tuple(text for texts in said for text in texts if text)


@dataclass(frozen=True, slots=True)
class Hold:
    """A shift held in this turn; `agreed_centavos` is the price that the hold accepted, if any."""

    reserva_id: str
    agreed_centavos: int | None


@dataclass(slots=True)
class Known:
    """What tools have shown in this conversation, the doctor's bookings included, by id.

    Only what is here may be booked, refused or told.
    """

    shifts: dict[str, Shift] = field(default_factory=dict)
    hospitals: dict[str, Hospital] = field(default_factory=dict)
    new: dict[str, NewFact] = field(default_factory=dict)
    """What was shown in this turn; later turns may rely on it too."""

    @classmethod
    def of(cls, begun: TurnBegun) -> "Known":
        """What earlier turns showed, and what the doctor has."""
        known = cls()
        for fact in begun.fatos:
            known._recall(fact)
        for booking in begun.reservas:
            known.shifts[booking.vaga.id] = booking.vaga
        return known

    def _recall(self, fact: Fact) -> None:
        try:
            match fact.tipo:
                case "vaga":
                    shift = Shift.model_validate(fact.dados)
                    self.shifts[shift.id] = shift
                case "hospital":
                    hospital = Hospital.model_validate(fact.dados)
                    self.hospitals[hospital.id] = hospital
        except ValidationError:
            # Written by a newer version during a rollout: not known here, so it is looked up again.
            return

    def show(self, shifts: Iterable[Shift]) -> None:
        """Note shifts that a result of this turn tells of."""
        for shift in shifts:
            self.shifts[shift.id] = shift
            self.new[shift.id] = NewFact(
                tipo="vaga", chave=shift.id, dados=shift.model_dump(mode="json")
            )

    def show_hospitals(self, hospitals: Iterable[Hospital]) -> None:
        """Note hospitals that a result of this turn tells of."""
        for hospital in hospitals:
            self.hospitals[hospital.id] = hospital
            self.new[hospital.id] = NewFact(
                tipo="hospital", chave=hospital.id, dados=hospital.model_dump(mode="json")
            )


@dataclass(slots=True)
class Work:
    """One turn's tools at work. Who and where never comes from the model, only from here."""

    shifts: Shifts
    begun: TurnBegun
    conversa_id: str
    token: str
    now: dt.datetime
    known: Known = field(init=False)
    bookings: dict[str, Reservation] = field(init=False)
    """The doctor's from before this turn, by shift id."""
    found_booked: set[str] = field(default_factory=set)
    """Shift ids that a hold found to be the doctor's already."""
    held: dict[str, Hold] = field(default_factory=dict)
    """By shift id."""
    bids_refused: set[str] = field(default_factory=set)
    """Shift ids for which a price was refused: no other is tried, or bids would find the bound."""
    released: set[str] = field(default_factory=set)
    """Shift ids held in this turn and given back in it: the database holds them till the commit."""
    cancelled: dict[str, Cancellation] = field(default_factory=dict)
    """By shift id."""
    memories: dict[str, NewMemory] = field(default_factory=dict)
    """By text: remembering twice is remembering once."""
    reminders: dict[dt.datetime, NewReminder] = field(default_factory=dict)
    """By time: a second one for the same moment corrects the first."""
    waiting: dict[str, None] = field(default_factory=dict)
    """Shift ids, in the order in which they were asked for."""
    refused: dict[str, ScopedOptOut] = field(default_factory=dict)
    """Refusals of one shift each, by its id."""
    opt_out: ScopedOptOut | None = None
    """A refusal of more than shifts."""
    handoff: Handoff | None = None

    def __post_init__(self) -> None:
        """Start from what the turn was told."""
        self.known = Known.of(self.begun)
        self.bookings = {booking.vaga.id: booking for booking in self.begun.reservas}

    def shown(self, vaga_id: str) -> Shift:
        """The shift, if a tool of this conversation showed it.

        Raises `NotDone` otherwise: a model must not be able to book what it made up.
        """
        shift = self.known.shifts.get(vaga_id.lower())
        if shift is None:
            raise NotDone(
                "Nenhuma ferramenta desta conversa mostrou uma vaga com esse vaga_id. Use "
                "buscar_vagas e copie o vaga_id do resultado, sem alterar."
            )
        return shift

    @property
    def effects(self) -> Effects:
        """What the commit applies."""
        return Effects(
            fatos=tuple(self.known.new.values()),
            memorias=tuple(self.memories.values()),
            lembretes=tuple(self.reminders.values()),
            cancelamentos=tuple(self.cancelled.values()),
            lista_espera=tuple(self.waiting),
            opt_out=self._refusals(),
        )

    def _refusals(self) -> ScopedOptOut | None:
        if self.opt_out is not None:
            return self.opt_out.model_copy(update={"outras_vagas": tuple(self.refused)})
        if not self.refused:
            return None
        first, *others = self.refused
        return self.refused[first].model_copy(update={"outras_vagas": tuple(others)})
