"""The reference page names the tools, arguments and results that the code has."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from julia_brain.tools.calls import ToolSchema
from julia_brain.tools.schemas import TOOLS
from julia_brain.tools.testing import FakeShifts, a_begun_turn, a_fact, a_shift
from julia_brain.tools.toolbox import MAX_CALLS
from julia_brain.turns.lease import TurnDropped
from julia_common.database import ShiftHeld

PAGE = Path(__file__).parents[4].joinpath("docs/reference/tools.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (yes)? ?\|", re.MULTILINE)


def section(name: str) -> str:
    return PAGE.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]


def kind(rules: dict) -> str:
    """A property's type as the page says it."""
    if rules["type"] == "array":
        return f"array of {kind(rules['items'])}"
    if "enum" in rules:
        return ", ".join(f"`{word}`" for word in rules["enum"])
    return rules.get("format", rules["type"])


def test_the_page_has_the_tools_in_the_order_of_the_schemas() -> None:
    assert re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE) == [tool.name for tool in TOOLS]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_page_has_each_argument_with_its_type(tool: ToolSchema) -> None:
    required = tool.input_schema.get("required", [])

    assert ROW.findall(section(tool.name)) == [
        (name, kind(rules), "yes" if name in required else "")
        for name, rules in tool.input_schema["properties"].items()
    ]


async def test_the_page_has_the_statuses_that_a_booking_answers(a_desk: Callable) -> None:
    shift = a_shift(1)
    answered = set()
    for status in get_args(ShiftHeld.model_fields["status"].annotation):
        for waits in (False, True):
            answer = ShiftHeld(status=status, reserva_id="r", vaga=shift)
            desk = a_desk(
                FakeShifts(answers={shift.id: answer}), a_begun_turn(facts=[a_fact(shift)])
            )
            with suppress(TurnDropped):
                booked = await desk.use("reservar_plantao", vaga_id=shift.id, lista_espera=waits)
                answered.add(booked["status"])

    table = section("reservar_plantao").partition("| `status` |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    assert {status for row in rows for status in re.findall(r"`(\w+)`", row)} == answered


def test_the_page_says_how_many_calls_a_draft_has() -> None:
    assert f"- {MAX_CALLS} calls in one draft" in PAGE
