"""A flood of requests without credentials gets short answers after the first ones."""

import pytest

from julia_ingest.domain.strangers import Strangers

pytestmark = pytest.mark.unit


def test_a_burst_is_heard_and_what_is_beyond_it_is_not() -> None:
    strangers = Strangers(per_second=2, burst=3)

    assert [strangers.admits(10.0) for _ in range(5)] == [True, True, True, False, False]


def test_as_many_are_heard_again_as_the_time_allows() -> None:
    strangers = Strangers(per_second=2, burst=3)
    for _ in range(3):
        strangers.admits(10.0)

    assert [strangers.admits(11.0) for _ in range(3)] == [True, True, False]


def test_a_long_silence_saves_no_more_than_a_burst() -> None:
    strangers = Strangers(per_second=2, burst=3)
    strangers.admits(0.0)

    assert [strangers.admits(3600.0) for _ in range(4)] == [True, True, True, False]
