"""Grafana's JSON of a dashboard."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from julia_dev.dashboards.model import (
    Dashboard,
    Kind,
    Panel,
    Query,
    Row,
    Step,
    Variable,
    Word,
)

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
RUNBOOKS: Final = "${runbooks}"
"""Where the runbooks are: a constant of each dashboard, which the chart fills."""
RUNBOOKS_URL: Final = "https://docs.example.com/julia/runbooks"
"""What stands there until then."""

_TAG: Final = "julia"
_COLUMNS: Final = 24
_SCHEMA_VERSION: Final = 42
_NAMESPACE: Final = Variable("namespace", "Namespace", "label_values(julia_build_info, namespace)")

_PAUSES: Final = 'max by (namespace) (julia_pausada{namespace=~"$namespace"}) > 0'
_DEPLOYMENTS: Final = (
    'count by (service, version) (julia_build_info{namespace=~"$namespace"})'
    " unless on (service, version)"
    ' (count by (service, version) (julia_build_info{namespace=~"$namespace"} offset 2m))'
)


def render(dashboard: Dashboard) -> str:
    """Return it as the file that Grafana's sidecar loads."""
    return json.dumps(_page(dashboard), indent=2, ensure_ascii=False) + "\n"


def _page(dashboard: Dashboard) -> dict[str, Any]:
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": [_TAG],
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "schemaVersion": _SCHEMA_VERSION,
        "time": {"from": dashboard.since, "to": "now"},
        "links": [_siblings()],
        "templating": {"list": list(_variables(dashboard.variables))},
        "annotations": {"list": list(_annotations())},
        "panels": list(_laid_out(dashboard.rows)),
    }


def _siblings() -> dict[str, Any]:
    return {
        "title": "Painéis da Júlia",
        "type": "dashboards",
        "tags": [_TAG],
        "asDropdown": True,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }


def _variables(own: Sequence[Variable]) -> Iterator[dict[str, Any]]:
    yield {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
    }
    for variable in (_NAMESPACE, *own):
        yield {
            "name": variable.name,
            "label": variable.label,
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": variable.query, "refId": variable.name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
            "hide": 0,
        }
    yield {
        "name": "runbooks",
        "type": "constant",
        "query": RUNBOOKS_URL,
        "current": {"text": RUNBOOKS_URL, "value": RUNBOOKS_URL},
        "hide": 2,
    }


def _annotations() -> Iterator[dict[str, Any]]:
    yield _annotation("Pausas", _PAUSES, "orange", "Júlia pausada", "{{namespace}}")
    yield _annotation(
        "Implantações", _DEPLOYMENTS, "blue", "Versão no ar", "{{service}} {{version}}"
    )


def _annotation(name: str, expr: str, color: str, title: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "iconColor": color,
        "expr": expr,
        "step": "60s",
        "titleFormat": title,
        "textFormat": text,
    }


@dataclass(frozen=True)
class Spot:
    """Where a row's heading or a panel stands, in columns and rows."""

    what: Row | Panel
    x: int
    y: int
    width: int
    height: int


def places(rows: Sequence[Row]) -> Iterator[Spot]:
    """Put the panels of each row side by side, and go on below where one does not fit."""
    y = 0
    for row in rows:
        yield Spot(row, 0, y, _COLUMNS, 1)
        y, x, deepest = y + 1, 0, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                y, x, deepest = y + deepest, 0, 0
            yield Spot(panel, x, y, panel.width, panel.height)
            x, deepest = x + panel.width, max(deepest, panel.height)
        y += deepest


def _laid_out(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for number, spot in enumerate(places(rows), 1):
        place = {"x": spot.x, "y": spot.y, "w": spot.width, "h": spot.height}
        if isinstance(spot.what, Panel):
            yield _panel(spot.what, number, place)
        else:
            yield _heading(spot.what, number, place)


def _heading(row: Row, number: int, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "row",
        "title": row.title,
        "collapsed": False,
        "gridPos": place,
        "panels": [],
    }


def _panel(panel: Panel, number: int, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": str(panel.kind),
        "title": panel.title,
        "description": panel.about,
        "gridPos": place,
        "datasource": SOURCE,
        "targets": [_target(panel.kind, n, query) for n, query in enumerate(panel.queries)],
        "links": [
            {
                "title": f"Runbook: {alert}",
                "type": "link",
                "url": f"{RUNBOOKS}/{alert}.md",
                "targetBlank": True,
                "asDropdown": False,
                "icon": "doc",
                "includeVars": False,
                "keepTime": False,
                "tags": [],
                "tooltip": "",
            }
            for alert in panel.alerts
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
    }


def _target(kind: Kind, number: int, query: Query) -> dict[str, Any]:
    at_once = kind in (Kind.BARS, Kind.TABLE)
    return {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "format": "table" if kind is Kind.TABLE else "time_series",
        "instant": at_once,
        "range": not at_once,
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "color": {"mode": "palette-classic" if panel.kind is Kind.LINES else "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": None, "color": panel.color}, *map(_step, panel.steps)],
        },
        "mappings": _mappings(panel.words),
    }
    if panel.decimals is not None:
        defaults["decimals"] = panel.decimals
    if panel.kind is Kind.LINES:
        defaults["custom"] = {
            "fillOpacity": 30 if panel.stacked else 8,
            "lineWidth": 1,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
        }
    elif panel.kind is Kind.STATES:
        defaults["custom"] = {"fillOpacity": 80, "lineWidth": 0}
    return defaults


def _step(step: Step) -> dict[str, Any]:
    return {"value": step.value, "color": step.color}


def _mappings(words: Sequence[Word]) -> list[dict[str, Any]]:
    options = {
        str(word.value): {"text": word.text, "color": word.color, "index": n}
        for n, word in enumerate(words)
    }
    return [{"type": "value", "options": options}] if options else []


_LEGEND: Final = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
_LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}

_OPTIONS: Final[Mapping[Kind, dict[str, Any]]] = {
    Kind.STAT: {
        "reduceOptions": _LAST,
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "wideLayout": True,
    },
    Kind.LINES: {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    Kind.BARS: {
        "reduceOptions": _LAST,
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "auto",
        "sizing": "auto",
    },
    Kind.STATES: {
        "legend": _LEGEND,
        "tooltip": {"mode": "single", "sort": "none"},
        "mergeValues": True,
        "rowHeight": 0.8,
        "showValue": "auto",
        "alignValue": "left",
    },
    Kind.TABLE: {"showHeader": True, "cellHeight": "sm"},
}
