"""The picture of the first page: well-formed, with every panel, in the panels' own units."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from julia_dev.alerting.panels import Shown, Span
from julia_dev.alerting.picture import drawn, shown_value
from julia_dev.alerting.prometheus import Series
from julia_dev.dashboards.model import Panel, panels
from julia_dev.dashboards.pages import sla

pytestmark = pytest.mark.unit

SPAN = Span(1_000.0, 1_060.0, 3.0)
WENT_UP = Series({"circuit": "claude", "etapa": "<envio>"}, ((1_000.0, 0.0), (1_030.0, 2.0)))
A_PANEL = Panel(title="t", about="a.", queries=())


def texts(picture: str) -> list[str]:
    page = ET.fromstring(picture)  # noqa: S314 - of our own making
    return [element.text for element in page.iter() if element.text]


def test_every_panel_is_there_and_what_it_shows_is_text():
    shown = [
        Shown(sla.PAGE, panel, tuple((query, (WENT_UP,)) for query in panel.queries))
        for panel in panels(sla.PAGE)
    ]
    found = texts(drawn(sla.PAGE, shown, SPAN))
    assert {panel.title for panel in panels(sla.PAGE)} <= set(found)
    assert "<envio>" in found
    assert {"fechado", "aberto"} <= set(found)


@pytest.mark.parametrize(
    ("unit", "decimals", "value", "words"),
    [
        ("percentunit", 2, 0.995, "99,50 %"),
        ("s", None, 1.234, "1,23 s"),
        ("s", None, 57.0, "57 s"),
        ("short", 0, 3.0, "3"),
        ("short", None, 2.0, "2"),
    ],
)
def test_values_are_written_as_brazilians_do(
    unit: str, decimals: int | None, value: float, words: str
):
    assert shown_value(value, replace(A_PANEL, unit=unit, decimals=decimals)) == words
