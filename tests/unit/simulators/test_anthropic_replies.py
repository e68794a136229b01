import random
import re

import pytest

from julia_simulators.anthropic.hearing import Heard
from julia_simulators.anthropic.replies import small_talk


def reply(text: str, seed: int = 1, notes: str = "") -> str:
    return small_talk(Heard.of(text), Heard.of(notes), random.Random(seed))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Oi, tem plantão de anestesia em Campinas sábado?", "de anestesia em Campinas no sábado"),
        ("tem vaga de pediatria?", "[Cc]idade"),
        ("quanto paga?", "valor"),
        ("qual o endereço?", "endereço"),
        ("você é um robô?", "assistente virtual"),
        ("quero falar com uma pessoa", "equipe"),
        ("obrigada!", "Imagina|De nada"),
        ("bom dia", "Júlia"),
    ],
)
def test_a_reply_fits_what_the_doctor_said(said: str, expected: str) -> None:
    for seed in range(20):
        answer = reply(said, seed)
        assert re.search(expected, answer)
        assert len(answer) < 220
        assert answer.count("?") <= 1


def test_the_same_seed_gives_the_same_words_and_other_seeds_vary() -> None:
    said = "tem plantão?"

    assert reply(said, 5) == reply(said, 5)
    assert len({reply(said, seed) for seed in range(30)}) > 1


def test_past_tense_ia_is_not_taken_for_artificial_intelligence() -> None:
    assert "virtual" not in reply("eu ia pegar o plantão de domingo")
