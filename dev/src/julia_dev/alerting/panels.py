"""Every query of every page, asked as Grafana would ask it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from julia_dev.alerting import recording
from julia_dev.alerting.prometheus import Prometheus, Series
from julia_dev.dashboards.model import Dashboard, Kind, Panel, Query, panels

_STEP_S: Final = 5.0
_LABEL_VALUES: Final = re.compile(r"label_values\((\w+), (\w+)\)")


@dataclass(frozen=True)
class Span:
    """The time that is shown; `scrape_s`: seconds between two scrapes."""

    start: float
    end: float
    scrape_s: float

    def filled(self, expr: str) -> str:
        """Return the expression with the variables' values: those of "All", and Grafana's own."""
        rate_s = max(_STEP_S + self.scrape_s, 4 * self.scrape_s)
        for name, value in (
            ("$__rate_interval", f"{round(rate_s * 1000)}ms"),
            ("$__range", f"{round(self.end - self.start)}s"),
        ):
            expr = expr.replace(name, value)
        return re.sub(r"\$\w+", ".*", expr)


@dataclass(frozen=True)
class Shown:
    """What a panel shows: the series of each of its queries."""

    page: Dashboard
    panel: Panel
    series: tuple[tuple[Query, tuple[Series, ...]], ...]

    def recorded(self) -> bool:
        """Tell whether it shows what was recorded elsewhere."""
        return any(recording.speaks_of(query.expr) for query, _ in self.series)

    def empty(self) -> list[str]:
        """Return the expressions that have no data."""
        return [query.expr for query, found in self.series if not found]


async def shown(prometheus: Prometheus, pages: Sequence[Dashboard], span: Span) -> list[Shown]:
    """Ask all queries of all panels."""
    return [
        Shown(
            page,
            panel,
            tuple(
                [
                    (query, tuple(await _ask(prometheus, panel.kind, query, span)))
                    for query in panel.queries
                ]
            ),
        )
        for page in pages
        for panel in panels(page)
    ]


async def empty_beside(
    prometheus: Prometheus, rendered: Sequence[dict[str, Any]], span: Span
) -> list[str]:
    """Return the variables and annotations of rendered pages that have no data."""
    return [what for page in rendered for what in await _empty_of(prometheus, page, span)]


async def _empty_of(prometheus: Prometheus, page: dict[str, Any], span: Span) -> list[str]:
    empty = []
    for name, metric, label in _choices(page):
        if not await prometheus.label_values(label, metric):
            empty.append(f"{page['title']}: variable {name}")
    for annotation in page["annotations"]["list"]:
        expr = span.filled(annotation["expr"])
        if not await prometheus.between(expr, span.start, span.end, _STEP_S):
            empty.append(f"{page['title']}: annotation {annotation['name']}")
    return empty


def _choices(page: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Return name, metric and label of each variable that is filled from a label's values."""
    for variable in page["templating"]["list"]:
        if variable["type"] == "query":
            found = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            assert found is not None, variable  # noqa: S101 - the only kind that we write
            yield variable["name"], found[1], found[2]


async def _ask(prometheus: Prometheus, kind: Kind, query: Query, span: Span) -> list[Series]:
    expr = span.filled(query.expr)
    if kind in (Kind.BARS, Kind.TABLE):
        return await prometheus.at(expr, span.end)
    return await prometheus.between(expr, span.start, span.end, _STEP_S)
