"""What happened before a loss and after the restore is one account."""

import pytest

from julia_dev.e2e.scenarios.restore import together, unlike_backup
from julia_dev.ledger.account import Delivery, Records, Written, balance

pytestmark = pytest.mark.unit

DOCTOR = "5511970000001"
ASKED = Written(1, DOCTOR, provider_at=100, accepted_at=100.5)
ANSWER = Delivery(DOCTOR, "Tem sim. #m1", arrived_at=101.0)


def records(*deliveries: Delivery, handed_over: bool = False) -> Records:
    return Records(
        written=[ASKED],
        deliveries=list(deliveries),
        thoughts=[],
        taken_over={},
        worklist=frozenset({DOCTOR} if handed_over else ()),
        stops=(),
        notices=frozenset(),
    )


def test_an_answer_that_both_remember_is_one_answer() -> None:
    account = balance(together(records(ANSWER), records(ANSWER)))

    assert (account.answered, account.doubled, account.lost) == (1, 0, 0)


def test_an_answer_that_was_forgotten_and_sent_once_more_is_doubled() -> None:
    again = Delivery(DOCTOR, ANSWER.text, arrived_at=900.0)

    assert balance(together(records(ANSWER), records(again))).doubled == 1


def test_what_only_the_people_have_after_the_restore_is_handed_over() -> None:
    account = balance(together(records(), records(handed_over=True)))

    assert (account.handed_over, account.lost) == (1, 0)


def test_a_volume_that_knows_what_the_backup_knew_and_no_more_is_the_backups() -> None:
    assert unlike_backup(["a", "b"], in_backup={"a", "b"}, later={"c"}) is None


def test_a_volume_that_is_empty_was_not_restored() -> None:
    assert "lacks 2 messages of 2" in str(unlike_backup([], in_backup={"a", "b"}, later={"c"}))


def test_a_volume_that_knows_what_came_later_was_never_lost() -> None:
    wrong = unlike_backup(["a", "b", "c"], in_backup={"a", "b"}, later={"c"})

    assert "was not lost: it has 1 messages" in str(wrong)
