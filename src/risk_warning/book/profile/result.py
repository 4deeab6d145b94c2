"""The profile of a book: counts only, and nothing that fewer than `FEWEST_BORROWERS` borrowers share.

A month is a whole number, counted from year 0 (`months.month_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FEWEST_BORROWERS = 5
"""A level, a bar or a month that fewer borrowers share is never told apart."""


@dataclass(frozen=True)
class ValueBar:
    """The number of values from `low` up to, but not including, `high`."""

    low: float
    high: float
    values: int


@dataclass(frozen=True)
class NumberSpread:
    """The values of a numeric column: bars between about the 1st and the 99th percentile, with round ends.

    At least `FEWEST_BORROWERS` borrowers have a value at or beyond each end, and each bar is shared by as many.
    """

    bars: tuple[ValueBar, ...]
    """Ascending and of one width; bars without values, or with too few borrowers, are left out."""
    below: int
    """Values below the ends of the bars."""
    above: int
    too_few: int
    """Values in bars that too few borrowers share."""
    is_whole: bool
    """Whether all values are whole numbers."""


@dataclass(frozen=True)
class LevelCount:
    """The number of rows that have one value of a text column."""

    level: str
    rows: int


@dataclass(frozen=True)
class LevelSpread:
    """The values of a text column, the most frequent first; the others are counted together."""

    levels: tuple[LevelCount, ...]
    other_levels: int
    other_rows: int
    has_too_many: bool = False
    """Whether the column has too many different values for a category; then no value is told."""


@dataclass(frozen=True)
class DateSpread:
    """The days of a date column, by month; by year if they span many."""

    rows: Mapping[int, int]
    """Month, or year, → rows, for those that enough borrowers share."""
    too_few: int
    """Rows in months or years that too few borrowers share."""
    is_by_year: bool


Spread = NumberSpread | LevelSpread | DateSpread


@dataclass(frozen=True)
class ColumnProfile:
    """The cells of one column."""

    name: str
    is_id: bool
    empty: int
    unusable: int
    """Cells with a value that cannot be read, or that is impossible."""
    empty_by_month: Mapping[int, int]
    """Month → empty cells; empty for a table without dates."""
    spread: Spread | None
    """None for ids, for the date of the table, and if fewer than `FEWEST_BORROWERS` borrowers have a value."""


@dataclass(frozen=True)
class TableProfile:
    """The rows of one table, good and bad."""

    name: str
    rows: int
    dated_by: str | None
    """The column with the date of a row; None if the table has none."""
    months: Mapping[int, int]
    """Month → rows; rows without a readable date are in no month."""
    payments: Mapping[int, int]
    """Month → rows paid in it; for instalments with `paid_on`."""
    columns: tuple[ColumnProfile, ...]
    absent: tuple[str, ...]
    """Columns of the contract that the table lacks."""
    without_borrower: int
    """Rows that belong to no known borrower; they count for no borrower where borrowers are counted."""


@dataclass(frozen=True)
class IdMatches:
    """How the ids of a table's rows match those of the table that they refer to."""

    table: str
    column: str
    of: str
    """The table referred to."""
    once: int
    """Rows whose id stands in one row there."""
    several: int
    none: int
    empty: int
    """Rows without a usable id."""

    @property
    def rows(self) -> int:
        """Number of rows of the table."""
        return self.once + self.several + self.none + self.empty


@dataclass(frozen=True)
class RowsPerId:
    """How many rows of a table belong to each id of another, or of its own."""

    of: str
    """The table of the ids."""
    table: str
    """The table of the rows."""
    none: int
    """Ids without a row."""
    once: int
    several: int

    @property
    def ids(self) -> int:
        """Number of different ids."""
        return self.none + self.once + self.several


@dataclass(frozen=True)
class UnreadTable:
    """A table that cannot be read."""

    name: str
    """Empty if the place itself cannot be read."""
    why: str


@dataclass(frozen=True)
class BookProfile:
    """What the tables of a book hold."""

    book: str
    """The book's name; empty if it cannot be opened."""
    tables: tuple[TableProfile, ...] = ()
    matches: tuple[IdMatches, ...] = ()
    rows_per_id: tuple[RowsPerId, ...] = ()
    unread: tuple[UnreadTable, ...] = ()
    absent: tuple[str, ...] = field(default=())
    """Tables of the contract that the book lacks."""
