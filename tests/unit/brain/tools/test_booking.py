import datetime as dt
from collections.abc import Callable

import pytest

from julia_brain.tools.calls import ToolCall
from julia_brain.tools.testing import (
    SATURDAY_NIGHT,
    FakeShifts,
    a_begun_turn,
    a_booking,
    a_fact,
    a_shift,
    shift_id,
)
from julia_brain.turns.lease import Loss, TurnDropped
from julia_common.database import ShiftHeld, TurnBegun

SHIFT = a_shift(1)
OTHER = a_shift(2, start=SATURDAY_NIGHT + dt.timedelta(days=1), centavos=160_000)
SHOWN = a_begun_turn("quero o de sábado", facts=[a_fact(SHIFT), a_fact(OTHER)])


@pytest.fixture
def desk_with(a_desk: Callable) -> Callable:
    """A conversation that was shown two shifts, where a hold of the first answers something."""
    return lambda **answer: a_desk(
        FakeShifts(answers={SHIFT.id: ShiftHeld(vaga=SHIFT, **answer)} if answer else {}), SHOWN
    )


async def test_a_shift_that_was_shown_is_held_for_the_commit(desk_with: Callable) -> None:
    desk = desk_with()

    booked = await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    assert booked["status"] == "reservada"
    assert booked["vaga"]["quando"] == "sábado, 28/11, das 19h às 7h"
    assert booked["vaga"]["valor"] == "R$ 1.500"
    assert desk.tools.holds == (f"reserva-{SHIFT.id}",)
    evidence = desk.tools.evidence()
    assert evidence.held == {SHIFT.id}
    assert evidence.agreed_centavos == {150_000}


async def test_a_hold_carries_the_turns_fence_and_nothing_of_the_models(
    desk_with: Callable,
) -> None:
    desk = desk_with()

    await desk.use("reservar_plantao", vaga_id=SHIFT.id.upper())

    (hold,) = desk.shifts.holds
    assert (hold.conversa_id, hold.token, hold.turno_id, hold.control_epoch) == (
        "conversa-1",
        "token-1",
        "turno-1",
        7,
    )
    assert (hold.vaga_id, hold.valor_centavos) == (SHIFT.id, None)


async def test_a_shift_that_no_tool_showed_cannot_be_booked(desk) -> None:
    told = await desk.misuse("reservar_plantao", vaga_id=shift_id(99))

    assert "Use buscar_vagas" in told
    assert not desk.shifts.holds


async def test_a_shift_found_in_this_turn_can_be_booked(a_desk: Callable) -> None:
    desk = a_desk(FakeShifts([SHIFT]))
    await desk.use("buscar_vagas")

    assert (await desk.use("reservar_plantao", vaga_id=SHIFT.id))["status"] == "reservada"


def asking_for(said: str, **answer: object) -> tuple[FakeShifts, TurnBegun]:
    held = {SHIFT.id: ShiftHeld(vaga=SHIFT, **answer)} if answer else {}
    return FakeShifts(answers=held), a_begun_turn(said, facts=[a_fact(SHIFT), a_fact(OTHER)])


async def test_booking_twice_holds_once_at_the_latest_price(a_desk: Callable) -> None:
    desk = a_desk(*asking_for("fecho por 1.600"))

    await desk.use("reservar_plantao", vaga_id=SHIFT.id)
    again = await desk.use("reservar_plantao", vaga_id=SHIFT.id, valor=1600)

    assert again["vaga"]["valor"] == "R$ 1.600"
    assert desk.tools.holds == (f"reserva-{SHIFT.id}",)
    assert desk.shifts.holds[1].valor_centavos == 160_000
    assert desk.tools.evidence().agreed_centavos == {160_000}


async def test_a_shift_without_a_price_is_booked_without_naming_one(a_desk: Callable) -> None:
    open_price = a_shift(3, centavos=None)
    desk = a_desk(begun=a_begun_turn(facts=[a_fact(open_price)]))

    booked = await desk.use("reservar_plantao", vaga_id=open_price.id)

    assert booked["vaga"]["valor"] == "a combinar"
    assert "não prometa" in booked["orientacao"]
    assert desk.tools.evidence().agreed_centavos == frozenset()


async def test_a_price_that_the_doctor_never_named_is_not_tried(desk_with: Callable) -> None:
    desk = desk_with()

    told = await desk.misuse("reservar_plantao", vaga_id=SHIFT.id, valor=1600)

    assert "não disse esse valor" in told
    assert desk.shifts.holds == []


async def test_no_price_below_the_announced_one_is_agreed_on(a_desk: Callable) -> None:
    desk = a_desk(*asking_for("faço até por 1.200"))

    told = await desk.misuse("reservar_plantao", vaga_id=SHIFT.id, valor=1200)

    assert "menor que o anunciado" in told
    assert desk.shifts.holds == []


