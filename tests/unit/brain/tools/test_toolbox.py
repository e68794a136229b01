import asyncio
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from julia_brain.testing import SteppedClock
from julia_brain.tools.calls import ToolCall
from julia_brain.tools.schemas import TOOLS
from julia_brain.tools.testing import FakeShifts, a_begun_turn, a_booking, a_fact, a_shift
from julia_brain.tools.toolbox import MAX_CALLS, Toolbox
from julia_brain.turns.lease import TurnDropped
from julia_common.database import Directive, Effects, Fact, HistoryMessage, ShiftHeld
from julia_common.errors import Permanent, Retryable

SHIFT = a_shift(1)
BEGUN = a_begun_turn(
    "quero o de sábado, meu CPF é 1", facts=[a_fact(SHIFT)], bookings=[a_booking(a_shift(2))]
)

_TEXT = st.text(st.characters(codec=None))  # lone surrogates and control characters included
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_PLAUSIBLE = st.sampled_from(
    [
        SHIFT.id,
        a_booking(a_shift(2)).reserva_id,
        "2026-11-28",
        "2026-11-28T09:00",
        "0001-01-01T00:00+14:00",
        "vaga",
        "mes",
        "juridico",
        "preferencia",
        "diurno",
        ["sabado"],
        1500,
        1e308,
        10**5000,
        True,
    ]
)
_FIELDS = st.sampled_from(
    sorted({name for tool in TOOLS for name in tool.input_schema["properties"]})
)
_ARGUMENTS = st.dictionaries(_FIELDS | _TEXT, _PLAUSIBLE | _JSON, max_size=5) | _JSON
_ANSWERS = st.sampled_from(
    [
        "segurada",
        "ja_sua",
        "preenchida",
        "conflito",
        "valor_recusado",
        "inexistente",
        "encerrada",
        "perdido",
        "pausa",
    ]
)


def a_toolbox(shifts: FakeShifts) -> Toolbox:
    clock = SteppedClock(dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC))
    return Toolbox(shifts, BEGUN, conversa_id="conversa-1", token="token-1", clock=clock)


@given(
    name=st.sampled_from([tool.name for tool in TOOLS]) | _TEXT,
    arguments=_ARGUMENTS,
    answer=_ANSWERS,
)
@example(name="buscar_vagas", arguments={"valor_minimo": 10**5000}, answer="segurada")
@example(name="buscar_vagas", arguments={"\ud800{name}": 1}, answer="segurada")
@example(name="reservar_plantao", arguments={"vaga_id": SHIFT.id}, answer="conflito")
def test_whatever_the_model_sends_it_gets_a_result_that_can_be_sent_back(
    name: str, arguments: Any, answer: Any
) -> None:
    shifts = FakeShifts([SHIFT], answers={SHIFT.id: ShiftHeld(status=answer, reserva_id="r")})
    toolbox = a_toolbox(shifts)

    try:
        result = asyncio.run(toolbox.run(ToolCall("toolu_1", name, arguments)))
    except TurnDropped:
        assert answer in {"perdido", "pausa"}
        return

    assert result.call_id == "toolu_1"
    said = json.loads(result.content.encode())
    assert isinstance(said, dict)
    assert ("erro" in said) == result.is_error
    # What is to be committed can be written as the database wants it.
    written = toolbox.effects.model_dump_json().encode()
    assert b"\\u0000" not in written
    if result.is_error:
        assert (toolbox.holds, toolbox.effects, toolbox.handoff) == ((), Effects(), None)


async def test_an_unknown_tool_is_answered_with_those_that_exist(desk) -> None:
    told = await desk.misuse("executar_sql", comando="drop table vagas")

    assert all(tool.name in told for tool in TOOLS)
    assert "executar_sql" not in told


