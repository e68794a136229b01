"""With less to play, what a bar counts is played all the same."""

import random
from collections import Counter

import pytest

from julia_dev.evals.drawing import drawn
from julia_dev.evals.loading import Kind, Listed, cases
from julia_dev.evals.verdict import ROBOT_TOPIC

pytestmark = pytest.mark.unit

EVERYTHING = cases()


def topics(listed: list[Listed]) -> Counter[tuple[Kind, str]]:
    return Counter((one.kind, one.case.tema) for one in listed)


def test_the_whole_is_everything_in_its_order() -> None:
    assert drawn(EVERYTHING, random.Random(1), 1) == EVERYTHING


def test_every_hostile_one_every_robot_question_and_every_counted_wording_stays() -> None:
    kept = {one.case.nome for one in drawn(EVERYTHING, random.Random(1), 0.25)}
    counted = (Kind.OPT_OUT, Kind.NO_OPT_OUT, Kind.UNSEEN_OPT_OUT)
    for one in EVERYTHING:
        if one.case.hostile or one.case.tema == ROBOT_TOPIC or one.kind in counted:
            assert one.case.nome in kept


def test_no_topic_is_left_out_and_less_is_played() -> None:
    kept = drawn(EVERYTHING, random.Random(1), 0.25)
    assert topics(kept).keys() == topics(EVERYTHING).keys()
    assert len(kept) < 0.75 * len(EVERYTHING)


def test_the_seed_decides_which_and_two_seeds_differ() -> None:
    first, again, other = (
        {one.case.nome for one in drawn(EVERYTHING, random.Random(seed), 0.25)}
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
