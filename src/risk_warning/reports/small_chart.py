"""Small charts as SVG text, for a gallery of many: upright bars along an axis, and lying bars of named levels."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from risk_warning.reports.scale import GRID, INK

_WIDTH, _SIDE = 310, 6
_TOP, _PLOT, _FOOT = 26, 80, 22
_LABELS, _ROW = 138, 20
_TOWERS, _CUT_ABOVE = 4, 1.6
_FILL = "#1f5a99"
_LONGEST = 17
"""Letters of a level's name that fit; a Chinese character takes the room of two."""


@dataclass(frozen=True)
class SmallBar:
    """A bar: its name, which hovering shows, and its count."""

    name: str
    count: int


def small_bars(heading: str, title: str, bars: Sequence[SmallBar | None], ends: tuple[str, str]) -> str:
    """Return an SVG of adjoining bars of one width; None leaves a place empty. A bar that towers over the others
    is cut, with its share beside it.

    `title` says in words what the picture shows, `ends` are the texts at the two ends of the axis.
    """
    foot, inside = _TOP + _PLOT, _WIDTH - 2 * _SIDE
    parts = [*_opening(heading, title, foot + _FOOT)]
    parts.append(f'<line x1="{_SIDE}" x2="{_WIDTH - _SIDE}" y1="{foot}" y2="{foot}" stroke="{INK}"/>')
    counts = sorted((bar.count for bar in bars if bar is not None), reverse=True) or [1]
    # One bar that towers over the others would leave nothing of them; it is cut, and its share is written beside it.
    is_cut = len(counts) > 2 and counts[0] > _TOWERS * counts[1]
    most = counts[1] * _CUT_ABOVE if is_cut else counts[0]
    wide = inside / max(len(bars), 1)
    for index, bar in enumerate(bars):
        if bar is not None:
            tall = min(max(_PLOT * bar.count / most, 0.8), _PLOT)
            parts.append(
                f'<rect x="{_SIDE + wide * index:.1f}" y="{foot - tall:.1f}" width="{max(wide - 1, wide * 0.8):.1f}" '
                f'height="{tall:.1f}" fill="{_FILL}"><title>{escape(bar.name)}: {bar.count:,}</title></rect>'
            )
            if bar.count > most:
                parts += _cut(f"{bar.count / sum(counts):.0%}", _SIDE + wide * index, wide)
    for x, anchor, text in ((_SIDE, "start", ends[0]), (_WIDTH - _SIDE, "end", ends[1])):
        parts.append(f'<text x="{x}" y="{foot + 17}" text-anchor="{anchor}">{escape(text)}</text>')
    return "\n".join((*parts, "</svg>"))


def _cut(share: str, left: float, wide: float) -> tuple[str, str]:
    """Return a white cut through the head of a bar, and its share beside it."""
    x, anchor = (left - 4, "end") if left > _WIDTH / 2 else (left + wide + 4, "start")
    return (
        f'<path d="M{left - 2:.1f} {_TOP + 14} l{wide + 3:.1f} -6" stroke="#ffffff" stroke-width="4"/>',
        f'<text x="{x:.1f}" y="{_TOP + 12}" text-anchor="{anchor}" fill="{INK}">{share}</text>',
    )


def level_bars(heading: str, title: str, bars: Sequence[SmallBar], total: int) -> str:
    """Return an SVG of lying bars, each with its name and its share of `total`."""
    parts = [*_opening(heading, title, _TOP + _ROW * len(bars) + 4)]
    most, room = max((bar.count for bar in bars), default=1), _WIDTH - _LABELS - 60
    for index, bar in enumerate(bars):
        top, long = _TOP + _ROW * index, max(room * bar.count / most, 0.8)
        name = escape(bar.name)
        parts.append(
            f'<text x="{_LABELS - 8}" y="{top + 14}" text-anchor="end" fill="{INK}">{escape(_short(bar.name))}</text>'
            f'<rect x="{_LABELS}" y="{top + 3}" width="{long:.1f}" height="{_ROW - 6}" fill="{_FILL}">'
            f"<title>{name}: {bar.count:,}</title></rect>"
            f'<text x="{_LABELS + long + 5:.1f}" y="{top + 14}">{bar.count / max(total, 1):.1%}</text>'
        )
    return "\n".join((*parts, "</svg>"))


def _opening(heading: str, title: str, tall: float) -> tuple[str, ...]:
    named = escape(title)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {tall:g}" role="img" aria-label="{named}">\n<title>{named}</title>',
        f'<text x="{_SIDE}" y="15" fill="{INK}" font-weight="600">{escape(heading)}</text>',
        f'<line x1="{_SIDE}" x2="{_WIDTH - _SIDE}" y1="21" y2="21" stroke="{GRID}"/>',
    )


def _short(name: str) -> str:
    """Return as much of a name as fits."""
    room = 0
    for index, letter in enumerate(name):
        room += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room > _LONGEST:
            return f"{name[:index]}…"
    return name
