"""The sections of the page on the values of each table: numbers as bars, texts as levels, dates as months."""

from __future__ import annotations

import math
from collections.abc import Iterator

from risk_warning.book.finding import MAX_CATEGORY_VALUES
from risk_warning.book.profile.months import drawn_months, month_name
from risk_warning.book.profile.result import (
    FEWEST_BORROWERS,
    BookProfile,
    ColumnProfile,
    DateSpread,
    LevelSpread,
    NumberSpread,
    TableProfile,
)
from risk_warning.reports import Block, Figure, Folded, Gallery, Note, Section, SmallBar, Table, level_bars, small_bars

_MOST_LEVELS = 8
_MOST_LISTED = 40
_TOO_FEW = f"that fewer than {FEWEST_BORROWERS} borrowers share"


def spread_sections(profile: BookProfile) -> Iterator[Section]:
    """Yield a section for each table; the first says how to read them."""
    lead = _LEAD
    for table in profile.tables:
        figures = tuple(figure for column in table.columns if (figure := _figure(table, column)) is not None)
        blocks: list[Block] = [Gallery(figures)] if figures else []
        if rows := tuple(row for column in table.columns for row in _figures(table, column)):
            blocks.append(Folded("The same in figures", Table(("column", "value", "rows", "share"), rows)))
        blocks += _untold(table)
        if table.without_borrower:
            blocks.append(Note(f"{table.without_borrower:,} rows belong to no known borrower, and count for none."))
        if blocks:
            yield Section(f"Values of {table.name}", tuple(blocks), lead)
            lead = ""


_LEAD = (
    "Numbers are drawn between about the 1st and the 99th percentile, at round ends; what lies outside is counted. "
    f"Levels, bars and months {_TOO_FEW} are counted together."
)


def _figure(table: TableProfile, column: ColumnProfile) -> Figure | None:
    spread = column.spread
    if isinstance(spread, NumberSpread) and spread.bars:
        return _number(table, column, spread)
    if isinstance(spread, LevelSpread) and spread.levels:
        return _level(table, column, spread)
    if isinstance(spread, DateSpread) and spread.rows:
        return _date(table, column, spread)
    return None


def _number(table: TableProfile, column: ColumnProfile, spread: NumberSpread) -> Figure:
    width = spread.bars[0].high - spread.bars[0].low
    first, last = spread.bars[0].low, spread.bars[-1].high
    bars: list[SmallBar | None] = [None] * round((last - first) / width)
    for bar in spread.bars:
        bars[round((bar.low - first) / width)] = SmallBar(_range(bar.low, bar.high, spread), bar.values)
    ends = _range(first, first + width, spread), _range(last - width, last, spread)
    title = f"{column.name} of {table.name}, from {ends[0]} to {ends[1]}, {_middle(spread)}"
    outside = [
        f"{spread.below:,} below" if spread.below else "",
        f"{spread.above:,} above" if spread.above else "",
        f"{spread.too_few:,} in bars {_TOO_FEW}" if spread.too_few else "",
    ]
    sentence = ", ".join(part for part in outside if part)
    return Figure(small_bars(column.name, title, bars, ends), f"Not drawn: {sentence}." if sentence else "")


def _range(low: float, high: float, spread: NumberSpread) -> str:
    """Return a bar in words: the number alone if it can only be one."""
    width = high - low
    if spread.is_whole and round(width) == 1:
        return _text(low, 0)
    decimals = 0 if spread.is_whole else max(0, -math.floor(math.log10(width) + 1e-9))
    return f"{_text(low, decimals)} to {_text(high - 1 if spread.is_whole else high, decimals)}"


def _text(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", "−")


def _middle(spread: NumberSpread) -> str:
    """Return the bar with the middle value of those drawn, in words."""
    half, counted = sum(bar.values for bar in spread.bars) / 2, 0
    for bar in spread.bars:
        counted += bar.values
        if counted >= half:
            return f"the middle one in {_range(bar.low, bar.high, spread)}"
    raise AssertionError("the last bar has all the values")


def _level(table: TableProfile, column: ColumnProfile, spread: LevelSpread) -> Figure:
    leading = spread.levels[:_MOST_LEVELS]
    rest = spread.levels[_MOST_LEVELS:]
    other = len(rest) + spread.other_levels
    bars = [SmallBar(one.level, one.rows) for one in leading]
    if other:
        bars.append(SmallBar(_other(other), sum(one.rows for one in rest) + spread.other_rows))
    total = sum(bar.count for bar in bars)
    sentence = ", ".join(f"{bar.name} {bar.count / total:.0%}" for bar in bars)
    return Figure(level_bars(column.name, f"{column.name} of {table.name}: {sentence}", bars, total))


def _other(levels: int) -> str:
    return f"other, {levels:,} level{'s' if levels > 1 else ''}"


def _date(table: TableProfile, column: ColumnProfile, spread: DateSpread) -> Figure:
    drawn = range(min(spread.rows), max(spread.rows) + 1) if spread.is_by_year else drawn_months(spread.rows)
    names = [str(at) if spread.is_by_year else month_name(at) for at in drawn]
    bars = [SmallBar(name, n) if (n := spread.rows.get(at, 0)) else None for name, at in zip(names, drawn, strict=True)]
    often = max((bar for bar in bars if bar is not None), key=lambda bar: bar.count)
    title = f"{column.name} of {table.name}, from {names[0]} to {names[-1]}, most often {often.name}"
    unit = "years" if spread.is_by_year else "months"
    caption = f"Not drawn: {spread.too_few:,} in {unit} {_TOO_FEW}." if spread.too_few else ""
    return Figure(small_bars(column.name, title, bars, (names[0], names[-1])), caption)


def _figures(table: TableProfile, column: ColumnProfile) -> Iterator[tuple[str, str, str, str]]:
    """Yield (column, value, rows, share of the rows) of numbers and levels."""
    spread = column.spread
    parts: list[tuple[str, int]] = []
    if isinstance(spread, NumberSpread) and spread.bars:
        parts = [
            ("below", spread.below),
            *((_range(bar.low, bar.high, spread), bar.values) for bar in spread.bars),
            ("above", spread.above),
            (f"bars {_TOO_FEW}", spread.too_few),
        ]
    elif isinstance(spread, LevelSpread) and spread.levels:
        rest = spread.levels[_MOST_LISTED:]
        parts = [(one.level, one.rows) for one in spread.levels[:_MOST_LISTED]]
        other = spread.other_levels + len(rest)
        parts.append((_other(other), spread.other_rows + sum(one.rows for one in rest)))
    for value, rows in parts:
        if rows:
            yield column.name, value, f"{rows:,}", f"{rows / table.rows:.1%}"


def _untold(table: TableProfile) -> Iterator[Note]:
    """Yield which columns have values and no picture, and why."""
    without = [
        column
        for column in table.columns
        if column.empty + column.unusable < table.rows
        and not column.is_id
        and column.name != table.dated_by
        and _figure(table, column) is None
    ]
    many = [one.name for one in without if isinstance(one.spread, LevelSpread) and one.spread.has_too_many]
    few = [one.name for one in without if one.name not in many]
    if many:
        yield Note(f"More than {MAX_CATEGORY_VALUES:,} different values: {', '.join(many)}.")
    if few:
        yield Note(f"No value that {FEWEST_BORROWERS} borrowers share: {', '.join(few)}.")
