"""What a file may say, what is refused, and that the files of the repository are enough."""

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from julia_dev.evals.case import Case, ScriptedAnswer, Step
from julia_dev.evals.cast import Cast
from julia_dev.evals.loading import EvalsError, Kind, cases, hospitals
from julia_dev.evals.scene import Scene, day_of, scene_of

pytestmark = pytest.mark.unit

SUNDAY = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
HOSPITAL = "casa: {nome: Hospital Casa, endereco: 'Rua A, 1', cidade: Campinas, estado: SP}"


def scene(case: Case) -> Scene:
    doctors = Cast("teste").doctors(case, "Pediatria")
    return scene_of(case, doctors=doctors, hospitals=hospitals(), now=SUNDAY)


@pytest.fixture(scope="module")
def listed() -> list:
    return cases()


def test_there_are_enough_conversations_and_enough_hostile_ones(listed: list) -> None:
    kinds = Counter(one.kind for one in listed)
    talks = [one.case for one in listed if one.kind is Kind.CONVERSATION]
    robots = [case for case in talks if case.tema == "robo"]
    assert len(talks) - len(robots) >= 150
    assert len(robots) == 20
    assert sum(case.hostile for case in talks) >= 60
    assert min(kinds[Kind.OPT_OUT], kinds[Kind.NO_OPT_OUT]) >= 40


def test_every_placeholder_of_every_case_can_be_filled(listed: list) -> None:
    cast, houses = Cast("teste"), hospitals()
    for one in listed:
        doctors = cast.doctors(one.case, "Pediatria")
        played = scene_of(one.case, doctors=doctors, hospitals=houses, now=SUNDAY)
        for step in one.case.passos:
            texts = [*map(played.fill, step.diz), *(played.filled(a).texto for a in step.claude)]
            patterns = [played.fill(p, quote=True) for p in (*step.recebe, *step.nunca)]
            assert not [text for text in (*texts, *patterns) if "{{" in text], one.case.nome


def test_no_name_of_a_doctor_is_part_of_another(listed: list) -> None:
    cast = Cast("teste")
    drawn = [d for one in listed for d in cast.doctors(one.case, "Pediatria").values()]
    names = {doctor.first_name for doctor in drawn}
    assert len(names) == len(drawn) == len({doctor.number for doctor in drawn})
    assert not [(a, b) for a in names for b in names if a != b and a in b]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sabado", dt.date(2026, 11, 28)),
        ("segunda", dt.date(2026, 11, 30)),
        ("terça", dt.date(2026, 11, 24)),
        (5, dt.date(2026, 11, 27)),
    ],
)
def test_a_weekday_is_at_least_two_days_away(words: str | int, expected: dt.date) -> None:
    assert day_of(words, SUNDAY.date()) == expected


def test_a_night_shift_ends_on_the_next_day_and_is_said_in_words() -> None:
    case = Case.model_validate(
        {
            "nome": "x",
            "vagas": {"v1": {"hospital": "aurelia", "dia": "sabado", "valor": 1500}},
            "passos": [{"diz": "oi"}],
        }
    )
    told = scene(case).fill("{{v1.dia}}, {{v1.data}}, {{v1.horas}}, {{v1.valor}}")
    assert told == "sábado, 28/11, das 19h às 7h, R$ 1.500"
    assert scene(case).shifts["v1"].end.day == 29
    assert (29, 11) in scene(case).truth.days


def test_short_forms_mean_what_they_say() -> None:
    assert ScriptedAnswer.model_validate("oi") == ScriptedAnswer(texto="oi")
    assert ScriptedAnswer.model_validate({"hostil": "oi"}).hostil
    assert Step.model_validate({"diz": "oi", "recebe": "a"}).recebe == ("a",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tema: x\ncasos: [{nome: a, passos: [{diz: oi, recbe: [a]}]}]", "recbe"),
        ("tema: x\ncasos: [{nome: a, passos: [{diz: oi, recebe: ['(']}]}]", "regular expression"),
        ("tema: x\ncasos: [{nome: a, passos: [{quem: d9, diz: oi}]}]", "d9"),
        ("tema: x\ncasos: [{nome: a, passos: [{diz: oi}], fim: {vagas: {v9: aberta}}}]", "v9"),
        ("tema: [", "not YAML"),
        ("tema: x\ncasos: [{nome: a, hospitais: [nenhum], passos: [{diz: oi}]}]", "nenhum"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "hospitais.yaml").write_text(HOSPITAL)
    (tmp_path / "errado.yaml").write_text(text)
    with pytest.raises(EvalsError, match=complaint) as error:
        cases(tmp_path)
    assert "errado.yaml" in str(error.value)


def test_wordings_of_the_unseen_file_are_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "hospitais.yaml").write_text(HOSPITAL)
    (tmp_path / "unseen.yaml").write_text("tema: opt_out\npedidos: [sair]\nnao_pedidos: [oi]")
    kinds = [one.kind for one in cases(tmp_path)]
    assert kinds == [Kind.UNSEEN_OPT_OUT, Kind.UNSEEN_NO_OPT_OUT]
