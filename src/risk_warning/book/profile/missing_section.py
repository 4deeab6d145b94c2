"""The section of the page on what is missing where, and what is lost by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from risk_warning.book.check import FamilyReport
from risk_warning.book.profile.loss import NOTHING, means_a_state, where_empty, without_column, without_table
from risk_warning.book.profile.months import drawn_months, in_words, month_name
from risk_warning.book.profile.result import BookProfile, ColumnProfile, TableProfile
from risk_warning.reports import Block, Figure, Folded, Listing, MonthShares, Note, Section, Table, month_grid
from risk_warning.reports.numbers import count_of

_JUMP = 0.4
"""A month is named if its share of empty cells lies so far above that of the quarter of months with the fewest."""


def missing_section(profile: BookProfile, families: Sequence[FamilyReport]) -> Section:
    """Return the section; `families` is what the book supports, empty if that is not known."""
    blocks: list[Block] = []
    if profile.absent and profile.tables:
        blocks.append(
            Listing(
                ("table not in the book", "without it"), tuple((name, without_table(name)) for name in profile.absent)
            )
        )
    for table in profile.tables:
        blocks += _of_table(table)
    if families:
        rows = tuple((one.family, one.count, one.needs) for one in families)
        blocks.append(Listing(("what the book supports", "features", "needs"), rows, frozenset({1})))
    return Section(
        "What is missing where",
        tuple(blocks),
        "Empty cells by column, and by month: the darker, the larger the share of empty cells. An unusable cell has a "
        "value that cannot be read, or that is impossible.",
    )


def _of_table(table: TableProfile) -> Iterator[Block]:
    missing = [column for column in table.columns if column.empty or column.unusable]
    absent = [(name, lost) for name in table.absent if (lost := without_column(table.name, name)) != NOTHING]
    rows = [
        (
            column.name,
            _share(column.empty, table.rows),
            _share(column.unusable, table.rows),
            f"empty means: {where_empty(table.name, column.name)}",
        )
        for column in missing
    ]
    rows += [(name, "not there", "–", f"without it: {lost}") for name, lost in absent]
    if rows:
        yield Listing((f"column of {table.name}", "empty", "unusable", "what it means"), tuple(rows), frozenset({1, 2}))
    yield from _by_month(table, [column for column in missing if column.empty])
    full = [column.name for column in table.columns if not (column.empty or column.unusable)]
    if full and table.rows:
        yield Note(f"Never empty in {table.name}: {', '.join(full)}.")


def _by_month(table: TableProfile, columns: Sequence[ColumnProfile]) -> Iterator[Block]:
    months = drawn_months(table.months)
    if not months or not columns:
        return
    rows = [MonthShares(column.name, _shares(table, column, months)) for column in columns]
    caption = f"Empty cells of {table.name} by month of {table.dated_by}."
    names = [month_name(month) for month in months]
    grid = month_grid(caption.rstrip("."), names, rows)
    jumps = [_jumps(row, months) for row in rows if not means_a_state(table.name, row.name)]
    yield Figure(grid, " ".join((caption, *(jump for jump in jumps if jump))))
    yield Folded(
        "The same in figures",
        Table(
            ("month", *(column.name for column in columns)),
            tuple((name, *(_percent(row.shares[at]) for row in rows)) for at, name in enumerate(names)),
        ),
    )


def _shares(table: TableProfile, column: ColumnProfile, months: range) -> tuple[float | None, ...]:
    return tuple(
        column.empty_by_month.get(month, 0) / rows if (rows := table.months.get(month, 0)) else None for month in months
    )


def _jumps(row: MonthShares, months: range) -> str:
    """Return the months in which far more cells are empty than in others, in words; empty text if there are none."""
    shares = sorted(share for share in row.shares if share is not None)
    usual = shares[len(shares) // 4]
    high = [
        month for month, share in zip(months, row.shares, strict=True) if share is not None and share > usual + _JUMP
    ]
    return f"{row.name} is far emptier in {in_words(high)} than in other months." if high else ""


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _share(n: int, of: int) -> str:
    return count_of(n, of) if n else "0"
