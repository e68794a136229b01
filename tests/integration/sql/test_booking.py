"""Finding shifts, holding one in a turn, and what its commit makes of it."""

import uuid
from datetime import datetime

import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.sql.shifts import SAO_PAULO, Shifts

pytestmark = pytest.mark.integration

OTHER = "5511977776666"


@pytest.fixture
def shifts(julia: Julia) -> Shifts:
    return Shifts(julia)


def ids(found: dict) -> list[str]:
    return [vaga["id"] for vaga in found["vagas"]]


async def test_a_shift_is_held_by_the_turn_and_booked_by_its_commit(
    julia: Julia, shifts: Shifts
) -> None:
    medico = await shifts.doctor()
    vaga = await shifts.offer()
    turn = await shifts.turn()

    held = await shifts.hold(turn, vaga)
    assert (await shifts.vaga(vaga))["status"] == "aberta"
    done = await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])

    assert (held["status"], done["status"]) == ("segurada", "confirmado")
    assert held["vaga"]["hospital"]["endereco"] == "Rua A, 1"
    row = await shifts.vaga(vaga)
    assert (row["status"], str(row["medico_id"])) == ("reservada", medico)
    assert await shifts.claims(vaga) == ["confirmada"]
    assert await shifts.notices() == ["reserva"]
    booked = (await shifts.turn())["reservas"]
    assert [(b["reserva_id"], b["vaga"]["id"], b["valor_centavos"]) for b in booked] == [
        (held["reserva_id"], vaga, 150000)
    ]


async def test_holding_again_finds_the_same_hold_even_after_the_answer_was_lost(
    shifts: Shifts,
) -> None:
    vaga = await shifts.offer()
    turn = await shifts.turn()

    first, again = await shifts.hold(turn, vaga), await shifts.hold(turn, vaga)

    assert first["reserva_id"] == again["reserva_id"]
    assert await shifts.claims(vaga) == ["segurada"]


async def test_a_commit_repeated_after_a_lost_answer_books_once(
    julia: Julia, shifts: Shifts
) -> None:
    vaga = await shifts.offer()
    turn = await shifts.turn()
    held = await shifts.hold(turn, vaga)

    for _ in range(2):
        done = await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])

    assert done["repetido"]
    assert await shifts.claims(vaga) == ["confirmada"]
    assert await shifts.notices() == ["reserva"]


async def test_a_hold_that_the_commit_does_not_name_is_free_again(
    julia: Julia, shifts: Shifts
) -> None:
    kept, dropped = await shifts.offer(3), await shifts.offer(5)
    turn = await shifts.turn()
    held = await shifts.hold(turn, kept)
    await shifts.hold(turn, dropped)

    await julia.commit(turn, "Fechado o primeiro!", holds=[held["reserva_id"]])

    assert await shifts.claims(dropped) == ["liberada"]
    assert (await shifts.hold(await shifts.turn(OTHER), dropped))["status"] == "segurada"


async def test_who_comes_second_is_told_so_and_shown_others_of_the_specialty(
    shifts: Shifts,
) -> None:
    vaga = await shifts.offer(3)
    other = await shifts.offer(4)
    await shifts.offer(4, specialty="Cardiologia")
    await shifts.book(vaga)
    turn = await shifts.turn(OTHER)

    refused = await shifts.hold(turn, vaga)

    assert refused["status"] == "preenchida"
    assert [each["id"] for each in refused["alternativas"]] == [other]


async def test_what_another_turn_holds_is_neither_shown_nor_held(shifts: Shifts) -> None:
    await shifts.doctor(OTHER)
    vaga = await shifts.offer()
    await shifts.hold(await shifts.turn(), vaga)
    turn = await shifts.turn(OTHER)

    assert ids(await shifts.search(turn)) == []
    assert (await shifts.hold(turn, vaga))["status"] == "preenchida"


async def test_a_hold_whose_time_is_up_gives_way_before_the_job_comes(
    julia: Julia, shifts: Shifts
) -> None:
    vaga = await shifts.offer()
    late = await shifts.turn()
    held = await shifts.hold(late, vaga)
    await julia.later(minutes=5, seconds=1)
    await shifts.book(vaga, OTHER)

    refused = await julia.commit(late, "Fechado!", holds=[held["reserva_id"]])

    assert refused["motivo"] == "reserva_perdida"
    assert await shifts.claims(vaga) == ["expirada", "confirmada"]


