"""What a dashboard is made of, as far as ours go."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GREEN: Final = "green"
YELLOW: Final = "yellow"
RED: Final = "red"
BLUE: Final = "blue"


class Kind(StrEnum):
    """How a panel draws."""

    STAT = "stat"
    LINES = "timeseries"
    BARS = "bargauge"
    STATES = "state-timeline"
    TABLE = "table"


@dataclass(frozen=True)
class Query:
    """A PromQL expression; `legend` names its series (`{{label}}`)."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Step:
    """From this value on, this colour."""

    value: float
    color: str


@dataclass(frozen=True)
class Word:
    """What is shown instead of a value."""

    value: int
    text: str
    color: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture.

    Attributes:
        title: in Portuguese, as everything that managers read.
        about: what it means and what to do, shown at the panel's "i".
        queries: what it draws.
        kind: how.
        unit: Grafana's word for it (`s`, `percentunit`, `currencyUSD`, `short`, ...).
        decimals: so many are shown; as many as are needed, when not given.
        color: below the first step.
        steps: colours by value, rising.
        words: texts by value.
        stacked: lines are added up.
        width: of 24 columns.
        height: in Grafana's rows of 30 pixels.
        alerts: whose runbooks the panel links to.
    """

    title: str
    about: str
    queries: Sequence[Query]
    kind: Kind = Kind.LINES
    unit: str = "short"
    decimals: int | None = None
    color: str = GREEN
    steps: Sequence[Step] = ()
    words: Sequence[Word] = ()
    stacked: bool = False
    width: int = 8
    height: int = 8
    alerts: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Variable:
    """A choice at the top of the page, from the values of a label."""

    name: str
    label: str
    query: str
    """`label_values(metric, label)`."""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = ()
    """Besides those that every page has: data source and namespace."""
    since: str = "now-6h"


def panels(dashboard: Dashboard) -> list[Panel]:
    """Return all of its panels, in order."""
    return [panel for row in dashboard.rows for panel in row.panels]
