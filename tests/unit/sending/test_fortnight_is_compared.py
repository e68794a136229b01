"""What differs from the plan must be found: the comparison is shown each kind of difference."""

from dataclasses import replace
from datetime import UTC, timedelta

from julia_dev.sending import fortnight_plan as plan
from julia_dev.sending.fortnight import _too_close, _unlike, _unlike_november, _unlike_reports
from julia_dev.sending.phones import Arrival

NUMBER_OF = {doctor.name: doctor for doctor in (*plan.DOCTORS, plan.HUGO)}


def as_planned() -> list[Arrival]:
    """Everything that must be heard, sends of one number a minute apart."""
    return [
        Arrival(
            heard.since + timedelta(minutes=n % 6),
            0.0,
            NUMBER_OF[heard.doctor].instance,
            NUMBER_OF[heard.doctor].number,
            f"Oi! {heard.words}.",
        )
        for n, heard in enumerate(plan.EVERYTHING_HEARD)
    ]


def reports_as_planned() -> dict:
    return {
        (report.kind, report.scheduled_at.astimezone(UTC)): report.metrics | {"more": 1}
        for report in plan.REPORTS
    }


def test_what_was_worked_out_is_found_right():
    arrived = tuple(as_planned())
    assert _unlike(plan.EVERYTHING_HEARD, arrived) == []
    assert _unlike_november(arrived) == []
    assert _unlike_reports(reports_as_planned()) == []


def test_a_message_that_is_missing_is_named():
    found = _unlike(plan.EVERYTHING_HEARD, tuple(as_planned()[1:]))
    assert found == ["Ana did not hear “plantões de anestesiologia” at 14/04 09:00"]


def test_a_message_that_comes_twice_is_named():
    arrived = as_planned()
    found = _unlike(plan.EVERYTHING_HEARD, (*arrived, arrived[0]))
    assert found == ["Ana heard “Oi! plantões de anestesiologia.” at 14/04 09:00:00"]


def test_a_message_on_another_day_is_named_twice():
    first, *others = as_planned()
    late = replace(first, at=first.at + timedelta(days=1))
    assert len(_unlike(plan.EVERYTHING_HEARD, (late, *others))) == 2


def test_sends_of_one_number_that_follow_too_soon_are_named():
    first = as_planned()[0]
    second = replace(first, at=first.at + plan.SPACING - timedelta(seconds=1))
    assert len(_too_close((first, second))) == 1
    assert _too_close((first, replace(first, at=first.at + plan.SPACING))) == []


def test_a_clock_that_knows_summer_time_is_found_in_november():
    arrived = [
        replace(arrival, at=arrival.at - timedelta(hours=1))
        if arrival.number == plan.HUGO.number
        else arrival
        for arrival in as_planned()
    ]
    assert _unlike_november(tuple(arrived)) == [
        "in November Hugo heard us in the hours ['10:00'] UTC"
    ]


def test_a_report_that_counts_wrong_or_is_missing_is_named():
    kept = reports_as_planned()
    first, second, *_ = kept
    kept[first] = kept[first] | {"enviadas": 99}
    del kept[second]
    found = _unlike_reports(kept)
    assert len(found) == 2
    assert "enviadas is 99, not 6" in found[0]
    assert "is missing" in found[1]
