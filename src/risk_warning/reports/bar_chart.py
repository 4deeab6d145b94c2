"""Bar chart as SVG text: groups of bars side by side, each bar with its value and, if it has one, its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from risk_warning.reports.frame import PLOT, grid, height, label_across, legend_places, opening, plot_top
from risk_warning.reports.scale import INK, LEFT, RIGHT, WIDTH, Scale

_FILLS = ("#1f5a99", "#9dbddd", "#e4ebf2", "#5d6b7a")
"""Dark, medium, light, and dark again; all bars are outlined, so that neighbours differ in greyscale print too."""
_WIDEST = 64.0


@dataclass(frozen=True)
class Bar:
    """A value in the axis's unit, the text written above the bar, and its interval."""

    value: float
    text: str
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class BarGroup:
    """Bars drawn side by side above one name, one per series; None if a series has no bar here."""

    name: str
    bars: tuple[Bar | None, ...]


def bar_chart(title: str, series: Sequence[str], groups: Sequence[BarGroup], label: str, y: Scale) -> str:
    """Return an SVG of up to four series, without scripts or external resources.

    `label` names what the groups are; `y` starts at 0.
    """
    legend = series if len(series) > 1 else ()
    top = plot_top(legend)
    parts = [opening(title, top), *grid(y, top), label_across(label, top)]
    wide = (WIDTH - LEFT - RIGHT) / len(groups)
    thick = min(_WIDEST, wide * 0.8 / len(series))
    for index, group in enumerate(groups):
        middle = LEFT + wide * (index + 0.5)
        parts.append(f'<text x="{middle:.1f}" y="{top + PLOT + 20:g}" text-anchor="middle">{escape(group.name)}</text>')
        first = middle - thick * len(series) / 2
        for position, bar in enumerate(group.bars):
            if bar is not None:
                parts += _bar(bar, first + thick * position, thick, y, top, position)
    for position, (left, at) in enumerate(legend_places(legend)):
        parts.append(
            f'<rect x="{left:g}" y="{at - 7:g}" width="22" height="14" fill="{_FILLS[position]}" stroke="{INK}"/>'
        )
        parts.append(f'<text x="{left + 30:g}" y="{at + 4:g}" fill="{INK}">{escape(series[position])}</text>')
    return "\n".join((*parts, "</svg>"))


def _bar(bar: Bar, left: float, thick: float, y: Scale, top: float, position: int) -> Iterator[str]:
    foot, head = height(y, y.ticks[0], top), height(y, bar.value, top)
    yield (
        f'<rect x="{left + 2:.1f}" y="{head}" width="{thick - 4:.1f}" height="{foot - head:.1f}"'
        f' fill="{_FILLS[position]}" stroke="{INK}" stroke-width="0.75"/>'
    )
    above, middle = head, left + thick / 2
    if bar.interval is not None:
        low, above = height(y, bar.interval[0], top), height(y, bar.interval[1], top)
        # A white stroke below the ink keeps the interval visible inside a dark bar.
        for stroke, width in (("#ffffff", 4), (INK, 1.5)):
            yield (
                f'<path d="M{middle - 5:.1f} {above} h10 M{middle - 5:.1f} {low} h10 M{middle:.1f} {above} V{low}"'
                f' fill="none" stroke="{stroke}" stroke-width="{width}"/>'
            )
    yield f'<text x="{middle:.1f}" y="{above - 6:.1f}" text-anchor="middle" fill="{INK}">{escape(bar.text)}</text>'
