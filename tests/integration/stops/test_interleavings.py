"""Whoever stops, however, and whatever else happens at that moment: it stops."""

import os
import random

import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.stops import breaking
from tests.integration.stops.checking import judge
from tests.integration.stops.interleaving import Interleaving

pytestmark = pytest.mark.integration


async def world(julia: Julia) -> Interleaving:
    """With a seed of its own, or that of STOPS_SEED."""
    seed = os.environ.get("STOPS_SEED") or random.SystemRandom().randrange(2**31)
    made = Interleaving(julia, int(seed))
    await made.furnish()
    return made


async def test_nothing_that_a_stop_covers_is_claimed_or_committed_after_it_nor_begun_late(
    julia: Julia,
) -> None:
    played = await world(julia)

    await played.live()

    judged = await judge(played)
    assert not judged.wrong, judged
    assert judged.stops > 0, judged


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_nor_in_a_long_while(julia: Julia) -> None:
    played = await world(julia)

    await played.live(40)

    judged = await judge(played)
    assert not judged.wrong, judged
    assert judged.done["released"] > 0, judged
    assert judged.exempt > 0, judged


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (breaking.THE_CLAIM_TAKES_NO_LOCK, "claim at"),
        pytest.param(breaking.THE_COMMIT_TAKES_NO_LOCK, "commit at", marks=pytest.mark.faults),
        pytest.param(
            breaking.THE_STOP_TAKES_NO_LOCK, "was decided before", marks=pytest.mark.faults
        ),
        pytest.param(
            breaking.NUMBERS_ARE_DRAWN_BEFORE_THE_LOCK,
            "was decided before",
            marks=pytest.mark.faults,
        ),
        pytest.param(breaking.A_LATE_CLAIM_IS_POSTED, "POST at", marks=pytest.mark.faults),
    ],
)
@pytest.mark.timeout(300)
async def test_it_is_seen_when_a_function_is_broken(
    julia: Julia, broken: breaking.Break, said: str
) -> None:
    await broken.make(julia)
    played = await world(julia)
    wrong: list[str] = []

    for _ in range(20):
        await played.live()
        wrong = (await judge(played)).wrong
        if any(said in one for one in wrong):
            break

    assert any(said in one for one in wrong), wrong