async def test_the_job_frees_holds_whose_time_is_up(julia: Julia, shifts: Shifts) -> None:
    vaga = await shifts.offer()
    await shifts.hold(await shifts.turn(), vaga)
    assert (await julia.call("expire_holds", limit=10))["liberadas"] == 0

    await julia.later(minutes=5, seconds=1)

    assert (await julia.call("expire_holds", limit=10))["liberadas"] == 1
    assert await shifts.claims(vaga) == ["expirada"]


@pytest.mark.parametrize(
    ("hours", "fits"),
    [
        ("07:00-19:00", False),  # begins when the other ends: no rest
        ("07:59-19:00", False),
        ("08:00-19:00", True),
    ],
)
async def test_a_doctor_rests_between_two_shifts(shifts: Shifts, hours: str, fits: bool) -> None:
    await shifts.book(await shifts.offer(3, "19:00-07:00"))
    turn = await shifts.turn()
    after = await shifts.offer(4, hours)
    before = await shifts.offer(3, "07:00-18:00")

    held = await shifts.hold(turn, after)

    assert held["status"] == ("segurada" if fits else "conflito")
    assert ids(await shifts.search(turn, especialidade="anestesiologia")) == [before]


async def test_the_rest_is_configurable(julia: Julia, shifts: Shifts) -> None:
    try:
        await julia.sql("update configuracoes set valor = '0' where chave = 'descanso_minutos'")
        await shifts.book(await shifts.offer(3, "19:00-07:00"))

        await shifts.book(await shifts.offer(4, "07:00-19:00"))
    finally:
        await julia.sql("update configuracoes set valor = '60' where chave = 'descanso_minutos'")


async def test_an_overlap_names_the_shift_that_the_doctor_has(shifts: Shifts) -> None:
    mine = await shifts.offer(3, "19:00-07:00")
    await shifts.book(mine)
    overlapping = await shifts.offer(3, "13:00-19:30")

    refused = await shifts.hold(await shifts.turn(), overlapping)

    assert (refused["status"], refused["conflito_com"]["id"]) == ("conflito", mine)
    assert (await shifts.hold(await shifts.turn(OTHER), overlapping))["status"] == "segurada"


async def test_a_shift_that_the_doctor_has_is_said_to_be_the_doctors(shifts: Shifts) -> None:
    vaga = await shifts.offer()
    reserva = await shifts.book(vaga)

    again = await shifts.hold(await shifts.turn(), vaga)

    assert (again["status"], again["reserva_id"]) == ("ja_sua", reserva)


@pytest.mark.parametrize("status", ["cancelada", "fechada", "begun"])
async def test_a_shift_that_is_over_can_not_be_held(
    julia: Julia, shifts: Shifts, status: str
) -> None:
    vaga = await shifts.offer(-1 if status == "begun" else 3)
    if status != "begun":
        await julia.sql("update vagas set status = $1", status)

    assert (await shifts.hold(await shifts.turn(), vaga))["status"] == "encerrada"


async def test_a_shift_that_does_not_exist_is_said_not_to(shifts: Shifts) -> None:
    assert (await shifts.hold(await shifts.turn(), str(uuid.uuid4())))["status"] == "inexistente"


@pytest.mark.parametrize(
    ("shift", "price", "booked"),
    [
        ({}, None, 150000),
        ({}, 150000, 150000),
        ({}, 150001, None),
        ({"valor_maximo_centavos": 180000}, 180000, 180000),
        ({"valor_maximo_centavos": 180000}, 180001, None),
        ({"valor_maximo_centavos": 180000}, 149999, None),
        ({"valor_minimo_centavos": 140000, "valor_maximo_centavos": 180000}, 140000, 140000),
        ({"valor_tipo": "a_combinar", "valor_centavos": None}, 100, None),
        (
            {"valor_tipo": "faixa", "valor_minimo_centavos": 10, "valor_maximo_centavos": 20,
             "valor_centavos": None},
            15, 15,
        ),
    ],
)  # fmt: skip
async def test_a_price_is_agreed_on_within_the_shifts_bounds_only(
    julia: Julia, shifts: Shifts, shift: dict, price: int | None, booked: int | None
) -> None:
    vaga = await shifts.offer(**shift)

    held = await shifts.hold(await shifts.turn(), vaga, valor_centavos=price)

    assert held["status"] == ("valor_recusado" if booked is None else "segurada")
    assert await julia.value("select valor_centavos from reservas") == booked