async def test_after_a_refused_price_no_other_is_tried_for_the_shift(a_desk: Callable) -> None:
    desk = a_desk(*asking_for("quero 9000, ou 8000 pelo menos", status="valor_recusado"))
    await desk.use("reservar_plantao", vaga_id=SHIFT.id, valor=9000)

    again = await desk.use("reservar_plantao", vaga_id=SHIFT.id, valor=8000)
    elsewhere = await desk.use("reservar_plantao", vaga_id=OTHER.id, valor=8000)

    assert again["status"] == "valor_recusado"
    assert "transferir_para_humano" in again["orientacao"]
    assert elsewhere["status"] == "reservada"
    assert [hold.valor_centavos for hold in desk.shifts.holds] == [900_000, 800_000]


async def test_a_refused_price_books_nothing_and_offers_a_person(a_desk: Callable) -> None:
    desk = a_desk(*asking_for("só por 9 mil", status="valor_recusado"))

    refused = await desk.use("reservar_plantao", vaga_id=SHIFT.id, valor=9000)

    assert refused["status"] == "valor_recusado"
    assert "transferir_para_humano" in refused["orientacao"]
    assert desk.tools.holds == ()
    assert desk.tools.evidence().agreed_centavos == frozenset()


async def test_the_loser_is_told_so_with_alternatives_that_may_be_booked(
    desk_with: Callable,
) -> None:
    others = tuple(a_shift(number) for number in range(10, 15))
    desk = desk_with(status="preenchida", alternativas=others)

    lost = await desk.use("reservar_plantao", vaga_id=SHIFT.id)
    won = await desk.use("reservar_plantao", vaga_id=others[0].id)

    assert lost["status"] == "preenchida"
    assert "acabou de ficar com esta vaga" in lost["orientacao"]
    assert [one["vaga_id"] for one in lost["alternativas"]] == [one.id for one in others[:3]]
    assert won["status"] == "reservada"


async def test_who_wants_to_wait_joins_the_list_of_a_taken_shift(desk_with: Callable) -> None:
    desk = desk_with(status="preenchida")

    for _ in range(2):
        waiting = await desk.use("reservar_plantao", vaga_id=SHIFT.id, lista_espera=True)

    assert waiting["status"] == "lista_espera"
    assert desk.tools.effects.lista_espera == (SHIFT.id,)
    assert desk.tools.evidence().waiting


async def test_who_waits_for_a_shift_that_comes_free_in_the_turn_books_it(
    desk_with: Callable,
) -> None:
    desk = desk_with(status="preenchida")
    await desk.use("reservar_plantao", vaga_id=SHIFT.id, lista_espera=True)
    desk.shifts.answers.clear()

    await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    assert desk.tools.holds == (f"reserva-{SHIFT.id}",)
    assert desk.tools.effects.lista_espera == ()


async def test_asking_to_wait_for_a_shift_that_is_free_books_nothing(desk_with: Callable) -> None:
    desk = desk_with()

    free = await desk.use("reservar_plantao", vaga_id=SHIFT.id, lista_espera=True)

    assert free["status"] == "livre"
    assert desk.tools.holds == ()
    assert desk.tools.effects.lista_espera == ()


async def test_a_shift_booked_before_is_not_booked_again(desk_with: Callable) -> None:
    desk = desk_with(status="ja_sua")

    assert (await desk.use("reservar_plantao", vaga_id=SHIFT.id))["status"] == "ja_reservada"
    assert desk.tools.holds == ()
    assert desk.tools.evidence().booked == {SHIFT.id}


async def test_an_overlap_names_the_shift_in_the_way(desk_with: Callable) -> None:
    in_the_way = a_shift(9)
    desk = desk_with(status="conflito", conflito_com=in_the_way, alternativas=(a_shift(10),))

    refused = await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    assert refused["status"] == "conflito"
    assert refused["conflito_com"]["vaga_id"] == in_the_way.id
    assert in_the_way in desk.tools.evidence().shifts
    assert len(refused["alternativas"]) == 1
    assert desk.tools.holds == ()


@pytest.mark.parametrize("status", ["inexistente", "encerrada"])
async def test_a_shift_that_is_gone_is_said_to_be_gone(desk_with: Callable, status: str) -> None:
    desk = desk_with(status=status)

    gone = await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    assert "não está mais disponível" in gone["orientacao"]
    assert desk.tools.holds == ()


async def test_a_hold_that_is_lost_later_in_the_turn_is_not_confirmed(desk_with: Callable) -> None:
    desk = desk_with()
    await desk.use("reservar_plantao", vaga_id=SHIFT.id)
    desk.shifts.answers[SHIFT.id] = ShiftHeld(status="preenchida", vaga=SHIFT)

    await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    assert desk.tools.holds == ()


@pytest.mark.parametrize(("status", "loss"), [("perdido", Loss.LEASE), ("pausa", Loss.PAUSE)])
async def test_a_turn_that_is_not_ours_any_more_is_dropped(
    desk_with: Callable, status: str, loss: Loss
) -> None:
    desk = desk_with(status=status)

    with pytest.raises(TurnDropped) as dropped:
        await desk.tools.run(ToolCall("toolu_1", "reservar_plantao", {"vaga_id": SHIFT.id}))

    assert dropped.value.loss is loss


