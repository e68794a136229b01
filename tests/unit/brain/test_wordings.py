r"""Every wording in `wordings/` is read as the file that it stands in says.

One wording a line; `#` starts a remark, `\n` in a line is a line break. Add what doctors wrote.
"""

from pathlib import Path

import pytest

from julia_brain.domain.bot_suspicion import suspicion_of
from julia_brain.domain.handoff import trigger_of
from julia_brain.domain.opt_out import opt_out_of

FOLDER = Path(__file__).with_name("wordings")


def wordings(name: str) -> list[str]:
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    return [line.replace("\\n", "\n") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("text", wordings("opt_out_definitivo"))
def test_a_request_to_be_left_alone_is_an_opt_out_for_good(text: str) -> None:
    found = opt_out_of(text)

    assert found is not None
    assert found.escopo == "definitivo"


@pytest.mark.parametrize("text", wordings("opt_out_mes"))
def test_a_request_to_rest_this_month_is_an_opt_out_for_the_month(text: str) -> None:
    found = opt_out_of(text)

    assert found is not None
    assert found.escopo == "mes"


@pytest.mark.parametrize("text", wordings("opt_out_nenhum"))
def test_what_only_looks_like_an_opt_out_is_left_to_the_conversation(text: str) -> None:
    assert opt_out_of(text) is None


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        (trigger, text)
        for trigger in ("pedido_humano", "juridico", "sentimento_negativo", "baixa_confianca")
        for text in wordings(f"handoff_{trigger}")
    ],
)
def test_what_needs_a_person_goes_to_one(trigger: str, text: str) -> None:
    found = trigger_of([text], [])

    assert found is not None
    assert found.trigger_type == trigger


@pytest.mark.parametrize("text", wordings("handoff_nenhum"))
def test_what_needs_no_person_stays_in_the_conversation(text: str) -> None:
    assert trigger_of([text], []) is None


@pytest.mark.parametrize("text", wordings("bot_suspeita"))
def test_who_suspects_a_machine_is_noticed(text: str) -> None:
    assert suspicion_of(text) is not None


@pytest.mark.parametrize("text", wordings("bot_nenhum"))
def test_robots_and_words_of_medicine_are_no_suspicion(text: str) -> None:
    assert suspicion_of(text) is None
