"""The section of the page on the tables by month: a gap, a half month, a table that stops early."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from risk_warning.book.profile.months import drawn_months, gaps, in_words, low_months, month_name, rows_between
from risk_warning.book.profile.result import BookProfile, TableProfile
from risk_warning.reports import Block, Figure, Folded, MonthBar, Note, Section, Table, month_bars

_ONCE = ("borrowers", "loans")
"""Tables with a row for each thing rather than for each month of it; each is drawn on an axis of its own."""
_MONTHS_AHEAD = 6
"""Months of a schedule that are drawn beyond the newest row of the other tables."""


@dataclass(frozen=True)
class _Series:
    """The rows of a table by the month of one of its dates."""

    table: str
    column: str
    rows: Mapping[int, int]
    undated: int
    """Rows without a month."""
    is_ahead: bool
    """Whether the date may lie in the future."""

    @property
    def name(self) -> str:
        return f"{self.table} by {self.column}"

    @property
    def months(self) -> range:
        return drawn_months(self.rows)

    @property
    def low(self) -> tuple[int, ...]:
        is_even = self.table not in _ONCE and not self.is_ahead
        return low_months(self.rows, self.months, ends_too=is_even)


def months_section(profile: BookProfile) -> Section:
    """Return the section; the tables that grow month by month share one axis."""
    series = [one for table in profile.tables for one in _series_of(table) if one.rows]
    flowing = [one.months for one in series if one.table not in _ONCE]
    past = [one.months.stop - 1 for one in series if not one.is_ahead and one.table not in _ONCE]
    newest = max(past) if past else None
    last = max((months.stop for months in flowing), default=0)
    # A schedule goes years ahead, and would squeeze what has happened.
    last = last if newest is None else min(last, newest + 1 + _MONTHS_AHEAD)
    shared = range(min((months.start for months in flowing), default=0), last)
    blocks: list[Block] = []
    for one in series:
        axis = one.months if one.table in _ONCE else shared
        title = f"{one.name}: {sum(one.rows.values()):,} rows"
        blocks.append(Figure(month_bars(title, _bars(one, axis), "rows"), " ".join(_remarks(one, axis, newest))))
    undated = [table.name for table in profile.tables if not table.months]
    if undated:
        blocks.append(Note(f"Without a date that can be read: {', '.join(undated)}."))
    if series:
        blocks.append(Folded("The same in figures", _figures(series)))
    return Section(
        "Tables by month",
        tuple(blocks),
        "Rows of each table by the month of its date. A crossed red frame is a month without rows, an orange bar below "
        "a triangle has fewer than half the rows of the months around it.",
    )


def _series_of(table: TableProfile) -> Iterator[_Series]:
    dated = sum(table.months.values())
    if table.dated_by is not None:
        yield _Series(table.name, table.dated_by, table.months, table.rows - dated, table.dated_by == "due_on")
    if table.payments:
        yield _Series(table.name, "paid_on", table.payments, 0, False)


def _bars(series: _Series, axis: range) -> list[MonthBar]:
    empty, low = gaps(series.rows, series.months), series.low
    return [
        MonthBar(
            month_name(month),
            series.rows.get(month, 0),
            "gap" if month in empty else "low" if month in low else "",
        )
        for month in axis
    ]


def _remarks(series: _Series, axis: range, newest: int | None) -> Iterator[str]:
    months = series.months
    if empty := gaps(series.rows, months):
        yield f"No rows in {in_words(empty)}."
    if series.low:
        yield f"Few rows in {in_words(series.low)}."
    if newest is not None and not series.is_ahead and series.table not in _ONCE and months.stop - 1 < newest:
        yield f"Ends with {month_name(months.stop - 1)}, while other tables go on to {month_name(newest)}."
    before = rows_between(series.rows, range(axis.start))
    after = sum(series.rows.values()) - before - rows_between(series.rows, axis)
    if before:
        yield f"{before:,} rows lie before {month_name(axis.start)}."
    ahead = rows_between(series.rows, range(axis.stop, months.stop))
    if ahead:
        yield f"{ahead:,} rows follow until {month_name(months.stop - 1)}."
    if after > ahead:
        yield f"{after - ahead:,} rows lie after {month_name(max(axis.stop, months.stop) - 1)}."
    if series.undated:
        yield f"{series.undated:,} rows have no date that can be read."


def _figures(series: Sequence[_Series]) -> Table:
    months = sorted({month for one in series for month in one.months})
    return Table(
        ("month", *(one.name for one in series)),
        tuple((month_name(month), *(f"{one.rows.get(month, 0):,}" for one in series)) for month in months),
    )
