"""Frame of a chart as SVG text: the opening tag with the title, the y axis with its grid, and the legend's layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from risk_warning.reports.scale import BOTTOM, GRID, INK, LEFT, RIGHT, ROW, WIDTH, Scale

PLOT = 260
"""Height of the plot area, pixels."""
_LETTER = 7.6
"""Mean width of a letter in the legend, pixels; slightly generous, except for CJK text."""


def opening(title: str, top: float) -> str:
    """Return the start of an SVG whose plot area begins at `top`; screen readers read out the title."""
    named = escape(title)
    return (
        f'<svg viewBox="0 0 {WIDTH} {top + PLOT + BOTTOM:g}" role="img" aria-label="{named}">\n<title>{named}</title>'
    )


def grid(up: Scale, top: float) -> Iterator[str]:
    """Yield the grid lines of the y axis, the text of each tick, and the axis label above them."""
    yield f'<text x="{LEFT - 58}" y="{top - 14}" fill="{INK}">{escape(up.label)}</text>'
    for tick, text in zip(up.ticks, up.texts, strict=True):
        y = height(up, tick, top)
        stroke = INK if tick == up.ticks[0] else GRID
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{stroke}"/>'
        yield f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(text)}</text>'


def height(up: Scale, value: float, top: float) -> float:
    """Return the y coordinate of a value on the y axis, pixels from the top."""
    return round(top + PLOT * (1 - up.part(value)), 1)


def label_across(label: str, top: float) -> str:
    """Return the label below the chart."""
    x = (LEFT + WIDTH - RIGHT) / 2
    return f'<text x="{x:g}" y="{top + PLOT + 44:g}" text-anchor="middle" fill="{INK}">{escape(label)}</text>'


def legend_places(names: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """Return the (x, y) of each name's sample in the legend; a name that does not fit starts a new row."""
    places: list[tuple[float, float]] = []
    x, y = float(LEFT), 14.0
    for name in names:
        wide = 52 + _LETTER * len(name)
        if places and x + wide > WIDTH - RIGHT:
            x, y = float(LEFT), y + ROW
        places.append((round(x, 1), y))
        x += wide
    return tuple(places)


def plot_top(names: Sequence[str]) -> float:
    """Return the top of the plot area, below the legend, pixels from the top."""
    return legend_places(names)[-1][1] + 50 if names else 36.0
