"""Which stop stood when: each kind of violation is planted, and must be found."""

from collections.abc import Mapping

import pytest

from julia_dev.stopping.stops import Claim, Decision, after_stop, begun_late

SP = {"estado": "SP"}


def decision(
    number: int,
    at: float,
    status: str = "pausado",
    *,
    scope: Mapping[str, str] | None = None,
    until: float | None = None,
    ends: set[int] | None = None,
) -> Decision:
    return Decision(
        number, at, status, scope or {}, until, None if ends is None else frozenset(ends)
    )


def claim(at: float, *, begun_after: float = 0.1, estado: str | None = "SP") -> Claim:
    fields = {"estado": estado, "especialidade": None, "instancia": "julia", "campanha": None}
    return Claim("claim", at, at + begun_after, fields)


PAUSED_FROM_10_TO_20 = (decision(1, 10.0), decision(2, 20.0, "ativo"))


@pytest.mark.parametrize(
    ("at", "found"), [(9.99, 0), (10.0, 0), (10.01, 1), (19.99, 1), (20.01, 0)]
)
def test_a_claim_within_a_pause_is_found(at: float, found: int) -> None:
    assert len(after_stop(PAUSED_FROM_10_TO_20, [claim(at)])) == found


def test_a_pause_stops_only_what_its_scope_covers() -> None:
    paused = [decision(1, 10.0, scope=SP)]
    assert after_stop(paused, [claim(11.0)])
    assert not after_stop(paused, [claim(11.0, estado="RJ"), claim(11.0, estado=None)])


def test_all_fields_of_a_scope_must_fit() -> None:
    paused = [decision(1, 10.0, scope=SP | {"especialidade": "Pediatria"})]
    assert not after_stop(paused, [claim(11.0)])


def test_an_ativo_of_a_narrower_scope_does_not_end_a_wider_pause() -> None:
    rows = [decision(1, 10.0), decision(2, 11.0, "ativo", scope=SP)]
    assert after_stop(rows, [claim(12.0)])


def test_an_ativo_of_a_wider_scope_ends_a_narrower_pause() -> None:
    rows = [decision(1, 10.0, scope=SP), decision(2, 11.0, "ativo")]
    assert not after_stop(rows, [claim(12.0)])


def test_a_row_that_names_the_pauses_it_ends_ends_no_others() -> None:
    rows = [decision(1, 10.0), decision(2, 11.0), decision(3, 12.0, "ativo", ends={1})]
    assert after_stop(rows, [claim(13.0)])
    assert not after_stop([*rows, decision(4, 13.0, "ativo", ends={2})], [claim(14.0)])


def test_a_pause_that_takes_the_place_of_another_stands_alone() -> None:
    rows = [decision(1, 10.0), decision(2, 11.0, scope={"estado": "RJ"}, ends={1})]
    assert not after_stop(rows, [claim(12.0)])
    assert after_stop(rows, [claim(12.0, estado="RJ")])


def test_a_pause_ends_at_its_time() -> None:
    paused = [decision(1, 10.0, until=15.0)]
    assert after_stop(paused, [claim(14.9)])
    assert not after_stop(paused, [claim(15.1)])


def test_a_later_pause_does_not_shorten_an_earlier_one() -> None:
    rows = [decision(1, 10.0), decision(2, 11.0, until=12.0)]
    assert after_stop(rows, [claim(13.0)])


def test_a_post_that_began_more_than_two_seconds_after_the_stop_is_late() -> None:
    in_time, late = claim(9.9, begun_after=2.0), claim(9.9, begun_after=2.2)
    assert begun_late(PAUSED_FROM_10_TO_20, [in_time, late]) == [late]


def test_a_post_that_began_after_the_resume_is_not_late() -> None:
    assert not begun_late(PAUSED_FROM_10_TO_20, [claim(9.9, begun_after=10.2)])


def test_a_claim_that_never_began_is_not_late() -> None:
    never = Claim("claim", 9.9, None, {})
    assert not begun_late(PAUSED_FROM_10_TO_20, [never])
