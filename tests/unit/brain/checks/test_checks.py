"""What holds for all texts: the tools' own wording passes, nothing raises, nothing hangs."""

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from scenes import NOW, SAO_LUIZ, SAO_PAULO, SATURDAY, SCENES, SUMARE, SUNDAY, VERA_CRUZ

from julia_brain.domain.checks import Flaw, check
from julia_brain.domain.checks.denial import denies_being_ai
from julia_brain.domain.checks.invention import invention
from julia_brain.domain.checks.leak import leak
from julia_brain.domain.checks.promise import unfounded_promise
from julia_brain.domain.checks.style import MAX_CHARACTERS, style
from julia_brain.domain.saying import pay, period
from julia_common.database import Shift

SHOWN = SCENES["vagas"]


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    day = dt.date(2026, 11, 25) + dt.timedelta(days=draw(st.integers(0, 40)))
    start = dt.datetime.combine(day, dt.time(draw(st.sampled_from([7, 13, 19]))), SAO_PAULO)
    return SATURDAY.model_copy(
        update={
            "hospital": draw(st.sampled_from([SAO_LUIZ, VERA_CRUZ, SUMARE])),
            "data": day,
            "inicio": start,
            "fim": start + dt.timedelta(hours=draw(st.sampled_from([6, 12, 24]))),
            "valor_centavos": draw(st.integers(3, 60)) * 5_000,
        }
    )


def _told(shift: Shift) -> str:
    return f"Tenho um no {shift.hospital.nome}, {period(shift, NOW)}, por {pay(shift)}. Quer?"


@given(shifts())
@settings(max_examples=60, deadline=None)
def test_a_shift_in_the_tools_own_words_passes(shift: Shift) -> None:
    assert check(_told(shift), replace(SHOWN, shifts=(shift,), hospitals=())) is None


@given(shifts(), st.integers(1, 40).filter(bool))
@settings(max_examples=60, deadline=None)
def test_the_same_with_another_value_or_date_does_not(shift: Shift, more: int) -> None:
    evidence = replace(SHOWN, shifts=(shift,), hospitals=())
    dearer = shift.model_copy(update={"valor_centavos": (shift.valor_centavos or 0) + more * 1_000})
    days = {
        name: getattr(shift, name) + dt.timedelta(days=more) for name in ("data", "inicio", "fim")
    }

    assert check(_told(dearer), evidence) is Flaw.INVENTED_VALUE
    assert check(_told(shift.model_copy(update=days)), evidence) is Flaw.INVENTED_DATE


def test_two_shifts_told_crosswise_are_mixed_up() -> None:
    crossed = SATURDAY.model_copy(update={"valor_centavos": SUNDAY.valor_centavos})

    assert check(_told(crossed), SHOWN) is Flaw.MIXED_UP


_PIECES = st.sampled_from(
    [
        "não",
        "sou",
        "um",
        "robô",
        "pessoa",
        "R$",
        "1.500",
        "mil",
        "e",
        "quinhentos",
        "sábado",
        "28/11",
        "das",
        "19h",
        "às",
        "7h",
        "hospital",
        "São",
        "Luiz",
        "reservei",
        "cancelei",
        "vou",
        "te",
        "passar",
        "pra",
        "equipe",
        "?",
        ",",
        ".",
        ";",
        "\n",
        "*",
        "_",
        "[",
        "{",
        "(",
        "1",
        "12",
        "a",
        "de",
        "se",
    ]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=60).map(" ".join))
@settings(max_examples=80, deadline=None)
def test_no_text_makes_a_check_fail(text: str) -> None:
    assert check(text, SHOWN) in {None, *Flaw}


@pytest.mark.parametrize(
    "piece",
    [
        "não sou ",
        "a",
        "1 ",
        "R$ 1.500 ",
        "das 19h às 7h ",
        "(",
        "_a",
        "mil e ",
        "n a o ",
        "1",
        "a@",
    ],
)
def test_the_longest_text_is_read_to_its_end(piece: str) -> None:
    """A pattern that backtracks without bound would hit the suite's time limit."""
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]

    for judge in (leak, style, unfounded_promise, invention):
        judge(text, SHOWN)
    denies_being_ai(text)


@pytest.mark.parametrize("piece", ["não sou um robô ", "reservado ", "R$ 9.999 "])
def test_what_is_far_too_long_is_refused_before_it_is_read(piece: str) -> None:
    assert check((piece * 10_000)[:10_000], SHOWN) is Flaw.TOO_LONG


def test_a_question_of_what_she_is_is_answered_wherever_it_stands_in_a_burst() -> None:
    said = ("vc é um robô?", "tem plantão?", "responde aí")
    burst = replace(SCENES["vazio"], doctor_said=said, unanswered=3)
    answered = replace(burst, unanswered=1)

    assert check("Qual cidade fica melhor pra vc?", burst) is Flaw.DENIES_BEING_AI
    assert check("Qual cidade fica melhor pra vc?", answered) is None


def test_a_shift_is_told_with_its_own_specialty_and_sector() -> None:
    children = SUNDAY.model_copy(update={"especialidade": "Pediatria", "setor": "UTI Neonatal"})
    two = replace(SHOWN, shifts=(SATURDAY, children))

    assert check("Domingo no Vera Cruz é pediatria, na UTI neonatal", two) is None
    assert check("Domingo no Vera Cruz é anestesia", two) is Flaw.MIXED_UP
    assert check("Sábado no São Luiz é na UTI", two) is Flaw.MIXED_UP
    assert check("Sábado no São Luiz é ortopedia", two) is Flaw.INVENTED_SHIFT


def test_a_hospital_may_be_named_like_a_street() -> None:
    serena = SHOWN.shifts[0].hospital.model_copy(
        update={"id": "h9", "nome": "Hospital Vila Serena"}
    )
    shift = SHOWN.shifts[0].model_copy(update={"id": "v9", "hospital": serena})
    evidence = replace(SHOWN, shifts=(*SHOWN.shifts, shift), hospitals=())

    assert check("Tem no Hospital Vila Serena, em Campinas. Te interessa?", evidence) is None
    assert check("O Hospital Vila Serena fica na Vila Torta, 12.", evidence) is Flaw.INVENTED_PLACE
