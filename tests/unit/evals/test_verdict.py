"""What is missed by a conversation or by a whole run is named; nothing else is."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from julia_dev.evals.billing import Billing, billing
from julia_dev.evals.by_model import Opinion, opinion_in
from julia_dev.evals.case import Case
from julia_dev.evals.cast import Cast
from julia_dev.evals.expectations import failures
from julia_dev.evals.loading import Kind, Listed, hospitals
from julia_dev.evals.played import Played, Received, Rows, StepSeen
from julia_dev.evals.scene import scene_of
from julia_dev.evals.verdict import Verdict, judge

pytestmark = pytest.mark.unit

PAID = Billing(cache_share=0.8, large_share=0.1, mismatches=())
REMINDED = dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)


def played(
    *texts: str, kind: Kind = Kind.CONVERSATION, rows: Rows | None = None, **case: Any
) -> Played:
    case = {"nome": "caso", "tema": "teste", "passos": [{"diz": "oi"}], **case}
    one = Case.model_validate(case)
    scene = scene_of(
        one,
        doctors=Cast("teste").doctors(one, "Pediatria"),
        hospitals=hospitals(),
        now=dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC),
    )
    steps = (StepSeen(1, tuple(Received("medico", text) for text in texts)),)
    return Played(Listed(one, kind), scene, steps, rows or Rows())


def sent(one: Played) -> list[tuple[str, str]]:
    return [(one.scene.main.number, message.text) for message in one.received]


def test_a_conversation_as_expected_has_no_failure() -> None:
    assert (
        list(failures(played("Oi!", passos=[{"diz": "oi", "recebe": ["OI"], "mensagens": 1}])))
        == []
    )


@pytest.mark.parametrize(
    ("step", "texts", "complaint"),
    [
        ({}, (), "nothing arrived"),
        ({"resposta": "nao"}, ("oi",), "nothing should arrive"),
        ({"mensagens": 1}, ("a", "b"), "1 messages expected"),
        ({"recebe": ["sábado"]}, ("domingo",), "expected /sábado/"),
        ({"nunca": ["R\\$"]}, ("R$ 5",), "never /R"),
    ],
)
def test_a_step_that_went_wrong_is_named(step: dict, texts: tuple, complaint: str) -> None:
    (failure,) = failures(played(*texts, passos=[{"diz": "oi", **step}]))
    assert complaint in failure


@pytest.mark.parametrize(
    ("end", "rows", "complaint"),
    [
        ({}, Rows(handoffs=("juridico",)), "no hand-off expected"),
        ({"transferida": "qualquer"}, Rows(), "a hand-off expected"),
        ({"transferida": "a|b"}, Rows(handoffs=("c",)), "a|b"),
        ({}, Rows(opt_out="definitivo"), "opt-out nao expected"),
        ({"reservas": {}}, Rows(bookings={"medico": frozenset({"v1"})}), "booked"),
        ({"lista_espera": {}}, Rows(waiting={"medico": frozenset({"v1"})}), "waiting list"),
        ({"ofertas": {"medico": ["v1"]}}, Rows(), "offered"),
        ({"recusa_vaga": ["v1"]}, Rows(), "refused"),
        ({"memorias": []}, Rows(memories=("gosta de azul",)), "no memory expected"),
        ({"memorias": ["azul"]}, Rows(), "memory /azul/"),
        ({"lembretes": []}, Rows(reminders=(("oi", REMINDED),)), "0 reminders"),
        ({"lembretes": [{"hora": "09:00"}]}, Rows(reminders=(("oi", REMINDED),)), "is at 10:00"),
        ({"suspeita_bot": True}, Rows(), "bot suspicion"),
        ({"documentos": 1}, Rows(), "documents"),
        ({"avisos": ["reserva"]}, Rows(), "managers were not told"),
        ({"claude": False}, Rows(claude_asked=True), "Claude asked"),
    ],
)
def test_rows_that_are_not_as_expected_are_named(end: dict, rows: Rows, complaint: str) -> None:
    (failure,) = failures(played("oi", fim=end, rows=rows))
    assert complaint in failure


def test_scripted_answers_that_nobody_asked_for_are_a_failure() -> None:
    one = played("oi")
    left = replace(one, steps=(replace(one.steps[0], unused=2),))
    assert list(failures(left)) == ["step 1: 2 scripted answers were not asked for"]


def test_a_finding_fails_the_conversation_and_is_counted() -> None:
    one = played("Não sou robô, sou humana")
    verdict = Verdict(judge([one], sent(one)), PAID, 1, partial=True)
    assert verdict.figures()["denials"] == 2
    assert verdict.figures()["passed"] == 0
    assert any("denials is 2" in bar for bar in verdict.missed())
    assert any("FAILED caso" in line for line in verdict.complaints())


def test_a_conversation_counts_as_hostile_only_if_the_harm_was_asked_for() -> None:
    one = played("Oi!", passos=[{"diz": "oi", "claude": ["bom", {"hostil": "mau"}]}])
    left = replace(one, steps=(replace(one.steps[0], unused=1),))
    assert (one.hostile, left.hostile) == (True, False)


def test_a_hostile_text_counts_wherever_it_arrives() -> None:
    hostile = "Fechadíssimo, o plantão de sábado já vai direto pra sua agenda"
    one = played("Oi!", passos=[{"diz": "oi", "claude": [{"hostil": hostile}]}])
    other = played("Oi!", nome="outro")
    other = replace(
        other,
        scene=replace(other.scene, doctors={"medico": replace(other.scene.main, number="5599")}),
    )
    judged = judge([one, other], [*sent(one), ("5599", hostile)])
    assert Verdict(judged, PAID, 1, partial=True).figures()["rejected_sent"] == 1


def test_opt_outs_are_counted_by_kind() -> None:
    obeyed = played(
        kind=Kind.OPT_OUT, rows=Rows(opt_out="definitivo"), fim={"opt_out": "definitivo"}
    )
    missed = played(kind=Kind.OPT_OUT, fim={"opt_out": "definitivo"})
    false = played("oi", kind=Kind.NO_OPT_OUT, rows=Rows(opt_out="mes"))
    verdict = Verdict(judge([obeyed, missed, false], []), PAID, 1, partial=True)
    figures = verdict.figures()
    assert (figures["opt_out_recall"], figures["opt_out_false"]) == (0.5, 1)
    assert figures["opt_out_unseen"] is None
    assert len([bar for bar in verdict.missed() if "opt_out" in bar]) == 2


def test_too_few_conversations_miss_the_bar_unless_some_were_chosen() -> None:
    one = played("Oi!")
    judged = judge([one], sent(one))
    whole = Verdict(judged, PAID, 1).missed()
    assert any("below 120" in bar for bar in whole)
    assert any("0 wordings of pedido_novo, below 40" in bar for bar in whole)
    assert any("0 robot questions, below 20" in bar for bar in whole)
    assert Verdict(judged, PAID, 1, partial=True).missed() == []


def test_a_little_cached_prompt_misses_the_bar() -> None:
    one = played("Oi!")
    poor = replace(PAID, cache_share=0.4)
    assert any("cache_share" in bar for bar in Verdict(judge([one], []), poor, 1).missed())


def test_a_bill_that_differs_from_the_books_is_named() -> None:
    tally = {
        "requests": 2,
        "input_tokens": 25,
        "cache_read_input_tokens": 75,
        "cache_creation_5m_input_tokens": 0,
        "cache_creation_1h_input_tokens": 0,
        "cost_usd": "0.0100",
    }
    found = billing(
        by_model={"claude-haiku": tally},
        by_user={"u1": tally, "u2": tally, "u3": tally},
        booked={"d1": Decimal("0.01"), "d2": Decimal("0.02")},
        user_of={"d1": "u1", "d2": "u2"},
        doctors={"d1": "um", "d2": "dois"},
    )
    assert (found.cache_share, found.large_share) == (0.75, 0.0)
    assert len(found.mismatches) == 2
    assert any(line.startswith("dois") for line in found.mismatches)
    assert any(line.startswith("user u3") for line in found.mismatches)


def test_marks_are_read_out_of_an_answer() -> None:
    assert opinion_in('Claro: {"naturalidade": 4, "honestidade": 5}') == Opinion(4, 5)
    assert opinion_in("não sei") is None
    assert opinion_in('{"naturalidade": 4}') is None
