"""A page of figures, lines and states as a picture (SVG), drawn from what its queries returned."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from julia_dev.alerting.panels import Shown, Span
from julia_dev.alerting.prometheus import Series
from julia_dev.dashboards.model import Dashboard, Kind, Panel, Query
from julia_dev.dashboards.rendering import places

_COLUMN: Final = 44
_ROW: Final = 26
_GAP: Final = 8
_HEADING: Final = 64
_PALETTE: Final = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff")
_NAMED: Final = {
    "green": "#73bf69",
    "yellow": "#f2cc0c",
    "red": "#f2495c",
    "blue": "#5794f2",
    "dark-red": "#c4162a",
    "text": "#3b3f46",
}
_INK, _DIM, _PAPER, _BOX, _LINE = "#d8d9da", "#8e8e93", "#111217", "#181b1f", "#2c3235"
_SMALL, _LARGE = 11, 30


def drawn(page: Dashboard, shown: Sequence[Shown], span: Span) -> str:
    """Return the page as an SVG document."""
    spots = list(places(page.rows))
    width = 24 * _COLUMN + 2 * _GAP
    bottom = max(spot.y + spot.height for spot in spots)
    height = _HEADING + bottom * _ROW + _GAP
    by_panel = {id(one.panel): one for one in shown}
    body: list[str] = []
    for spot in spots:
        x, y = _GAP + spot.x * _COLUMN, _HEADING + spot.y * _ROW
        box = (x, y, spot.width * _COLUMN - _GAP, spot.height * _ROW - _GAP)
        if isinstance(spot.what, Panel):
            body += _panel(by_panel[id(spot.what)], box, span)
        else:
            body.append(_text(x, y + 18, spot.what.title, size=14, weight=600))
    since, until = (datetime.fromtimestamp(at, UTC) for at in (span.start, span.end))
    seconds = round(span.end - span.start)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" font-family="Helvetica, Arial, sans-serif">',
            f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>',
            _text(_GAP, 26, page.title, size=18, weight=600),
            _text(
                _GAP,
                46,
                f"make alerts, {since:%Y-%m-%d %H:%M:%S} a {until:%H:%M:%S} UTC ({seconds} s)",
                color=_DIM,
            ),
            *body,
            "</svg>\n",
        )
    )


_Box = tuple[float, float, float, float]


def _panel(one: Shown, box: _Box, span: Span) -> Iterator[str]:
    x, y, width, height = box
    yield (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2"'
        f' fill="{_BOX}" stroke="{_LINE}"/>'
    )
    yield _text(x + 8, y + 17, one.panel.title, size=12, weight=500)
    inside = (x + 8, y + 26, width - 16, height - 34)
    named = [(_name(query, series), series) for query, found in one.series for series in found]
    match one.panel.kind:
        case Kind.STAT:
            yield from _stat(one.panel, named, inside)
        case Kind.STATES:
            yield from _states(one.panel, named, inside, span)
        case _:
            yield from _lines(one.panel, named, inside, span)


def _stat(panel: Panel, named: Sequence[tuple[str, Series]], box: _Box) -> Iterator[str]:
    x, y, width, height = box
    share = width / max(1, len(named))
    for n, (_, series) in enumerate(named):
        value = series.points[-1][1]
        yield _text(
            x + share * (n + 0.5),
            y + height / 2 + _LARGE / 3,
            shown_value(value, panel),
            size=_LARGE,
            weight=500,
            color=_color(panel, value),
            anchor="middle",
        )


def _states(
    panel: Panel, named: Sequence[tuple[str, Series]], box: _Box, span: Span
) -> Iterator[str]:
    x, y, width, height = box
    label = 110
    lane = height / max(1, len(named))
    words = {word.value: word for word in panel.words}
    for n, (name, series) in enumerate(named):
        top = y + n * lane
        yield _text(x + label - 8, top + lane / 2 + 4, name, color=_DIM, anchor="end")
        for start, end, value in _stretches(series, span):
            left, right = (
                x + label + (width - label) * (at - span.start) / (span.end - span.start)
                for at in (start, end)
            )
            word = words.get(round(value))
            color = _NAMED[word.color] if word else _color(panel, value)
            yield (
                f'<rect x="{left:.1f}" y="{top + 2:.1f}" width="{max(1.0, right - left):.1f}"'
                f' height="{lane - 4:.1f}" fill="{color}" fill-opacity="0.8"/>'
            )
            if word and right - left > 7 * len(word.text):
                ink = _DIM if word.color == "text" else _PAPER
                yield _text(left + 4, top + lane / 2 + 4, word.text, color=ink)


def _stretches(series: Series, span: Span) -> Iterator[tuple[float, float, float]]:
    """Yield begin, end and value of each stretch in which the value stays the same."""
    since, value = series.points[0]
    for at, next_value in series.points[1:]:
        if next_value != value:
            yield since, at, value
            since, value = at, next_value
    yield since, span.end, value


def _lines(
    panel: Panel, named: Sequence[tuple[str, Series]], box: _Box, span: Span
) -> Iterator[str]:
    x, y, width, height = box
    left, legend = 52, 20
    plot = (x + left, y + 4, width - left, height - legend - 18)
    top = max((value for _, series in named for _, value in series.points), default=0.0) or 1.0
    for n in range(3):
        level = plot[1] + plot[3] * n / 2
        yield f'<path d="M{plot[0]} {level:.1f}h{plot[2]}" stroke="{_LINE}"/>'
        yield _text(
            plot[0] - 6, level + 4, shown_value(top * (2 - n) / 2, panel), color=_DIM, anchor="end"
        )
    for step in panel.steps:
        if step.value <= top:
            level = plot[1] + plot[3] * (1 - step.value / top)
            yield (
                f'<path d="M{plot[0]} {level:.1f}h{plot[2]}" stroke="{_NAMED[step.color]}"'
                ' stroke-dasharray="6 4"/>'
            )
    for moment in (span.start, span.end):
        at = plot[0] + plot[2] * (moment - span.start) / (span.end - span.start)
        shown = f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S}"
        anchor = "start" if moment == span.start else "end"
        yield _text(at, plot[1] + plot[3] + 14, shown, color=_DIM, anchor=anchor)
    for (_, series), color in zip(named, _colors(), strict=False):
        path = _path(series, plot, top, span)
        yield f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
    yield from _legend([name for name, _ in named], x, y + height - 4, width)


def _path(series: Series, plot: _Box, top: float, span: Span) -> str:
    x, y, width, height = plot
    step = span.scrape_s * 4
    parts, before = [], -math.inf
    for at, value in series.points:
        move = "M" if at - before > max(step, 20) else "L"
        left = x + width * (at - span.start) / (span.end - span.start)
        parts.append(f"{move}{left:.1f} {y + height * (1 - value / top):.1f}")
        before = at
    return "".join(parts)


def _legend(names: Sequence[str], x: float, y: float, width: float) -> Iterator[str]:
    at = x
    for name, color in zip(names, _colors(), strict=False):
        needed = 20 + 6.2 * len(name)
        if at + needed > x + width:
            yield _text(at, y, "…", color=_DIM)
            return
        yield f'<rect x="{at:.1f}" y="{y - 6}" width="10" height="3" fill="{color}"/>'
        yield _text(at + 14, y, name, color=_DIM)
        at += needed


def _colors() -> Iterable[str]:
    while True:
        yield from _PALETTE


def _name(query: Query, series: Series) -> str:
    name = query.legend
    for label, value in series.labels.items():
        name = name.replace("{{" + label + "}}", value)
    return name or ", ".join(series.labels.values())


def _color(panel: Panel, value: float) -> str:
    color = panel.color
    for step in panel.steps:
        if value >= step.value:
            color = step.color
    return _NAMED[color]


def shown_value(value: float, panel: Panel) -> str:
    """Return a value as Brazilians write it, with the panel's unit."""
    scale, unit = {"percentunit": (100.0, " %"), "s": (1.0, " s")}.get(panel.unit, (1.0, ""))
    scaled = value * scale
    exact = abs(scaled) < 10 and not scaled.is_integer()  # noqa: PLR2004 - three digits are enough
    decimals = panel.decimals if panel.decimals is not None else (2 if exact else 0)
    return f"{scaled:.{decimals}f}".replace(".", ",") + unit


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = _SMALL,
    weight: int = 400,
    color: str = _INK,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{color}"'
        f' text-anchor="{anchor}">{escape(words)}</text>'
    )
