"""A bar that the run under fire missed is named, whatever its extent."""

from dataclasses import replace

import pytest

from julia_dev.extent import LedgerExtent
from julia_dev.ledger.account import Account
from julia_dev.ledger.chaos import Toll
from julia_dev.ledger.under_fire import REPLICAS, Verdict

pytestmark = pytest.mark.unit

PROCESSES = ["ingest", *(f"{name}-{n}" for name, count in REPLICAS.items() for n in range(count))]
BALANCED = Account(
    accepted=900,
    refused=0,
    answered=880,
    handed_over=20,
    handed_over_by_julia=9,
    lost=0,
    doubled=0,
    out_of_order=0,
    crossed=0,
    after_stop=0,
    examples={},
)
CLEAN = Verdict(
    extent=LedgerExtent(messages=900, lasts_s=80, handed_over_share=0.01, one_at_a_time=False),
    account=BALANCED,
    toll=Toll(kills=dict.fromkeys(PROCESSES, 2)),
    pending=0,
    claims_after_stop=0,
    late_starts=0,
    sent_in_an_hour=300,
    drained_s=30.0,
)


def test_a_run_in_which_all_was_well_misses_nothing() -> None:
    assert CLEAN.missed() == []


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (replace(CLEAN, extent=replace(CLEAN.extent, messages=3000)), "accepted is 900, not 3000"),
        (replace(CLEAN, account=replace(BALANCED, lost=1)), "lost is 1"),
        (replace(CLEAN, account=replace(BALANCED, answered=879)), "answered + handed_over"),
        (replace(CLEAN, account=replace(BALANCED, handed_over_by_julia=10)), "above 1%"),
        (replace(CLEAN, late_starts=1), "after_stop is 1"),
        (replace(CLEAN, toll=Toll(kills=dict.fromkeys(PROCESSES, 2), idle=7)), "7 kills"),
        (
            replace(CLEAN, toll=Toll(kills={**dict.fromkeys(PROCESSES, 2), "ingest": 1})),
            "killed less than twice",
        ),
        (
            replace(CLEAN, toll=Toll(kills=dict.fromkeys(PROCESSES[1:], 2))),
            "killed less than twice",
        ),
    ],
)
def test_a_missed_bar_is_named(planted: Verdict, named: str) -> None:
    assert any(named in bar for bar in planted.missed())
