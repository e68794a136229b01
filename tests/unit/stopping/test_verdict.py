"""A bar that is missed is named, whichever it is."""

import math
from dataclasses import replace

import pytest

from julia_dev.ledger.account import Account
from julia_dev.stopping.verdict import Outcome, Trial, Verdict, percentile

BALANCED = Account(
    accepted=10,
    refused=0,
    answered=9,
    handed_over=1,
    handed_over_by_julia=1,
    lost=0,
    doubled=0,
    out_of_order=0,
    crossed=0,
    after_stop=0,
    examples={},
)


def trial(way: str, **changes: object) -> Trial:
    usual = Trial(way, 100.0, 100.4, in_flight=3, claimed_before=5, posts_after=(0.01, 0.2))
    return replace(usual, **changes)  # type: ignore[arg-type]


CLEAN = Verdict(
    least_trials=50,
    trials=[trial("kubectl")] * 25 + [trial("sql", asked_at=100.38)] * 25,
    outcomes=[Outcome(f"scenario_{n}", None, 1.0) for n in range(12)],
    account=BALANCED,
    pending=0,
    decisions=100,
    claims=1000,
    claims_after_commit=0,
    late_starts=0,
)


def test_a_run_in_which_all_was_well_misses_nothing() -> None:
    assert CLEAN.missed() == []


def test_the_worst_figures_are_shown() -> None:
    slow = trial("kubectl", row_at=100.9, posts_after=(0.1, 1.5))
    shown = replace(CLEAN, trials=[*CLEAN.trials, slow]).figures()
    assert shown["row_to_last_post_s"] == 1.5
    assert shown["apply_to_row_worst_s"] == 0.9
    assert shown["kubectl_to_last_post_s"] == 2.4
    assert shown["sql_to_last_post_s"] == 0.22
    assert (shown["scenarios"], shown["passed"], shown["failed"]) == (12, 12, [])


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (replace(CLEAN, claims_after_commit=1), "claims_after_commit is 1"),
        (replace(CLEAN, late_starts=1), "late_starts is 1"),
        (replace(CLEAN, pending=2), "pending is 2"),
        (replace(CLEAN, account=replace(BALANCED, lost=1, answered=8)), "lost is 1"),
        (replace(CLEAN, account=replace(BALANCED, doubled=1)), "doubled is 1"),
        (replace(CLEAN, account=replace(BALANCED, out_of_order=1)), "out_of_order is 1"),
        (replace(CLEAN, account=replace(BALANCED, answered=8)), "not accepted"),
        (replace(CLEAN, outcomes=CLEAN.outcomes[1:]), "11 scenarios, below 12"),
        (
            replace(CLEAN, outcomes=[*CLEAN.outcomes, Outcome("x", "no row came", 1.0)]),
            "x: no row came",
        ),
        (replace(CLEAN, trials=CLEAN.trials[1:]), "24 trials by kubectl"),
        (replace(CLEAN, least_trials=52), "25 trials by sql under load, below 26"),
        (replace(CLEAN, trials=CLEAN.trials[:-1]), "24 trials by sql"),
        (
            replace(CLEAN, trials=[*CLEAN.trials[1:], trial("kubectl", in_flight=0)]),
            "24 trials by kubectl under load",
        ),
        (
            replace(CLEAN, trials=[*CLEAN.trials, trial("sql", posts_after=(2.1,))]),
            "row_to_last_post_s is 2.1",
        ),
        (
            replace(CLEAN, trials=[*CLEAN.trials, *[trial("kubectl", row_at=101.1)] * 2]),
            "apply_to_row_p95_s is 1.1",
        ),
    ],
)
def test_a_missed_bar_is_named(planted: Verdict, named: str) -> None:
    assert any(named in bar for bar in planted.missed())


def test_what_a_stop_without_load_shows_counts_all_the_same() -> None:
    idle = trial("sql", in_flight=0, posts_after=(3.0,))
    shown = replace(CLEAN, trials=[*CLEAN.trials, idle]).figures()
    assert (shown["trials"], shown["trials_without_load"]) == (50, 1)
    assert shown["row_to_last_post_s"] == 3.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.95, 5), (1.0, 5)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile([5, 3, 1, 4, 2], share) == value


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 0.95))
    assert replace(CLEAN, trials=[]).missed()
