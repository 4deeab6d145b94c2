"""How the values of a column of `profile_rows` spread, without telling those of fewer than five borrowers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import duckdb

from risk_warning.book.profile.months import drawn_months
from risk_warning.book.profile.narrow import NarrowColumn, NarrowTable
from risk_warning.book.profile.result import (
    FEWEST_BORROWERS,
    DateSpread,
    LevelCount,
    LevelSpread,
    NumberSpread,
    Spread,
    ValueBar,
)
from risk_warning.book.sql import statement

_MOST_BARS = 30
_MOST_MONTHS = 60
"""Dates over more months are counted by year."""
_TAIL_SHARE = 0.01
_NOISE = 1e-9
"""Keeps 0.3 in the bar that begins at 0.3."""


def spreads_of(con: duckdb.DuckDBPyConnection, table: NarrowTable) -> Mapping[str, Spread]:
    """Return column → spread of its values, for the columns that enough borrowers have a value of."""
    ends = _ends(con, table)
    spreads: dict[str, Spread] = {}
    for i, column in enumerate(table.columns):
        spread: Spread | None = None
        if column.name in ends:
            spread = _numbers(con, i, *ends[column.name])
        elif column.holds == "level":
            spread = _levels(con, i, column)
        elif column.holds == "date" and column.name != table.dated_by:
            spread = _dates(con, i)
        if spread is not None:
            spreads[column.name] = spread
    return spreads


def _ends(con: duckdb.DuckDBPyConnection, table: NarrowTable) -> dict[str, tuple[float, float]]:
    """Return numeric column → two values; enough borrowers have one at or below the first, or at or above the second.

    A column of which too few borrowers have a value has no entry.
    """
    numeric = [(i, column.name) for i, column in enumerate(table.columns) if column.holds == "number"]
    if not numeric:
        return {}
    of_borrowers = ", ".join(f"min(c{i}) AS low{i}, max(c{i}) AS high{i}" for i, _ in numeric)
    outermost = ", ".join(f"min(low{i}, {FEWEST_BORROWERS}), max(high{i}, {FEWEST_BORROWERS})" for i, _ in numeric)
    con.execute(
        statement(
            "SELECT {outermost} FROM (SELECT {of_borrowers} FROM profile_rows WHERE owner IS NOT NULL GROUP BY owner)",
            outermost=outermost,
            of_borrowers=of_borrowers,
        )
    )
    row = con.fetchall()[0]
    return {
        name: (max(lowest), min(highest))
        for (_, name), lowest, highest in zip(numeric, row[::2], row[1::2], strict=True)
        if lowest is not None and len(lowest) == FEWEST_BORROWERS
    }


def _numbers(con: duckdb.DuckDBPyConnection, i: int, lowest: float, highest: float) -> NumberSpread | None:
    """Return the spread of a numeric column; None if its ends leave nothing between them."""
    first, last, is_whole = _percentiles(con, i)
    low, high = max(first, lowest), min(last, highest)
    if low > high:
        return None
    width = _width(low, high, is_whole)
    start, end = math.floor(low / width + _NOISE), math.floor(high / width + _NOISE)
    rows = _counted(
        con,
        statement("CAST(least(greatest(floor({c} / $width + $noise), $start - 1), $end + 1) AS BIGINT)", c=f"c{i}"),
        i,
        {"width": width, "noise": _NOISE, "start": start, "end": end},
    )
    inside = [(bar, n, borrowers) for bar, n, borrowers in rows if start <= bar <= end]
    return NumberSpread(
        bars=tuple(
            ValueBar(_edge(bar, width), _edge(bar + 1, width), n)
            for bar, n, borrowers in inside
            if borrowers >= FEWEST_BORROWERS
        ),
        below=sum(n for bar, n, _ in rows if bar < start),
        above=sum(n for bar, n, _ in rows if bar > end),
        too_few=sum(n for _, n, borrowers in inside if borrowers < FEWEST_BORROWERS),
        is_whole=is_whole,
    )


def _percentiles(con: duckdb.DuckDBPyConnection, i: int) -> tuple[float, float, bool]:
    """Return the 1st and 99th percentile to three significant digits, and whether all values are whole numbers.

    Counting rounded values takes the memory of a few thousand groups, whatever the number of rows, and gives the same
    answer every time; quantile functions either keep all values or depend on the order of the rows.
    """
    con.execute(
        statement(
            "SELECT rounded, count(*), bool_and(is_whole) FROM (SELECT CASE WHEN {c} <> 0 THEN "
            "pow(10, floor(log10(abs({c}))) - 2) END AS digit, CASE WHEN {c} = 0 OR digit = 0 THEN 0 ELSE "
            "round({c} / digit) * digit END AS rounded, "
            "{c} = trunc({c}) AS is_whole FROM (SELECT {c} FROM profile_rows WHERE {c} IS NOT NULL)) "
            "GROUP BY rounded ORDER BY rounded",
            c=f"c{i}",
        )
    )
    rows = con.fetchall()
    total = sum(n for _, n, _ in rows)
    first = last = rows[-1][0]
    counted, has_first = 0, False
    for value, n, _ in rows:
        counted += n
        if not has_first and counted > _TAIL_SHARE * total:
            first, has_first = value, True
        if counted >= (1 - _TAIL_SHARE) * total:
            last = value
            break
    return first, last, all(is_whole for _, _, is_whole in rows)


def _width(low: float, high: float, is_whole: bool) -> float:
    """Return 1, 2 or 5 times a power of ten, so that at most about `_MOST_BARS` bars lie between the ends.

    >>> _width(0, 42, True), _width(0.05, 0.24, False), _width(0, 9000, True)
    (2.0, 0.01, 500.0)
    """
    span = high - low or abs(high) or 1.0
    least = span / _MOST_BARS
    power = 10.0 ** math.floor(math.log10(least))
    width = round(next(k * power for k in (1, 2, 5, 10) if k * power >= least * (1 - _NOISE)), 12) or power
    return max(width, 1.0) if is_whole else width


def _edge(bar: int, width: float) -> float:
    return round(bar * width, 10)


def _levels(con: duckdb.DuckDBPyConnection, i: int, column: NarrowColumn) -> LevelSpread | None:
    if column.has_too_many_levels:
        return LevelSpread((), 0, 0, has_too_many=True)
    rows = _counted(con, f"c{i}", i, {})
    if not rows:
        return None
    common = [LevelCount(column.levels[level], n) for level, n, borrowers in rows if borrowers >= FEWEST_BORROWERS]
    return LevelSpread(
        levels=tuple(sorted(common, key=lambda one: (-one.rows, one.level))),
        other_levels=len(rows) - len(common),
        other_rows=sum(n for _, n, borrowers in rows if borrowers < FEWEST_BORROWERS),
    )


def _dates(con: duckdb.DuckDBPyConnection, i: int) -> DateSpread | None:
    rows = _counted(con, f"c{i}", i, {})
    if not rows:
        return None
    if is_by_year := len(drawn_months({month: n for month, n, _ in rows})) > _MOST_MONTHS:
        rows = _counted(con, f"c{i} // 12", i, {})
    return DateSpread(
        rows={month: n for month, n, borrowers in rows if borrowers >= FEWEST_BORROWERS},
        too_few=sum(n for _, n, borrowers in rows if borrowers < FEWEST_BORROWERS),
        is_by_year=is_by_year,
    )


def _counted(
    con: duckdb.DuckDBPyConnection, group: str, i: int, parameters: Mapping[str, float]
) -> Sequence[tuple[int, int, int]]:
    """Return (group, rows, borrowers) of the rows with a value in column i, ascending; `group` is SQL."""
    con.execute(
        statement(
            "SELECT {group} AS part, count(*), count(DISTINCT owner) FROM profile_rows WHERE {c} IS NOT NULL "
            "GROUP BY part ORDER BY part",
            group=group,
            c=f"c{i}",
        ),
        dict(parameters),
    )
    return con.fetchall()
