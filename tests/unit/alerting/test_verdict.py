"""A run of `make alerts` passes only when everything was told, in time, and seen."""

from dataclasses import replace

import pytest

from julia_dev.alerting.conditions import AFTERWARDS, AT_ONCE, IN_SILENCE
from julia_dev.alerting.panels import Shown, Span
from julia_dev.alerting.prometheus import Series
from julia_dev.alerting.verdict import Outcome, Verdict
from julia_dev.dashboards.model import panels
from julia_dev.dashboards.pages import ALL

pytestmark = pytest.mark.unit

SOME = (Series({}, ((0.0, 1.0),)),)
TOLD = [Outcome(one, 0.0, 30.0, 40.0, 160.0) for one in (*AT_ONCE, *AFTERWARDS, *IN_SILENCE)]
GOOD = Verdict(
    shortened_by=5,
    outcomes=TOLD,
    refused={},
    shown=[
        Shown(page, panel, tuple((query, SOME) for query in panel.queries))
        for page in ALL
        for panel in panels(page)
    ],
    empty_beside=[],
    still_firing=[],
)


def test_a_run_in_which_all_was_told_and_seen_misses_nothing():
    assert GOOD.missed() == []
    figures = GOOD.figures()
    assert figures["provoked"] == figures["delivered"] == figures["resolved"] == 6
    assert figures["slowest_s"] == 30.0


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (replace(GOOD, outcomes=TOLD[1:]), "5 conditions"),
        (replace(GOOD, outcomes=[*TOLD[1:], replace(TOLD[0], told_at=121.0)]), "slowest_s"),
        (replace(GOOD, outcomes=[*TOLD[1:], replace(TOLD[0], told_at=None)]), "did not reach"),
        (replace(GOOD, outcomes=[*TOLD[1:], replace(TOLD[0], ended_at=None)]), "not resolved"),
        (replace(GOOD, refused={"rate_limited": 1}), "rate_limited"),
        (replace(GOOD, shown=GOOD.shown[:29]), "29 panels"),
        (replace(GOOD, empty_beside=["Júlia: SLA: annotation Pausas"]), "annotation Pausas"),
    ],
)
def test_what_is_missing_is_named(verdict: Verdict, word: str):
    (missed,) = verdict.missed()
    assert word in missed


def test_a_panel_one_of_whose_queries_has_no_data_is_empty():
    first = next(one for one in GOOD.shown if len(one.series) > 1)
    query, _ = first.series[-1]
    broken = replace(first, series=(*first.series[:-1], (query, ())))
    verdict = replace(GOOD, shown=[broken if one is first else one for one in GOOD.shown])
    assert verdict.figures()["empty_panels"] == 1
    (missed,) = verdict.missed()
    assert query.expr in missed


def test_variables_are_filled_as_grafana_fills_them():
    span = Span(1_000.0, 1_300.0, 15.0)
    expr = 'rate(a{namespace=~"$namespace"}[$__rate_interval]) / increase(a[$__range])'
    assert span.filled(expr) == 'rate(a{namespace=~".*"}[60000ms]) / increase(a[300s])'