@pytest.fixture
def with_booking(a_desk: Callable) -> Callable:
    """The doctor has a shift, and was shown another."""
    return lambda: a_desk(begun=a_begun_turn(bookings=[a_booking(SHIFT)], facts=[a_fact(OTHER)]))


@pytest.mark.parametrize(
    "ids",
    [
        {"reserva_id": a_booking(SHIFT).reserva_id},
        {"vaga_id": SHIFT.id},
        {"reserva_id": a_booking(SHIFT).reserva_id.upper(), "vaga_id": SHIFT.id},
    ],
)
async def test_the_doctors_own_booking_is_given_back_with_the_commit(
    with_booking: Callable, ids: dict[str, str]
) -> None:
    desk = with_booking()

    for _ in range(2):
        given_back = await desk.use("cancelar_reserva", motivo="viagem", **ids)

    assert given_back["status"] == "cancelada"
    assert given_back["vaga"]["vaga_id"] == SHIFT.id
    (cancellation,) = desk.tools.effects.cancelamentos
    assert cancellation.reserva_id == a_booking(SHIFT).reserva_id
    evidence = desk.tools.evidence()
    assert (evidence.cancelled, evidence.booked) == ({SHIFT.id}, frozenset())


@pytest.mark.parametrize(
    "ids",
    [
        {"vaga_id": OTHER.id},
        {"reserva_id": "22222222-2222-4222-8222-222222222222"},
        {"reserva_id": a_booking(SHIFT).reserva_id, "vaga_id": OTHER.id},
    ],
)
async def test_nothing_but_an_own_booking_can_be_given_back(
    with_booking: Callable, ids: dict[str, str]
) -> None:
    desk = with_booking()

    told = await desk.misuse("cancelar_reserva", motivo="viagem", **ids)

    assert a_booking(SHIFT).reserva_id in told
    assert "sábado, 28/11" in told
    assert desk.tools.effects.cancelamentos == ()


async def test_a_shift_that_has_begun_is_a_matter_for_a_person(a_desk: Callable) -> None:
    begun = a_shift(4, start=dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC))  # just now
    desk = a_desk(begun=a_begun_turn(bookings=[a_booking(begun)]))

    told = await desk.misuse("cancelar_reserva", motivo="febre", vaga_id=begun.id)

    assert "transferir_para_humano" in told
    assert desk.tools.effects.cancelamentos == ()


async def test_without_bookings_or_ids_nothing_is_given_back(desk) -> None:
    assert "Diga qual reserva" in await desk.misuse("cancelar_reserva", motivo="viagem")
    assert "não tem plantão reservado" in await desk.misuse(
        "cancelar_reserva", motivo="viagem", vaga_id=SHIFT.id
    )


async def test_giving_back_what_was_held_in_this_turn_only_frees_it(desk_with: Callable) -> None:
    desk = desk_with()
    await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    await desk.use("cancelar_reserva", vaga_id=SHIFT.id, motivo="enganou-se de dia")

    assert desk.tools.holds == ()
    assert desk.tools.effects.cancelamentos == ()


async def test_booking_again_what_was_just_given_back_keeps_it(with_booking: Callable) -> None:
    desk = with_booking()
    desk.shifts.answers[SHIFT.id] = ShiftHeld(status="ja_sua", vaga=SHIFT)
    await desk.use("cancelar_reserva", vaga_id=SHIFT.id, motivo="viagem")

    await desk.use("reservar_plantao", vaga_id=SHIFT.id)

    assert desk.tools.effects.cancelamentos == ()
    assert desk.tools.evidence().booked == {SHIFT.id}


@pytest.mark.parametrize("held", [True, False])
async def test_an_exchange_is_finished_in_the_next_message(
    with_booking: Callable, *, held: bool
) -> None:
    desk = with_booking()
    in_the_way = a_shift(5) if held else SHIFT
    if held:
        desk.shifts.open = [in_the_way]
        await desk.use("buscar_vagas")
        await desk.use("reservar_plantao", vaga_id=in_the_way.id)
    await desk.use("cancelar_reserva", vaga_id=in_the_way.id, motivo="troca")
    desk.shifts.answers[OTHER.id] = ShiftHeld(
        status="conflito", vaga=OTHER, conflito_com=in_the_way
    )

    refused = await desk.use("reservar_plantao", vaga_id=OTHER.id)

    assert "confirme este na próxima mensagem" in refused["orientacao"]


async def test_a_shift_held_again_is_in_the_way_again(desk_with: Callable) -> None:
    desk = desk_with()
    await desk.use("reservar_plantao", vaga_id=SHIFT.id)
    await desk.use("cancelar_reserva", vaga_id=SHIFT.id, motivo="enganou-se")
    await desk.use("reservar_plantao", vaga_id=SHIFT.id)
    desk.shifts.answers[OTHER.id] = ShiftHeld(status="conflito", vaga=OTHER, conflito_com=SHIFT)

    refused = await desk.use("reservar_plantao", vaga_id=OTHER.id)

    assert "bate com um plantão que a pessoa já tem" in refused["orientacao"]
