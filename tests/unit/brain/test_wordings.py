r"""Every wording in `wordings/` is read as the file that it stands in says.

One wording a line; `#` starts a remark, `\n` in a line is a line break. Add what doctors wrote.
Each file is one test, which shows all the lines that are read otherwise.
"""

from pathlib import Path

import pytest

from julia_brain.domain.bot_suspicion import suspicion_of
from julia_brain.domain.handoff import trigger_of
from julia_brain.domain.opt_out import complete_opt_out_of, opt_out_of

FOLDER = Path(__file__).with_name("wordings")


def wordings(name: str) -> list[str]:
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    found = [line.replace("\\n", "\n") for line in lines if line and not line.startswith("#")]
    assert found, f"{name}.txt holds no wording"
    return found


def scope_of(text: str) -> str:
    """As a burst that is over."""
    found = opt_out_of(text)
    return found.escopo if found else "nenhum"


def scope_at_receipt_of(text: str) -> str:
    found = complete_opt_out_of(text)
    return found.escopo if found else "nenhum"


def handoff_of(text: str) -> str:
    found = trigger_of([text], [])
    return found.trigger_type if found else "nenhum"


@pytest.mark.parametrize("scope", ["definitivo", "mes", "nenhum"])
def test_requests_to_be_left_alone_are_told_from_what_only_looks_like_one(scope: str) -> None:
    read = {text: scope_of(text) for text in wordings(f"opt_out_{scope}")}
    at_receipt = {text: scope_at_receipt_of(text) for text in read}

    assert {text: found for text, found in read.items() if found != scope} == {}
    assert {text: found for text, found in at_receipt.items() if found != scope} == {}


@pytest.mark.parametrize("scope", ["definitivo", "mes"])
def test_a_request_that_may_go_on_counts_only_when_the_burst_is_over(scope: str) -> None:
    read = {text: scope_of(text) for text in wordings(f"opt_out_{scope}_no_turno")}
    at_receipt = {text: scope_at_receipt_of(text) for text in read}

    assert {text: found for text, found in read.items() if found != scope} == {}
    assert {text: found for text, found in at_receipt.items() if found == "definitivo"} == {}


@pytest.mark.parametrize("scope", ["definitivo", "nenhum"])
def test_a_burst_is_read_as_one(scope: str) -> None:
    read = {text: scope_of(text) for text in wordings(f"opt_out_rajadas_{scope}")}

    assert {text: found for text, found in read.items() if found != scope} == {}


def test_no_message_of_a_harmless_burst_silences_when_it_arrives() -> None:
    messages = [one for burst in wordings("opt_out_rajadas_nenhum") for one in burst.split("\n")]

    assert [one for one in messages if scope_at_receipt_of(one) == "definitivo"] == []


@pytest.mark.parametrize(
    "trigger", ["pedido_humano", "juridico", "sentimento_negativo", "baixa_confianca", "nenhum"]
)
def test_what_needs_a_person_is_told_from_what_does_not(trigger: str) -> None:
    read = {text: handoff_of(text) for text in wordings(f"handoff_{trigger}")}

    assert {text: found for text, found in read.items() if found != trigger} == {}


@pytest.mark.parametrize(("name", "suspects"), [("bot_suspeita", True), ("bot_nenhum", False)])
def test_who_suspects_a_machine_is_told_from_who_does_not(name: str, suspects: bool) -> None:
    missed = [text for text in wordings(name) if (suspicion_of(text) is not None) != suspects]

    assert missed == []
