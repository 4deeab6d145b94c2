"""Interval chart as SVG text: rows of values with their intervals, against a mark such as "no difference"."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from risk_warning.reports.scale import GRID, INK, RIGHT, WIDTH

_COLOURS = ("#1c2733", "#1f5a99")
_LABELS, _ROW, _TOP, _FOOT = 250, 44, 46, 46
_MOST_TICKS = 8


@dataclass(frozen=True)
class ChartInterval:
    """A value and its interval, all in the axis's unit."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class IntervalRow:
    """One row of the chart: its label, and one interval per series, None if the series has none."""

    label: str
    intervals: tuple[ChartInterval | None, ...]


@dataclass(frozen=True)
class IntervalAxis:
    """The x axis, below the chart; values outside it are drawn at its end."""

    label: str
    ticks: tuple[float, ...]
    """Ascending; the first and last are the ends of the axis."""
    mark: float
    """The value that means no effect: 0 for a difference, 1 for a ratio."""
    is_log: bool = False

    @classmethod
    def around_zero(cls, label: str, values: Sequence[float]) -> IntervalAxis:
        """Return an axis of round numbers that contains zero and all the values."""
        low, high = min(0.0, *values), max(0.0, *values)
        span = (high - low) or 1.0
        step = 10.0 ** math.floor(math.log10(span / 4))
        step *= next(k for k in (1, 2, 5, 10) if span / (k * step) <= _MOST_TICKS - 2)
        first, last = math.floor(low / step), math.ceil(high / step)
        if first == last:
            first, last = -1, 1
        return cls(label, tuple(round(k * step, 10) for k in range(first, last + 1)), 0.0)

    @classmethod
    def of_ratios(cls, label: str) -> IntervalAxis:
        """Return a logarithmic axis of ratios from a quarter to four: equal factors are equally far apart."""
        return cls(label, (0.25, 0.5, 0.8, 1.0, 1.25, 2.0, 4.0), 1.0, is_log=True)

    def x(self, value: float) -> float:
        """Return the x coordinate of a value, pixels."""
        low, high = self._scaled(self.ticks[0]), self._scaled(self.ticks[-1])
        inside = self._scaled(min(max(value, self.ticks[0]), self.ticks[-1]))
        return round(_LABELS + (inside - low) / (high - low) * (WIDTH - _LABELS - RIGHT), 1)

    def holds(self, value: float) -> bool:
        """Whether the value lies within the ends of the axis."""
        return self.ticks[0] <= value <= self.ticks[-1]

    def number(self, tick: float) -> str:
        """Return a tick as text; the ticks of a difference all have as many decimals as the finest needs."""
        if self.is_log:
            return f"{tick:g}"
        decimals = max(len(f"{value:g}".partition(".")[2]) for value in self.ticks)
        return f"{tick:.{decimals}f}".replace("-", "−")

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.is_log else value


def interval_chart(title: str, series: Sequence[str], rows: Sequence[IntervalRow], axis: IntervalAxis) -> str:
    """Return an SVG of up to two series, without scripts or external resources.

    One series is drawn as dots, the other as squares, so that the chart is readable in greyscale too.
    """
    bottom = _TOP + _ROW * len(rows)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {bottom + _FOOT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        *_grid(axis, bottom),
        *_legend(series),
    ]
    for at, row in enumerate(rows):
        middle = _TOP + _ROW * at + _ROW / 2
        parts.append(
            f'<text x="{_LABELS - 18}" y="{middle + 4}" text-anchor="end" fill="{INK}">{escape(row.label)}</text>'
        )
        for index, interval in enumerate(row.intervals):
            if interval is not None:
                offset = 0.0 if len(row.intervals) == 1 else (-8.0, 8.0)[index]
                parts += _interval(axis, interval, middle + offset, index)
    return "\n".join((*parts, "</svg>"))


def _grid(axis: IntervalAxis, bottom: float) -> Iterator[str]:
    for tick in axis.ticks:
        x, is_mark = axis.x(tick), tick == axis.mark
        yield (
            f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{bottom}" stroke="{INK if is_mark else GRID}"'
            f' stroke-width="{1.5 if is_mark else 1}"/>'
        )
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{axis.number(tick)}</text>'
    middle = (_LABELS + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{bottom + 38}" text-anchor="middle">{escape(axis.label)}</text>'


def _legend(series: Sequence[str]) -> Iterator[str]:
    x = float(_LABELS)
    for index, name in enumerate(series):
        yield _dot(x + 6, 20, index)
        yield f'<text x="{x + 18}" y="24" fill="{INK}">{escape(name)}</text>'
        x += 44 + 7.2 * len(name)


def _interval(axis: IntervalAxis, interval: ChartInterval, y: float, index: int) -> Iterator[str]:
    low, high, colour = axis.x(interval.low), axis.x(interval.high), _COLOURS[index]
    yield f'<line x1="{low}" x2="{high}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
    for end, x in ((interval.low, low), (interval.high, high)):
        if axis.holds(end):
            yield f'<line x1="{x}" x2="{x}" y1="{y - 5}" y2="{y + 5}" stroke="{colour}" stroke-width="2"/>'
        else:
            step = 8 if end > axis.ticks[-1] else -8
            yield f'<path d="M{x} {y - 5} l{step} 5 l{-step} 5 z" fill="{colour}"/>'
    if axis.holds(interval.value):
        yield _dot(axis.x(interval.value), y, index)


def _dot(x: float, y: float, index: int) -> str:
    colour = _COLOURS[index]
    if index == 0:
        return f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>'
    return f'<rect x="{x - 5}" y="{y - 5}" width="10" height="10" fill="#ffffff" stroke="{colour}" stroke-width="2.5"/>'
