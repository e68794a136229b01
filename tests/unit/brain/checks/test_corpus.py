"""Every hostile text is refused for a reason that fits, every good one passes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from corpus import Case, cases
from scenes import SCENES

from julia_brain.domain.checks import check

HOSTILE, GOOD = cases("hostile"), cases("good")


def _id(case: Case) -> str:
    return f"{case.scene}: {case.text[:50]}"


@pytest.mark.parametrize("case", HOSTILE, ids=_id)
def test_a_hostile_draft_is_refused(case: Case) -> None:
    assert check(case.text, SCENES[case.scene]) in case.flaws


@pytest.mark.parametrize("case", GOOD, ids=_id)
def test_a_good_draft_passes(case: Case) -> None:
    assert check(case.text, SCENES[case.scene]) is None


def test_the_corpus_is_large_enough_and_says_nothing_twice() -> None:
    for texts in (HOSTILE, GOOD):
        said = [(case.scene, case.text) for case in texts]
        assert len(said) >= 120
        assert len(set(said)) == len(said)
