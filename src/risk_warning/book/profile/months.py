"""Months of a table: which of them are worth a picture, and which look as if rows were missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from statistics import median

MOST_MONTHS = 120
"""The longest picture; a date mistyped by decades would squeeze the months that count."""
_STRAY_SHARE = 0.01
"""A month at an end with fewer rows than this share of the usual month is not drawn."""
_NEIGHBOURS = 3
_LOW_SHARE = 0.5
_LEAST_USUAL = 20
"""Fewer rows a month vary too much to call one of them low."""


def month_of(day: date) -> int:
    """Return the month of a day, counted from year 0.

    >>> month_of(date(2024, 1, 31)), month_name(month_of(date(2024, 1, 31)))
    (24288, '2024-01')
    """
    return day.year * 12 + day.month - 1


def month_name(month: int) -> str:
    """Return a month as YYYY-MM."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def drawn_months(rows: Mapping[int, int]) -> range:
    """Return the months to draw: from the first to the last that is not stray, at most `MOST_MONTHS`.

    >>> drawn_months({24288: 400, 24289: 500, 24290: 300, 25200: 1})
    range(24288, 24291)
    """
    if not rows:
        return range(0)
    least = _STRAY_SHARE * median(rows.values())
    kept = sorted(month for month, n in rows.items() if n >= least)
    if kept[-1] - kept[0] < MOST_MONTHS:
        return range(kept[0], kept[-1] + 1)
    _, end = max((rows_between(rows, range(end - MOST_MONTHS + 1, end + 1)), end) for end in kept)
    return range(next(month for month in kept if month > end - MOST_MONTHS), end + 1)


def rows_between(rows: Mapping[int, int], months: range) -> int:
    """Return the rows in the months of the range."""
    return sum(n for month, n in rows.items() if month in months)


def gaps(rows: Mapping[int, int], months: range) -> tuple[int, ...]:
    """Return the months without a row, between months that have some."""
    return tuple(month for month in months if not rows.get(month))


def low_months(rows: Mapping[int, int], months: range, *, ends_too: bool = True) -> tuple[int, ...]:
    """Return the months with fewer than half the rows that the three months on either side usually have.

    Without `ends_too`, the first and the last three months are not looked at: a table may begin and end by and by.

    >>> low_months({1: 100, 2: 110, 3: 40, 4: 100, 5: 90}, range(1, 6))
    (3,)
    """
    looked_at = months if ends_too else months[_NEIGHBOURS:-_NEIGHBOURS]
    return tuple(
        month
        for month in looked_at
        if (usual := _usual(rows, months, month)) and 0 < rows.get(month, 0) < _LOW_SHARE * usual
    )


def _usual(rows: Mapping[int, int], months: range, month: int) -> float | None:
    around = [
        rows.get(other, 0)
        for other in range(month - _NEIGHBOURS, month + _NEIGHBOURS + 1)
        if other != month and other in months
    ]
    usual = median(around) if around else 0
    return usual if usual >= _LEAST_USUAL else None


def in_words(months: Iterable[int], most: int = 6) -> str:
    """Return months as text: those that follow each other as one span; of many, the first few.

    >>> in_words([24288, 24289, 24290, 24300])
    '2024-01 to 2024-03, 2025-01'
    """
    spans: list[tuple[int, int]] = []
    for month in months:
        if spans and spans[-1][1] == month - 1:
            spans[-1] = spans[-1][0], month
        else:
            spans.append((month, month))
    texts = [month_name(a) if a == b else f"{month_name(a)} to {month_name(b)}" for a, b in spans]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
