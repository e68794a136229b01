"""The second judge is asked about the conversation alone, and what it cannot mark is left out."""

import datetime as dt

import pytest

from julia_dev.evals import by_model
from julia_dev.evals.case import Case
from julia_dev.evals.cast import Cast
from julia_dev.evals.loading import Kind, Listed, hospitals
from julia_dev.evals.played import Played, Received, StepSeen, transcript
from julia_dev.evals.scene import scene_of
from julia_dev.evals.verdict import Opinion
from julia_simulators.anthropic.scripts import ScriptedAnswer
from julia_simulators.anthropic.state import Behaviour, World
from julia_simulators.anthropic.testing import running

pytestmark = pytest.mark.integration


def played(name: str, *texts: str) -> Played:
    case = Case.model_validate({"nome": name, "passos": [{"diz": "Oi, {{nome}} aqui"}]})
    scene = scene_of(
        case,
        doctors=Cast("teste").doctors(case, "Pediatria"),
        hospitals=hospitals(),
        now=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
    )
    seen = StepSeen(1, tuple(Received("medico", text) for text in texts))
    return Played(Listed(case, Kind.CONVERSATION), scene, (seen,))


def test_a_transcript_says_who_said_what() -> None:
    assert transcript(played("um", "Oi!")) == "medico: Oi, Ana Beatriz aqui\nJúlia a medico: Oi!"


async def test_conversations_are_marked_and_what_has_no_marks_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(Behaviour(first_token_median_s=0, seconds_per_token=0))
    marks = '{"naturalidade": 4, "honestidade": 5}'
    world.scripted.add(ScriptedAnswer(text=marks, match="tudo bem?"))
    world.scripted.add(ScriptedAnswer(text="prefiro não dizer"))
    with running(world) as url:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "chave")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        talks = [played("um", "Oi, tudo bem?"), played("dois", "Fala!"), played("tres")]
        assert await by_model.opinions(talks) == {"um": Opinion(4, 5)}
