"""The histogram as SVG text: adjoining bars, each with its own fill, and one marked value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from risk_warning.reports.frame import PLOT, grid, height, label_across, legend_places, opening, plot_top
from risk_warning.reports.scale import INK, Scale, across


@dataclass(frozen=True)
class Bin:
    """The values from `low` up to `high`: how many, and the series that gives the bar its fill."""

    low: float
    high: float
    count: int
    series: str


def histogram(
    title: str, bins: Sequence[Bin], x: Scale, y: Scale, *, fills: dict[str, str], mark: tuple[float, str]
) -> str:
    """Return an SVG; `fills` is series → colour in the order of the legend, `mark` a value of the x axis and its name.

    The y axis starts at 0. Hovering over a bar shows its range and count.
    """
    series = tuple(fills)
    top = plot_top(series)
    parts = [opening(title, top), *grid(y, top), label_across(x.label, top)]
    foot = height(y, y.ticks[0], top)
    for one in bins:
        left, right, head = across(x, one.low), across(x, one.high), height(y, one.count, top)
        parts.append(
            f'<rect x="{left:g}" y="{head}" width="{max(right - left - 1, 0.5):.1f}" height="{foot - head:.1f}"'
            f' fill="{fills[one.series]}"><title>{one.low:.0f}–{one.high:.0f}: {one.count:,}</title></rect>'
        )
    for tick, text in zip(x.ticks, x.texts, strict=True):
        parts.append(
            f'<text x="{across(x, tick):g}" y="{top + PLOT + 20:g}" text-anchor="middle">{escape(text)}</text>'
        )
    value, name = mark
    at = across(x, value)
    parts.append(f'<line x1="{at:g}" x2="{at:g}" y1="{top - 6:g}" y2="{foot}" stroke="{INK}" stroke-dasharray="4 4"/>')
    parts.append(f'<text x="{at - 6:g}" y="{top + 4:g}" text-anchor="end" fill="{INK}">{escape(name)}</text>')
    for name, (left, baseline) in zip(series, legend_places(series), strict=True):
        parts.append(f'<rect x="{left:g}" y="{baseline - 7:g}" width="22" height="14" fill="{fills[name]}"/>')
        parts.append(f'<text x="{left + 30:g}" y="{baseline + 4:g}" fill="{INK}">{escape(name)}</text>')
    return "\n".join((*parts, "</svg>"))