async def test_the_bounds_of_negotiation_are_told_to_nobody(shifts: Shifts) -> None:
    await shifts.doctor()
    await shifts.offer(valor_minimo_centavos=140000, valor_maximo_centavos=180000)

    (vaga,) = (await shifts.search(await shifts.turn()))["vagas"]

    assert (vaga["valor_minimo_centavos"], vaga["valor_maximo_centavos"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": str(uuid.uuid4())}, "perdido"),
        ({"turno_id": str(uuid.uuid4())}, "perdido"),
        ({"control_epoch": 7}, "perdido"),
    ],
)
async def test_whoever_lost_the_turn_holds_nothing(
    shifts: Shifts, change: dict, status: str
) -> None:
    vaga = await shifts.offer()
    turn = await shifts.turn()

    assert (await shifts.hold(turn | change, vaga))["status"] == status
    assert await shifts.claims(vaga) == []


async def test_nothing_is_held_while_paused(julia: Julia, shifts: Shifts) -> None:
    vaga = await shifts.offer()
    turn = await shifts.turn()
    await julia.pause()

    assert (await shifts.hold(turn, vaga))["status"] == "pausa"
    assert await shifts.claims(vaga) == []


async def test_a_booking_goes_into_a_turn_that_hands_over(julia: Julia, shifts: Shifts) -> None:
    vaga, dropped = await shifts.offer(3), await shifts.offer(5)
    turn = await shifts.turn()
    held = await shifts.hold(turn, vaga)
    await shifts.hold(turn, dropped)

    done = await julia.commit(
        turn,
        outcome="transferir",
        handoff={"trigger_type": "pedido_humano", "motivo": "pediu", "notify": True},
        holds=[held["reserva_id"]],
    )

    assert done["status"] == "confirmado"
    assert await shifts.claims(vaga) == ["confirmada"]
    assert await shifts.claims(dropped) == ["liberada"]


async def test_a_night_ends_the_next_day_in_sao_paulo(shifts: Shifts) -> None:
    row = await shifts.vaga(await shifts.offer(3, "19:00-07:00"))

    begins = datetime.combine(row["data"], row["hora_inicio"], SAO_PAULO)
    assert row["inicio"] == begins
    assert (row["fim"] - row["inicio"]).total_seconds() == 12 * 3600
    whole_day = await shifts.vaga(await shifts.offer(3, "07:00-07:00"))
    assert (whole_day["fim"] - whole_day["inicio"]).total_seconds() == 24 * 3600


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["night", "day", "whole", "rio"]),
        ({"periodo": "noturno"}, ["night", "rio"]),
        ({"periodo": "diurno"}, ["day"]),
        ({"periodo": "12h"}, ["night", "day"]),
        ({"periodo": "24h"}, ["whole"]),
        ({"regiao": "campinas"}, ["night", "day", "whole"]),
        ({"regiao": "Campínas"}, ["night", "day", "whole"]),
        ({"regiao": "RJ"}, ["rio"]),
        ({"regiao": "rio de janero"}, ["rio"]),
        ({"regiao": "copacabana"}, ["rio"]),
        ({"regiao": "Manaus"}, []),
        ({"hospital": "são luis"}, ["night", "day", "whole"]),
        ({"hospital": "hospital copa d'or"}, ["rio"]),
        ({"hospital": "Hospital Albert Einstein"}, []),
        ({"valor_minimo_centavos": 150001}, ["day", "whole"]),
        ({"especialidade": "anestesista"}, ["night", "day", "whole", "rio"]),
        ({"especialidade": "cardio"}, ["heart"]),
        ({"especialidade": "astronauta"}, []),
        ({"limite": 2}, ["night", "day"]),
    ],
    ids=str,
)
async def test_what_a_doctor_asks_for_is_found(
    shifts: Shifts, wanted: dict, found: list[str]
) -> None:
    await shifts.doctor()
    await shifts.hospital(
        "Copa D'Or", cidade="Rio de Janeiro", estado="RJ", endereco_formatado="R. X, Copacabana"
    )
    named = {
        await shifts.offer(3, "19:00-07:00"): "night",
        await shifts.offer(4, "07:00-19:00", valor_centavos=200000): "day",
        await shifts.offer(
            5, "07:00-07:00", valor_tipo="a_combinar", valor_centavos=None
        ): "whole",
        await shifts.offer(6, "18:00-00:00", hospital="Copa D'Or", valor_centavos=90000): "rio",
        await shifts.offer(3, specialty="Cardiologia"): "heart",
    }  # fmt: skip

    answer = await shifts.search(await shifts.turn(), **wanted)

    assert [named[each] for each in ids(answer)] == found
    if "limite" in wanted:
        assert answer["total"] == 4


