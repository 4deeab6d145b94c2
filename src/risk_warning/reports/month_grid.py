"""Month grid as SVG text: one row a name, one column a month, each cell shaded by a share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from risk_warning.reports.month_bars import month_ticks
from risk_warning.reports.scale import GRID, INK, RIGHT, WIDTH

_LABELS, _ROW, _TOP, _FOOT = 190, 20, 8, 26
_STEPS = 20
"""Shades that are told apart."""
_NOTHING = "#f2f5f8"


@dataclass(frozen=True)
class MonthShares:
    """A row of the grid: its name and the share of each month, 0 to 1; None where there is nothing to take it of."""

    name: str
    shares: tuple[float | None, ...]


def month_grid(title: str, months: Sequence[str], rows: Sequence[MonthShares]) -> str:
    """Return an SVG without scripts or external resources; `months` are named YYYY-MM.

    The darker a cell, the larger its share, which hovering shows; a month without a share is left white.
    """
    foot = _TOP + _ROW * len(rows)
    wide = (WIDTH - _LABELS - RIGHT) / max(len(months), 1)
    named = escape(title)
    parts = [f'<svg viewBox="0 0 {WIDTH} {foot + _FOOT}" role="img" aria-label="{named}">\n<title>{named}</title>']
    for index, row in enumerate(rows):
        top = _TOP + _ROW * index
        parts.append(
            f'<text x="{_LABELS - 10}" y="{top + 15}" text-anchor="end" fill="{INK}">{escape(_short(row.name))}</text>'
        )
        parts += _cells(row, months, top, wide)
    for x, text in month_ticks(months, _LABELS, wide):
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{foot + 5}" stroke="{GRID}"/>')
        parts.append(f'<text x="{x + 2:.1f}" y="{foot + 18}">{text}</text>')
    return "\n".join((*parts, "</svg>"))


def _cells(row: MonthShares, months: Sequence[str], top: int, wide: float) -> Iterator[str]:
    """Yield the cells of a row; months next to each other with one shade are one rectangle, to keep the page small."""
    steps = [None if share is None else _step(share) for share in row.shares]
    for step, positions in groupby(range(len(months)), key=lambda position: steps[position]):
        inside = list(positions)
        if step is None:
            continue
        span = months[inside[0]] if len(inside) == 1 else f"{months[inside[0]]} to {months[inside[-1]]}"
        shares = [share for position in inside if (share := row.shares[position]) is not None]
        low, high = f"{min(shares):.0%}", f"{max(shares):.0%}"
        share_range = low if low == high else f"{low} to {high}"
        fill = f'"{_NOTHING}"' if not step else f'"#1f5a99" fill-opacity="{0.1 + 0.9 * step / _STEPS:.2f}"'
        yield (
            f'<rect x="{_LABELS + wide * inside[0]:.1f}" y="{top + 1}" width="{wide * len(inside):.1f}" '
            f'height="{_ROW - 2}" fill={fill}><title>{escape(row.name)}, {span}: {share_range}</title></rect>'
        )


def _step(share: float) -> int:
    """Return the shade of a share; any share above 0 is seen, and only a whole one is darkest."""
    if share in (0.0, 1.0):
        return round(share * _STEPS)
    return min(max(round(share * _STEPS), 1), _STEPS - 1)


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
