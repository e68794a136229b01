"""Each kind of failure is planted in the records, and must be found."""

from dataclasses import replace

import pytest

from julia_dev.ledger.account import Delivery, Period, Records, Thought, Written, balance

NOTICE = "Vou passar sua conversa para uma pessoa"
CLEAN = Records(
    written=(
        Written(1, "ana", 100, 100.2),
        Written(2, "ana", 101, 101.2),
        Written(3, "bia", 100, 100.4),
        Written(4, "caio", 100, 100.4),
        Written(5, "davi", 100, 100.4),
    ),
    deliveries=(
        Delivery("ana", "Oi! (#m1 #m2)", 103.0),
        Delivery("bia", "Oi! (#m3)", 103.0),
        Delivery("caio", NOTICE, 104.0),
    ),
    thoughts=(Thought((1, 2), 102.0, 102.5), Thought((3,), 102.0, 102.5)),
    taken_over={"caio": 101.0},
    worklist=frozenset({"davi"}),
    stops=(Period(110.0, 120.0),),
    notices=frozenset({NOTICE}),
)


def test_a_clean_run_balances() -> None:
    account = balance(CLEAN)
    assert (account.accepted, account.answered, account.handed_over) == (5, 3, 2)
    assert account.handed_over_by_julia == 1
    assert account.examples.keys() == {"handed_over_by_julia"}


@pytest.mark.parametrize(
    ("figure", "planted"),
    [
        ("lost", replace(CLEAN, deliveries=(CLEAN.deliveries[0], CLEAN.deliveries[2]))),
        ("refused", replace(CLEAN, written=(*CLEAN.written, Written(6, "ana", 105, None)))),
        ("doubled", replace(CLEAN, deliveries=(*CLEAN.deliveries, CLEAN.deliveries[1]))),
        (
            "doubled",
            replace(CLEAN, deliveries=(*CLEAN.deliveries, Delivery("bia", "De novo #m3", 109.0))),
        ),
        (
            "doubled",
            replace(CLEAN, deliveries=(*CLEAN.deliveries, Delivery("caio", NOTICE, 105.0))),
        ),
        (
            "crossed",
            replace(CLEAN, deliveries=(*CLEAN.deliveries, Delivery("caio", "Oi #m3", 100.9))),
        ),
        (
            "after_stop",
            replace(CLEAN, deliveries=(*CLEAN.deliveries, Delivery("bia", "Outra coisa", 113.0))),
        ),
        (
            "after_stop",
            replace(CLEAN, deliveries=(*CLEAN.deliveries, Delivery("caio", "Oi #m4", 104.0))),
        ),
        (
            "out_of_order",
            replace(
                CLEAN,
                deliveries=(
                    Delivery("ana", "Oi (#m2)", 105.0),
                    Delivery("ana", "E (#m1)", 109.0),
                    *CLEAN.deliveries[1:],
                ),
                thoughts=(
                    Thought((1,), 102.0, None),
                    Thought((2,), 103.0, 104.0),
                    Thought((1,), 107.0, 108.0),
                ),
            ),
        ),
        (
            "out_of_order",
            replace(
                CLEAN,
                deliveries=(
                    Delivery("ana", "Oi (#m1)", 105.0),
                    Delivery("ana", "E (#m2)", 106.0),
                    *CLEAN.deliveries[1:],
                ),
                thoughts=(Thought((1,), 101.5, 104.0), Thought((2,), 102.0, 103.0)),
            ),
        ),
        (
            "out_of_order",
            replace(
                CLEAN, deliveries=(Delivery("ana", "Oi (#m2 #m1)", 108.0), *CLEAN.deliveries[1:])
            ),
        ),
    ],
)
def test_a_planted_failure_is_found(figure: str, planted: Records) -> None:
    assert getattr(balance(planted), figure) == 1


def test_a_message_that_was_not_known_yet_may_be_answered_late() -> None:
    late = replace(
        CLEAN,
        deliveries=(
            Delivery("ana", "Oi (#m2)", 105.0),
            Delivery("ana", "E (#m1)", 109.0),
            *CLEAN.deliveries[1:],
        ),
        thoughts=(Thought((2,), 103.0, 104.0), Thought((1,), 107.0, 108.0)),
    )
    assert balance(late).out_of_order == 0


def test_what_was_claimed_before_a_stop_may_still_arrive() -> None:
    in_time = replace(
        CLEAN, deliveries=(*CLEAN.deliveries, Delivery("bia", "Já estava a caminho", 111.5))
    )
    assert balance(in_time).after_stop == 0
