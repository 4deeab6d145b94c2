"""Line chart as SVG text: one line per series, with a band for its interval if it has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from risk_warning.reports.frame import PLOT, grid, height, label_across, legend_places, opening, plot_top
from risk_warning.reports.scale import INK, Scale, across

_COLOURS = ("#1c2733", "#1f6fb8", "#c96a00", "#3d7a3d", "#8a4fa3", "#7a5c3a", "#0f7d83", "#a3364b")
_DASHES = ("", "7 4", "2 3", "10 3 2 3")
_MARKS = ("circle", "square", "triangle", "diamond")
MOST_LINES = len(_COLOURS)
"""Number of lines that can be distinguished, in greyscale too: by mark, filled or hollow, and by dash."""


@dataclass(frozen=True)
class Line:
    """A named line: (x, y) points from left to right, in the units of the axes."""

    name: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float], ...] = ()
    """(low, high) at each point; empty if no interval is drawn."""


def line_chart(title: str, lines: Sequence[Line], x: Scale, y: Scale) -> str:
    """Return an SVG of up to `MOST_LINES` lines, without scripts or external resources.

    The lines can be distinguished without colour too.
    """
    names = [line.name for line in lines]
    top = plot_top(names)
    parts = [opening(title, top), *grid(y, top), *_texts_across(x, top), label_across(x.label, top)]
    places = [tuple((across(x, at), height(y, value, top)) for at, value in line.points) for line in lines]
    for index, line in enumerate(lines):
        if line.band:
            parts.append(_band(line, x, y, top, _COLOURS[index]))
    for index, place in enumerate(places):
        parts += _drawn(index, place)
    for index, (left, middle) in enumerate(legend_places(names)):
        parts += _drawn(index, ((left, middle), (left + 14, middle), (left + 28, middle)), marked=(1,))
        parts.append(f'<text x="{left + 36:g}" y="{middle + 4:g}" fill="{INK}">{escape(names[index])}</text>')
    return "\n".join((*parts, "</svg>"))


def _texts_across(x: Scale, top: float) -> Iterator[str]:
    for tick, text in zip(x.ticks, x.texts, strict=True):
        if text:
            yield f'<text x="{across(x, tick)}" y="{top + PLOT + 20:g}" text-anchor="middle">{escape(text)}</text>'


def _band(line: Line, x: Scale, y: Scale, top: float, colour: str) -> str:
    at = [across(x, point[0]) for point in line.points]
    low = [f"{left},{height(y, ends[0], top)}" for left, ends in zip(at, line.band, strict=True)]
    high = [f"{left},{height(y, ends[1], top)}" for left, ends in zip(at, line.band, strict=True)]
    return f'<polygon points="{" ".join((*high, *low[::-1]))}" fill="{colour}" fill-opacity="0.14"/>'


def _drawn(index: int, places: Sequence[tuple[float, float]], marked: Sequence[int] | None = None) -> Iterator[str]:
    """Yield a line through the places and its marks, on all places or on those at the positions in `marked`."""
    colour, dash = _COLOURS[index], _DASHES[index % len(_DASHES)]
    points = " ".join(f"{left:g},{middle:g}" for left, middle in places)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    if len(places) > 1:
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
    fill = colour if index < len(_MARKS) else "#ffffff"
    for place in places if marked is None else [places[position] for position in marked]:
        yield _mark(_MARKS[index % len(_MARKS)], *place, f'fill="{fill}" stroke="{colour}" stroke-width="1.5"')


def _mark(kind: str, x: float, y: float, paint: str) -> str:
    if kind == "circle":
        return f'<circle cx="{x:g}" cy="{y:g}" r="3.5" {paint}/>'
    if kind == "square":
        return f'<rect x="{x - 3.5:g}" y="{y - 3.5:g}" width="7" height="7" {paint}/>'
    if kind == "triangle":
        return f'<path d="M{x:g} {y - 4.5:g} l4.5 8 h-9 z" {paint}/>'
    return f'<path d="M{x:g} {y - 5:g} l5 5 l-5 5 l-5 -5 z" {paint}/>'
