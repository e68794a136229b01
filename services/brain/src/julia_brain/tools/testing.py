"""A fake of the database's shifts, and what a turn's tools start from."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from julia_common.database import (
    Doctor,
    Fact,
    HistoryMessage,
    HoldShift,
    Hospital,
    HospitalsFound,
    PendingMessage,
    PromptChosen,
    Reservation,
    SearchShifts,
    Shift,
    ShiftHeld,
    ShiftsFound,
    TurnBegun,
)

SANTA_CASA = Hospital(
    id="5f0e6d5e-70ad-4a58-8a52-d2ad3e0f5101",
    nome="Santa Casa de Campinas",
    endereco="Av. Júlio de Mesquita, 571",
    cidade="Campinas",
    estado="SP",
)
SATURDAY_NIGHT = dt.datetime(2026, 11, 28, 19, tzinfo=ZoneInfo("America/Sao_Paulo"))


def shift_id(number: int) -> str:
    """An id as the database gives them."""
    return f"0b6f3c1e-1111-4000-8000-{number:012x}"


def a_shift(
    number: int = 1,
    *,
    start: dt.datetime = SATURDAY_NIGHT,
    hours: float = 12,
    centavos: int | None = 150_000,
) -> Shift:
    """An anaesthetist's night at `SANTA_CASA`; without `centavos` its pay is to be agreed on."""
    return Shift(
        id=shift_id(number),
        hospital=SANTA_CASA,
        especialidade="Anestesiologia",
        setor="Centro cirúrgico",
        data=start.date(),
        inicio=start,
        fim=start + dt.timedelta(hours=hours),
        valor_tipo="a_combinar" if centavos is None else "fixo",
        valor_centavos=centavos,
    )


def a_booking(shift: Shift) -> Reservation:
    """The doctor has this shift, at its price."""
    return Reservation(
        reserva_id=shift.id.replace("1111", "2222"),
        vaga=shift,
        valor_centavos=shift.valor_centavos,
    )


def a_fact(shift: Shift) -> Fact:
    """An earlier turn showed this shift."""
    return Fact(tipo="vaga", chave=shift.id, dados=shift.model_dump(mode="json"))


def a_begun_turn(
    *said: str,
    facts: Sequence[Fact] = (),
    bookings: Sequence[Reservation] = (),
    history: Sequence[HistoryMessage] = (),
) -> TurnBegun:
    """A turn that answers what the doctor `said`."""
    at = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    return TurnBegun(
        status="iniciado",
        turno_id="turno-1",
        turn_seq=1,
        control_epoch=7,
        inbox_seq=len(said),
        tentativa=1,
        instance="julia-teste",
        destino="5519999990000",
        medico=Doctor(id="medico-1", primeiro_nome="Ana", sobrenome="Lima"),
        pending=tuple(
            PendingMessage(
                id=str(number),
                key_id=f"KEY{number}",
                inbox_seq=number,
                tipo_conteudo="texto",
                conteudo=text,
                provider_at=at,
            )
            for number, text in enumerate(said, start=1)
        ),
        history=tuple(history),
        prompt=PromptChosen(id="persona-1", versao="1"),
        reservas=tuple(bookings),
        fatos=tuple(facts),
    )


@dataclass
class FakeShifts:
    """Open shifts that anybody may hold, unless a test says what a hold answers."""

    open: list[Shift] = field(default_factory=list)
    hospitals: list[Hospital] = field(default_factory=lambda: [SANTA_CASA])
    answers: dict[str, ShiftHeld] = field(default_factory=dict)
    """What a hold of a shift answers, by shift id."""
    error: Exception | None = None
    """Raised by every call."""
    searches: list[SearchShifts] = field(default_factory=list)
    holds: list[HoldShift] = field(default_factory=list)

    async def search_shifts(self, search: SearchShifts) -> ShiftsFound:
        """All open shifts, whatever was asked for."""
        self._fail()
        self.searches.append(search)
        return ShiftsFound(vagas=tuple(self.open[: search.limite]), total=len(self.open))

    async def hold_shift(self, hold: HoldShift) -> ShiftHeld:
        """The answer that the test wants, or a hold whose id follows from the shift's."""
        self._fail()
        self.holds.append(hold)
        if hold.vaga_id in self.answers:
            return self.answers[hold.vaga_id]
        return ShiftHeld(status="segurada", reserva_id=f"reserva-{hold.vaga_id}")

    async def hospital_info(self, *, nome: str) -> HospitalsFound:
        """The hospitals whose name holds what was asked for."""
        self._fail()
        return HospitalsFound(
            hospitais=tuple(one for one in self.hospitals if nome.lower() in one.nome.lower())
        )

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