async def test_days_are_sao_paulos_and_the_week_begins_on_monday(shifts: Shifts) -> None:
    await shifts.doctor()
    vagas = [await shifts.offer(days, "22:00-06:00") for days in range(1, 8)]
    turn = await shifts.turn()
    wanted = shifts.day(4)

    by_weekday = await shifts.search(turn, dias_semana=[wanted.weekday()])
    by_date = await shifts.search(turn, de=wanted.isoformat(), ate=wanted.isoformat())

    assert ids(by_weekday) == ids(by_date) == [vagas[3]]


async def test_what_managers_push_comes_first_then_the_soonest(
    julia: Julia, shifts: Shifts
) -> None:
    await shifts.doctor()
    late, soon, pushed = [await shifts.offer(days) for days in (9, 2, 20)]
    await julia.sql(
        "insert into diretrizes (tipo, conteudo, vaga_id) values ('vaga_prioritaria', 'hoje', $1)",
        uuid.UUID(pushed),
    )

    found = await shifts.search(await shifts.turn())

    assert ids(found) == [pushed, soon, late]
    assert [v["urgencia"] for v in found["vagas"]] == ["normal", "critica", "alta"]


async def test_a_refused_shift_is_not_shown_again(julia: Julia, shifts: Shifts) -> None:
    await shifts.doctor()
    refused, other = await shifts.offer(3), await shifts.offer(6)
    turn = await shifts.turn()

    await julia.commit(
        turn,
        "Sem problema!",
        effects={"opt_out": {"escopo": "vaga", "motivo": "longe", "vaga_id": refused}},
    )

    assert ids(await shifts.search(turn)) == [other]


async def test_a_hospital_is_found_by_alias_and_by_nearly_its_name(
    julia: Julia, shifts: Shifts
) -> None:
    einstein = await shifts.hospital("Hospital Israelita Albert Einstein")
    await shifts.hospital("Hospital São Luiz")
    await julia.sql("insert into hospitais_alias values ('HIAE', $1)", uuid.UUID(einstein))

    for nome in ("hiae", "Albert Einsten", "hospital albert einstein"):
        found = (await julia.call("hospital_info", nome=nome))["hospitais"]
        assert [h["id"] for h in found] == [einstein]
    assert (await julia.call("hospital_info", nome="Hospital das Clínicas"))["hospitais"] == []


async def test_a_bad_argument_is_named(julia: Julia, shifts: Shifts) -> None:
    turn = await shifts.turn()
    names = ("conversa_id", "token", "turno_id", "control_epoch", "inbox_seq")
    commit = {n: turn[n] for n in names} | {"outcome": "sem_resposta"}

    for function, p, field in [
        ("hold_shift", {n: turn[n] for n in names[:4]} | {"vaga_id": "x"}, "vaga_id"),
        ("search_shifts", {"conversa_id": turn["conversa_id"], "periodo": "tarde"}, "periodo"),
        ("commit_turn", commit | {"holds": ["x"]}, "holds"),
        (
            "commit_turn",
            commit | {"effects": {"cancelamentos": [{"reserva_id": "x"}]}},
            "cancelamentos",
        ),
    ]:
        error = await julia.refusal(function, **p)
        assert (error.sqlstate, field in str(error)) == ("22023", True)
