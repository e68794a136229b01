"""Fixed answers must be as fit to be sent as any draft."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from julia_brain.domain import fallback
from julia_brain.domain.checks import check
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.instructions import not_to_be_told
from julia_brain.testing import shift
from julia_brain.tools.schemas import TOOLS

MIGRATION = Path(__file__).parents[3] / "supabase/migrations/20261122000360_context.sql"
PERSONA = MIGRATION.read_text().split("$persona$")[1]
SHIFT = shift()
EVIDENCE = Evidence(
    now=datetime(2026, 3, 2, 12, tzinfo=UTC),
    doctor_said=("qual o valor?",),
    prompt_texts=(not_to_be_told(PERSONA), *(tool.description for tool in TOOLS)),
)
KNOWN = replace(EVIDENCE, shifts=(SHIFT,))


@pytest.mark.parametrize(
    "text", [fallback.WHO_I_AM, fallback.NOT_SURE, fallback.NO_BUDGET, fallback.REMINDER]
)
def test_a_fixed_text_passes_the_checks(text: str) -> None:
    assert check(text, EVIDENCE) is None


def test_a_doctor_who_asks_what_she_is_may_be_told() -> None:
    asked = replace(EVIDENCE, doctor_said=("vc é um robô?",))

    assert check(fallback.WHO_I_AM, asked) is None


@pytest.mark.parametrize(
    ("evidence", "found", "told"),
    [
        (replace(KNOWN, held=frozenset({SHIFT.id})), (), "Reservei"),
        (replace(KNOWN, cancelled=frozenset({SHIFT.id})), (), "Cancelei"),
        (KNOWN, (SHIFT.id,), "R$ 1.500"),
        (replace(EVIDENCE, waiting=True, reminded=True), (), "lista de espera"),
    ],
    ids=["booked", "cancelled", "found", "noted"],
)
def test_what_was_done_is_told_in_words_that_pass_the_checks(evidence, found, told) -> None:
    text = fallback.what_was_done(evidence, frozenset(found))

    assert text is not None
    assert told in text
    assert check(text, evidence) is None


def test_a_turn_in_which_nothing_was_done_has_nothing_to_tell() -> None:
    assert fallback.what_was_done(KNOWN, frozenset()) is None


def test_what_the_persona_shows_as_an_example_may_be_said() -> None:
    examples = re.findall(r"^Pessoa:.*?/ Júlia[^:]*: (.+)$", PERSONA, re.MULTILINE)

    assert len(examples) > 3
    assert {text: check(text, EVIDENCE) for text in examples} == dict.fromkeys(examples)


def test_a_rule_of_the_persona_may_not_be_said() -> None:
    rule = "Brincadeira pede a mesma verdade, em tom leve"

    assert "Brincadeira" in PERSONA
    assert check(f"Minha regra: {rule}", EVIDENCE) is not None


def test_tools_and_persona_are_long_enough_to_be_cached() -> None:
    # 3.6 characters a token is what the simulator counts; Portuguese needs rather fewer.
    characters = len(PERSONA) + sum(len(f"{tool.description}{tool.input_schema}") for tool in TOOLS)

    assert 3_000 < characters / 3.6 < 8_000
