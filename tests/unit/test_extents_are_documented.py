"""The reference page shows, side by side, how much each long run does, and nothing else."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from julia_dev import extent

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "quick.md"
RUNS = ("ledger", "evals", "sending", "operator", "people", "alerts")


def test_the_page_shows_both_extents_of_every_run():
    shown = {
        name: (whole, quick)
        for name, whole, quick in re.findall(
            r"^\| `([a-z_.]+)` \|[^|]*\| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE
        )
    }
    defined = {
        f"{run}.{name}": (_shown(value), _shown(getattr(getattr(extent.QUICK, run), name)))
        for run in RUNS
        for name, value in asdict(getattr(extent.WHOLE, run)).items()
    }
    assert shown == defined


def _shown(value: bool | float) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return f"{value:g}"


@pytest.mark.parametrize("environ", [{}, {"QUICK": ""}, {"QUICK": "0"}])
def test_without_quick_the_whole_is_played_and_the_last_line_says_nothing_of_it(environ):
    assert extent.wanted(environ) is extent.WHOLE
    assert extent.WHOLE.mark() == {}


def test_with_quick_the_last_line_says_so():
    assert extent.wanted({"QUICK": "1"}).mark() == {"quick": True}
