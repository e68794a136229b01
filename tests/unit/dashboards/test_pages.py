"""The pages: what Grafana takes, of metrics that exist, with runbooks that exist."""

import itertools
import json
import re
from pathlib import Path

import pytest
import yaml

from julia_dev.dashboards.__main__ import FOLDER
from julia_dev.dashboards.model import Dashboard, Panel, panels
from julia_dev.dashboards.pages import ALL
from julia_dev.dashboards.rendering import places, render
from julia_dev.dashboards.validation import wrong_with

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "julia"
PAGES = pytest.mark.parametrize("page", ALL, ids=lambda page: page.uid)
OF_OTHERS = re.compile(r"^(up|(process|python|container)_\w+)$")


def expressions(page: Dashboard) -> list[str]:
    return [query.expr for panel in panels(page) for query in panel.queries]


def metrics(expr: str) -> set[str]:
    return set(re.findall(r"\b(\w+)\{", expr))


def test_the_chart_holds_what_is_drawn_here_and_nothing_else():
    there = {path.name: path.read_text() for path in FOLDER.glob("*")}
    assert there == {f"{page.uid}.json": render(page) for page in ALL}


@PAGES
def test_grafana_takes_the_page(page: Dashboard):
    assert wrong_with(json.loads(render(page))) is None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"panels": [{"type": "graph"}]}, "$.panels[0]"),
        ({"surprise": True}, "$"),
        ({"refresh": 30}, "$.refresh"),
    ],
)
def test_what_grafana_does_not_know_is_refused(change: dict[str, object], where: str):
    wrong = wrong_with(json.loads(render(ALL[0])) | change)
    assert wrong is not None
    assert wrong.startswith(where)


@PAGES
def test_panels_stand_on_the_grid_and_none_upon_another(page: Dashboard):
    taken = [
        (x, y)
        for spot in places(page.rows)
        for x, y in itertools.product(
            range(spot.x, spot.x + spot.width), range(spot.y, spot.y + spot.height)
        )
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def test_pages_and_panels_are_told_apart():
    assert len({page.uid for page in ALL}) == len(ALL)
    for page in ALL:
        ids = [panel["id"] for panel in json.loads(render(page))["panels"]]
        assert len(ids) == len(set(ids))


@PAGES
def test_every_query_asks_for_metrics_that_a_service_exports(page: Dashboard):
    reference = (ROOT / "docs/reference/metrics.md").read_text()
    listed = set(re.findall(r"^\| `(julia_\w+)` \| (\w+)", reference, re.MULTILINE))
    exported = {name for name, _ in listed} | {
        f"{name}_{part}"
        for name, kind in listed
        if kind == "histogram"
        for part in ("bucket", "sum", "count")
    }
    for expr in expressions(page):
        assert metrics(expr), expr
        unknown = {name for name in metrics(expr) if not OF_OTHERS.match(name)} - exported
        assert not unknown, expr


@PAGES
def test_every_series_is_of_the_chosen_namespaces(page: Dashboard):
    for expr in expressions(page):
        selectors = re.findall(r"\w+\{([^}]*)\}", expr)
        assert all('namespace=~"$namespace"' in selector for selector in selectors), expr


def test_every_runbook_is_that_of_an_alert():
    alerts = {
        rule.get("alert")
        for path in (CHART / "files/monitoring/rules").glob("*.yaml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    }
    linked = {alert for page in ALL for panel in panels(page) for alert in panel.alerts}
    assert linked <= alerts
    assert {f"{alert}.md" for alert in linked} <= {
        path.name for path in (ROOT / "docs/runbooks").glob("*.md")
    }


def test_every_panel_says_what_it_means():
    told: list[Panel] = [panel for page in ALL for panel in panels(page)]
    assert all(panel.about.endswith(".") for panel in told)
