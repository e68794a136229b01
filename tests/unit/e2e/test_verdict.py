"""A bar that is missed is named, whichever it is."""

from dataclasses import replace

import pytest

from julia_dev.e2e.accounts import Answers, Tally
from julia_dev.e2e.verdict import Outcome, Verdict
from julia_dev.ledger.account import Account

BALANCED = Account(
    accepted=50,
    refused=0,
    answered=50,
    handed_over=0,
    handed_over_by_julia=0,
    lost=0,
    doubled=0,
    out_of_order=0,
    crossed=0,
    after_stop=0,
    examples={},
)
TALLY = Tally(BALANCED, Answers(200, {}, {"ReadError": 2}), pending=0, drained_s=8)
CLEAN = Verdict([Outcome(2, "upgrades", None, 90.0)], [TALLY, TALLY], install_minutes=1.234)


def failing(**changes: int) -> Verdict:
    return replace(CLEAN, tallies=[TALLY, replace(TALLY, account=replace(BALANCED, **changes))])


def test_a_run_in_which_all_was_well_misses_nothing() -> None:
    assert CLEAN.missed() == []


def test_loads_are_added_up() -> None:
    shown = CLEAN.figures()
    assert (shown["accepted"], shown["answered"], shown["non_2xx"]) == (100, 100, 0)
    assert shown["refused_or_reset"] == {"ReadError": 4}
    assert (shown["scenarios"], shown["passed"], shown["failed"]) == (1, 1, [])
    assert shown["install_minutes"] == 1.23


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (failing(lost=1), "lost is 1, not 0"),
        (failing(doubled=1), "doubled is 1, not 0"),
        (failing(out_of_order=1), "out_of_order is 1, not 0"),
        (
            replace(CLEAN, tallies=[replace(TALLY, answers=Answers(200, {429: 1}, {}))]),
            "non_2xx is 1, not 0",
        ),
        (
            replace(CLEAN, outcomes=[Outcome(3, "kills", "no pod came back", 180.0)]),
            "scenario 3, kills: no pod came back",
        ),
        (replace(CLEAN, outcomes=[]), "no scenario was played"),
    ],
)
def test_each_failure_is_named(planted: Verdict, named: str) -> None:
    assert named in planted.missed()
