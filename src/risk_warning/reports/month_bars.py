"""Month bars as SVG text: the rows of each month as a low, wide picture, so that several below each other compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from risk_warning.reports.scale import GRID, INK, LEFT, RIGHT, WIDTH, Scale

_TOP, _PLOT, _FOOT = 30, 84, 24
_FILL, _LOW, _GAP = "#1f5a99", "#c96a00", "#b3261e"
_LEAST_APART = 66.0
"""Least distance between the texts of two months, pixels."""


@dataclass(frozen=True)
class MonthBar:
    """A month, its count, and what is odd about it: a low month, or a gap between months that have some."""

    name: str
    """YYYY-MM."""
    count: int
    mark: Literal["", "low", "gap"] = ""


def month_bars(title: str, bars: Sequence[MonthBar], unit: str) -> str:
    """Return an SVG without scripts or external resources; `unit` names what is counted.

    A low month is orange below a triangle, and a gap is a crossed red frame. Hovering over a month shows its count.
    """
    y = Scale.of_numbers(unit, float(max((bar.count for bar in bars), default=0)))
    named = escape(title)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {_TOP + _PLOT + _FOOT}" role="img" aria-label="{named}">\n<title>{named}</title>',
        f'<text x="{LEFT}" y="16" fill="{INK}" font-weight="600">{named}</text>',
        *_grid(y),
        *_texts([bar.name for bar in bars]),
    ]
    wide = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    parts += [_bar(bar, LEFT + wide * index, wide, y) for index, bar in enumerate(bars) if bar.count or bar.mark]
    return "\n".join((*parts, "</svg>"))


def month_ticks(names: Sequence[str], left: float, wide: float) -> Iterator[tuple[float, str]]:
    """Yield the x coordinate and text of the months that are named: Januaries if the months are many.

    `left` is the x coordinate of the first month and `wide` the width of each.
    """
    every = next((step for step in (1, 2, 3, 6) if step * wide >= _LEAST_APART), 12)
    years = -(-int(_LEAST_APART) // max(int(12 * wide), 1))
    for index, name in enumerate(names):
        year, month = int(name[:4]), int(name[5:])
        if every == 12:
            if month == 1 and year % years == 0:
                yield left + wide * index, name[:4]
        elif (month - 1) % every == 0:
            yield left + wide * index, name


def _grid(y: Scale) -> Iterator[str]:
    for tick, text in ((y.ticks[0], y.texts[0]), (y.ticks[-1], y.texts[-1])):
        at = _TOP + _PLOT * (1 - y.part(tick))
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:g}" y2="{at:g}" stroke="{INK if tick == 0 else GRID}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:g}" text-anchor="end">{escape(text)}</text>'


def _texts(names: Sequence[str]) -> Iterator[str]:
    foot = _TOP + _PLOT
    wide = (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    for x, text in month_ticks(names, LEFT, wide):
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{foot}" y2="{foot + 5}" stroke="{INK}"/>'
        yield f'<text x="{x + 2:.1f}" y="{foot + 18}">{text}</text>'


def _bar(bar: MonthBar, left: float, wide: float, y: Scale) -> str:
    foot, inner = _TOP + _PLOT, max(wide - 1.5, wide * 0.7)
    if bar.mark == "gap":
        right = left + inner
        return (
            f'<g stroke="{_GAP}" fill="none"><title>{bar.name}: none</title><rect x="{left:.1f}" y="{_TOP}" '
            f'width="{inner:.1f}" height="{_PLOT}" fill="#fbe9e7"/><path d="M{left:.1f} {_TOP} L{right:.1f} {foot} '
            f'M{right:.1f} {_TOP} L{left:.1f} {foot}"/></g>'
        )
    tall = max(_PLOT * y.part(bar.count), 0.8)
    rect = (
        f'<rect x="{left:.1f}" y="{foot - tall:.1f}" width="{inner:.1f}" height="{tall:.1f}" '
        f'fill="{_LOW if bar.mark else _FILL}"><title>{bar.name}: {bar.count:,}</title></rect>'
    )
    if not bar.mark:
        return rect
    # The mark above the bar is seen in greyscale too.
    middle, above = left + inner / 2, foot - tall - 4
    return f'{rect}<path d="M{middle - 4:.1f} {above - 7:.1f} h8 l-4 7 z" fill="{_LOW}"/>'