async def test_a_model_that_runs_in_circles_is_stopped(desk) -> None:
    for _ in range(MAX_CALLS):
        await desk.use("buscar_vagas")

    assert "responda agora" in await desk.misuse("buscar_vagas")
    assert len(desk.shifts.searches) == MAX_CALLS


async def test_a_database_that_is_away_ends_the_draft(a_desk: Callable) -> None:
    desk = a_desk(FakeShifts(error=Retryable("the database is away")))

    with pytest.raises(Retryable):
        await desk.use("buscar_vagas")


async def test_a_function_that_fails_for_good_costs_the_call_and_not_the_turn(
    a_desk: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    desk = a_desk(FakeShifts(error=Permanent("answered outside its contract")))

    told = await desk.misuse("buscar_vagas", regiao="Campinas")

    assert "transferir_para_humano" in told
    assert "answered outside its contract" in caplog.text
    assert "Campinas" not in caplog.text


async def test_a_turn_in_which_no_tool_was_used_leaves_nothing(a_desk: Callable) -> None:
    desk = a_desk(begun=BEGUN)

    assert (desk.tools.holds, desk.tools.effects, desk.tools.handoff) == ((), Effects(), None)


async def test_evidence_starts_from_earlier_turns_bookings_and_the_doctors_words(
    a_desk: Callable,
) -> None:
    at = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    history = [
        HistoryMessage(autor_tipo="julia", conteudo="Tenho sábado", tipo_conteudo="texto", at=at),
        HistoryMessage(
            autor_tipo="medico", conteudo="", tipo_conteudo="audio", at=at, leitura="pago 1700?"
        ),
    ]
    begun = a_begun_turn(
        "topo", facts=[a_fact(SHIFT)], bookings=[a_booking(a_shift(2))], history=history
    ).model_copy(update={"diretrizes": (Directive(tipo="foco", conteudo="Priorize Campinas"),)})

    evidence = a_desk(begun=begun).tools.evidence()

    assert evidence.now == dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
    assert evidence.shifts == (SHIFT, a_shift(2))
    assert evidence.booked == {a_shift(2).id}
    assert evidence.agreed_centavos == {150_000}
    assert evidence.doctor_said == ("pago 1700?", "topo")
    assert evidence.unanswered == 1
    assert evidence.doctor_name == "Ana Lima"
    assert "Priorize Campinas" in evidence.prompt_texts
    assert TOOLS[0].description in evidence.prompt_texts
    assert (evidence.held, evidence.cancelled) == (frozenset(), frozenset())
    done = (evidence.waiting, evidence.reminded, evidence.opted_out, evidence.handing_over)
    assert not any(done)


async def test_a_fact_of_another_version_is_no_fact(a_desk: Callable) -> None:
    strange = Fact(tipo="vaga", chave=SHIFT.id, dados={"id": SHIFT.id, "preco": "muito"})
    desk = a_desk(begun=a_begun_turn(facts=[strange]))

    assert desk.tools.evidence().shifts == ()
    assert "Use buscar_vagas" in await desk.misuse("reservar_plantao", vaga_id=SHIFT.id)


async def test_results_hold_no_id_but_those_that_tools_take(a_desk: Callable) -> None:
    desk = a_desk(FakeShifts([SHIFT]), a_begun_turn("hoje não", bookings=[a_booking(a_shift(2))]))
    allowed = {SHIFT.id, a_shift(2).id}

    said = [
        await desk.use("buscar_vagas"),
        await desk.use("reservar_plantao", vaga_id=SHIFT.id),
        await desk.use("cancelar_reserva", vaga_id=a_shift(2).id, motivo="viagem"),
        await desk.use("buscar_info_hospital", nome_hospital="santa"),
        await desk.use("registrar_opt_out", escopo="mes", motivo="férias", palavras="hoje não"),
    ]

    told = json.dumps(said)
    for internal in (SHIFT.hospital.id, "conversa-1", "turno-1", "token-1", "medico-1", "reserva-"):
        assert internal not in told
    assert all(one in told for one in allowed)
