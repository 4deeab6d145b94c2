"""The source of a book's tables: it lists their columns, then provides each as a relation with row numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from risk_warning.book.reading import INTEGERS
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError
from risk_warning.settings import KnownQuestion


@dataclass(frozen=True)
class Relation:
    """A table in the form in which a statement reads it."""

    sql: str
    """SQL that follows FROM."""
    types: Mapping[str, str]
    """Column → DuckDB type."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    row: str = "rowid + 1"
    """SQL of the row's number in its file, counted from 1 without header lines."""
    file: str = "NULL"
    """SQL of the file's name if the table has several files."""
    is_text: bool = False
    """All columns are text; which of them hold numbers must be detected."""
    is_copy: bool = False
    """The relation is a table created only for staging, to be dropped afterwards."""


_RECORDED = {
    "instalments": ("paid_on", "recorded_on"),
    "statements": ("statement_on", "recorded_on"),
    "events": ("occurred_at", "recorded_at"),
}
"""Table → (column that says when a row happened, and when it was recorded); a row is known from the later date."""
Days = tuple[NDArray[np.int32], NDArray[np.int64]]
"""(Days in ascending order, number of rows that became known on each.)"""


RECORDED = tuple(_RECORDED)
"""Tables whose rows become known day by day."""


def days_of(rows: Sequence[tuple[int, int]]) -> Days:
    """Return the days and counts from the result of a `sql_of_recorded_days` statement."""
    return np.array([day for day, _ in rows], np.int32), np.array([n for _, n in rows], np.int64)


class Source(ABC):
    """The tables of a book before they are staged."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.labels: dict[str, str] = {}
        """Table → its name in messages."""
        self.columns: dict[str, tuple[str, ...]] = {}
        self.also: tuple[str, ...] = ()
        """Names of other files or tables at the location."""
        self.prefix = ""
        """Start of a file's name that messages leave out."""
        self.only: str | int | None = None
        """If set, read only this borrower's rows; for sources that find them quickly by an index or zone maps."""

    is_mapped: bool = False
    """Whether a mapping says how the columns are read, so that nothing about their form is open."""

    def not_mentioned(self, table: str) -> tuple[str, ...]:
        """Return the columns of a mapped export that its mapping does not mention."""
        return ()

    @property
    def answers(self) -> Mapping[str, KnownQuestion]:
        """Answers to questions about the book that come with the source."""
        return {}

    @abstractmethod
    def relation(self, con: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str]) -> Relation:
        """Return the table's `wanted` columns as a relation for a statement of `con`."""

    def rows_of_only(self, table: str, loans: str, parameter: str) -> str:
        """Return the WHERE clause for the rows of `only`; `loans` is the SQL name of the table loans, if it exists."""
        if self.only is None:
            return ""
        if "loans" in self.columns and table in ("instalments", "statements"):
            own = "WHERE loan_id IN (SELECT loan_id FROM {loans} WHERE borrower_id = {parameter})"
            return statement(own, loans=loans, parameter=parameter)
        return f"WHERE borrower_id = {parameter}"

    def look_at(self, borrower_id: str | int, id_type: str) -> bool:
        """Set `only` to this id; return whether ids in a column of `id_type` can be equal to it."""
        self.only = str(borrower_id)
        if id_type.upper() in INTEGERS:
            try:
                self.only = int(borrower_id)
            except ValueError:
                return False
            # 007 and 7 are different borrowers.
            return str(self.only) == str(borrower_id) and abs(self.only) < 2**63
        return True

    @abstractmethod
    def narrow(self, con: duckdb.DuckDBPyConnection, borrower_id: str | int) -> bool:
        """Read only this borrower's rows from now on; return whether the book has this borrower.

        Raises
        ------
        SettingsError
            The source cannot find one borrower quickly.
        """

    @abstractmethod
    def recorded_days(self, con: duckdb.DuckDBPyConnection, today: date) -> dict[str, Days]:
        """Return table → days, none after `today`, on which its payments, statements or events became known."""

    def sql_of_recorded_days(
        self, table: str, place: str, day_of: Callable[[str, str], str | None], parameter: str
    ) -> str | None:
        """Return SQL of the days on which one table's rows became known, None if its columns do not give them.

        `day_of` returns SQL that reads a column as a day, None if the column cannot be read as one.
        """
        happened, recorded = _RECORDED[table]
        there = [name for name in (happened, recorded) if name in self.columns.get(table, ())]
        days = [day for name in there if (day := day_of(table, name)) is not None]
        if happened not in there or len(days) < len(there):
            return None
        return statement(
            "SELECT CAST(day - DATE '1970-01-01' AS INTEGER) AS day, count(*) AS n FROM "
            "(SELECT GREATEST({days}) AS day FROM {place} WHERE {happened} IS NOT NULL) AS known "
            "WHERE day <= {today} GROUP BY day ORDER BY day",
            days=", ".join(days) if len(days) > 1 else f"{days[0]}, {days[0]}",
            happened=days[0],
            place=place,
            today=parameter,
        )

    @abstractmethod
    def digest(self, con: duckdb.DuckDBPyConnection) -> str:
        """Return the sha256 (hex) of the content read."""

    def unreadable(self, table: str, error: Exception) -> BookError:
        """Return the error for a table that cannot be read.

        It leaves out DuckDB's message, which may contain a borrower's values.
        """
        return BookError(f"{self.labels[table]} in {self.name} cannot be read: the file is damaged; write it again.")

    def close(self) -> None:  # noqa: B027  (files need no closing)
        """Release the connection, if there is one."""


@contextmanager
def reading_errors(source: Source, table: str, memory_limit_mb: int) -> Iterator[None]:
    """Turn what DuckDB raises while a table is read into a `BookError` that names the table."""
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise source.unreadable(table, error) from None
    except duckdb.OutOfMemoryException:
        raise BookError(
            f"{source.labels[table]} needs more than the {memory_limit_mb} MB of memory it may use; raise "
            "book.memory_limit_mb, or free space for temporary files."
        ) from None


def materialised(con: duckdb.DuckDBPyConnection, table: str, relation: Relation, columns: str = "") -> Relation:
    """Return the relation as a table of its own, read once; rows stay in the order of the files.

    `columns` is the SQL of its columns; if empty, they are those of the relation.
    """
    names = columns or ", ".join(quoted(name, relation.types) for name in relation.types)
    con.execute("SET preserve_insertion_order = true")
    try:
        con.execute(
            statement(
                "CREATE OR REPLACE TABLE {raw} AS SELECT {names}, {row} AS row_in_file, {file} AS name_of_file "
                "FROM {source}",
                raw=f"raw_{table}",
                names=names,
                row=relation.row,
                file=relation.file,
                source=relation.sql,
            ),
            dict(relation.parameters),
        )
    finally:
        con.execute("SET preserve_insertion_order = false")
    return Relation(
        f"raw_{table}", relation.types, row="row_in_file", file="name_of_file", is_text=relation.is_text, is_copy=True
    )
