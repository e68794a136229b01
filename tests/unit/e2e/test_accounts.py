"""Each kind of failure of a load is planted, and must be found."""

from dataclasses import replace

import pytest

from julia_dev.e2e.accounts import Answers, Tally, answers, only
from julia_dev.ledger.account import Account, Delivery, Records, Thought, Written, balance

BALANCED = Account(
    accepted=100,
    refused=0,
    answered=100,
    handed_over=0,
    handed_over_by_julia=0,
    lost=0,
    doubled=0,
    out_of_order=0,
    crossed=0,
    after_stop=0,
    examples={},
)
CLEAN = Tally(BALANCED, Answers(delivered=400, non_2xx={}, unanswered={}), pending=0, drained_s=9)


def attempt(status: int | None, error: str | None = None) -> dict[str, object]:
    state = "delivered" if status == 200 else "failed"
    return {"state": state, "attempt": 1, "status": status, "error": error}


def test_http_answers_that_are_not_2xx_are_counted_by_status() -> None:
    seen = answers([attempt(200), attempt(202), attempt(503), attempt(503), attempt(401)])
    assert seen == Answers(delivered=2, non_2xx={503: 2, 401: 1}, unanswered={})


def test_refused_and_reset_connections_are_counted_apart() -> None:
    seen = answers([attempt(200), attempt(None, "ConnectError"), attempt(None, "ReadError")])
    assert seen.non_2xx == {}
    assert seen.unanswered == {"ConnectError": 1, "ReadError": 1}


def test_what_was_not_sent_yet_is_no_attempt() -> None:
    assert answers([{"state": "queued"}, {"state": "dropped"}]) == Answers(0, {}, {})


def test_a_load_in_which_all_was_well_misses_nothing() -> None:
    reset = replace(CLEAN.answers, unanswered={"ReadError": 3})
    assert replace(CLEAN, answers=reset).missed() == []
    assert replace(CLEAN, answers=reset).unanswered == 3


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (replace(CLEAN, account=replace(BALANCED, lost=1, answered=99)), "lost is 1"),
        (replace(CLEAN, account=replace(BALANCED, doubled=1)), "doubled is 1"),
        (replace(CLEAN, account=replace(BALANCED, out_of_order=2)), "out_of_order is 2"),
        (replace(CLEAN, account=replace(BALANCED, crossed=1)), "crossed is 1"),
        (replace(CLEAN, account=replace(BALANCED, refused=4)), "never accepted is 4"),
        (replace(CLEAN, pending=7), "pending is 7"),
        (replace(CLEAN, answers=Answers(400, {503: 2}, {})), "non_2xx is 2, not 0: {503: 2}"),
        (
            replace(CLEAN, account=replace(BALANCED, accepted=0, answered=0)),
            "nothing was written",
        ),
        (
            replace(CLEAN, account=replace(BALANCED, answered=98, handed_over=2)),
            "2 of 100 messages were handed to people",
        ),
    ],
)
def test_each_failure_is_named(planted: Tally, named: str) -> None:
    assert any(bar.startswith(named) for bar in planted.missed()), planted.missed()


def test_what_was_missed_comes_with_examples() -> None:
    account = replace(BALANCED, lost=1, answered=99, examples={"lost": ("#m17",)})
    assert "lost: #m17" in replace(CLEAN, account=account).missed()


def test_another_loads_doctors_are_no_part_of_the_account() -> None:
    mixed = Records(
        written=(Written(20_001, "ana", 100, 100.2),),
        deliveries=(
            Delivery("ana", "Oi! (#m20001)", 103.0),
            Delivery("bia", "Oi! (#m3)", 50.0),
            Delivery("bia", "Oi! (#m3)", 51.0),
        ),
        thoughts=(Thought((20_001,), 102.0, 102.5),),
        taken_over={"bia": 101.0},
        worklist=frozenset({"caio"}),
        stops=(),
        notices=frozenset(),
    )
    account = balance(only(mixed, ["ana"]))
    assert (account.accepted, account.answered, account.doubled, account.crossed) == (1, 1, 0, 0)
    assert balance(mixed).doubled
