"""Sources of a book's tables: a folder of Parquet or CSV files, or a DuckDB file.

A source lists its columns, then provides each table to a statement as a relation with row numbers.
"""

from __future__ import annotations

import csv
import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from risk_warning.book.reading import INTEGERS
from risk_warning.book.schema import TABLES
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError, SettingsError


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


class FolderSource(Source):
    """A folder: `NAME.parquet`, `NAME.csv`, or `NAME/` of Parquet files, Hive partitions allowed."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        super().__init__(str(folder))
        self._folder = folder
        self.prefix = f"{folder}/"
        self._files: dict[str, list[Path]] = {}
        self._types: dict[str, dict[str, str]] = {}
        self.also = tuple(sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")))
        for table in TABLES:
            self._find(con, table)

    def _find(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
        places = [self._folder / f"{table}.parquet", self._folder / f"{table}.csv", self._folder / table]
        existing = [place for place in places if place.exists()]
        if not existing:
            return
        if len(existing) > 1:
            raise BookError(f"{self.name} holds both {existing[0].name} and {existing[1].name}; keep one of them.")
        place = existing[0]
        self.labels[table] = place.name
        files = [place]
        if place.is_dir():
            self.labels[table] = f"{place.name}/"
            inside = sorted(place.rglob("*.parquet"))
            files = [f for f in inside if not any(p.startswith((".", "_")) for p in f.relative_to(place).parts)]
            if not files:
                raise BookError(f"{place} has no .parquet file; write the table {table} there or remove the folder.")
        self._files[table] = files
        if place.suffix == ".csv":
            self._types[table] = dict.fromkeys(_header(place), "VARCHAR")
        else:
            try:
                con.execute(
                    statement("DESCRIBE SELECT * FROM {files}", files=self._parquet(table)),
                    {"files": [str(f) for f in files]},
                )
            except duckdb.Error as error:
                raise self.unreadable(table, error) from None
            self._types[table] = {row[0]: row[1] for row in con.fetchall()}
        self.columns[table] = tuple(self._types[table])

    def _parquet(self, table: str) -> str:
        parted = len(self._files[table]) > 1 or self._files[table][0].parent != self._folder
        return f"read_parquet($files, union_by_name = true, hive_partitioning = {str(parted).lower()})"

    def relation(self, con: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str]) -> Relation:
        files = self._files[table]
        types = {name: self._types[table][name] for name in wanted}
        if files[0].suffix == ".csv":
            return self._load_csv(con, table, files[0], types)
        return Relation(
            self._parquet(table),
            types,
            {"files": [str(f) for f in files]},
            row="file_row_number + 1",
            file="filename" if self.labels[table].endswith("/") else "NULL",
        )

    def _load_csv(self, con: duckdb.DuckDBPyConnection, table: str, path: Path, types: dict[str, str]) -> Relation:
        header = self._types[table]
        names = ", ".join(quoted(name, header) for name in types)
        # Rows stay in the order of the file, so that row numbers are correct.
        con.execute("SET preserve_insertion_order = true")
        try:
            con.execute(
                statement(
                    "CREATE OR REPLACE TABLE {raw} AS SELECT {names} FROM read_csv($file, columns = $columns, "
                    "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '')",
                    raw=f"raw_{table}",
                    names=names,
                ),
                {"file": str(path), "columns": header},
            )
        except duckdb.Error as error:
            raise self.unreadable(table, error) from None
        finally:
            con.execute("SET preserve_insertion_order = false")
        return Relation(f"raw_{table}", types, is_text=True, is_copy=True)

    def narrow(self, con: duckdb.DuckDBPyConnection, borrower_id: str | int) -> bool:
        raise SettingsError(
            f"Single borrowers cannot be looked up in {self.name}, a folder: name a DuckDB file or a postgresql:// URL."
        )

    def recorded_days(self, con: duckdb.DuckDBPyConnection, today: date) -> dict[str, Days]:
        raise SettingsError(f"{self.name} is a folder; name a DuckDB file or a postgresql:// URL.")

    def digest(self, con: duckdb.DuckDBPyConnection) -> str:
        whole = hashlib.sha256()
        for path in sorted(path for files in self._files.values() for path in files):
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            whole.update(f"{path.relative_to(self._folder).as_posix()}\0{content}\n".encode())
        return whole.hexdigest()

    def unreadable(self, table: str, error: Exception) -> BookError:
        label = self.labels[table]
        if not label.endswith(".csv"):
            return BookError(
                f"{label} in {self.name} is not a readable Parquet file (truncated, damaged or not Parquet at all); "
                "write it again."
            )
        line = re.search(r"on Line: (\d+)", str(error))
        where = f" line {line.group(1)}" if line else ""
        return BookError(
            f"{label}{where} cannot be read as CSV (UTF-8, commas, double quotes, as many fields a line as the "
            "header); correct it there or bring the table as Parquet."
        )


def _header(path: Path) -> list[str]:
    """Return the column names of a CSV file, without the byte order mark and surrounding blanks."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next(csv.reader(file), [])
    except (UnicodeDecodeError, csv.Error):
        raise BookError(f"{path.name} does not start with a header of UTF-8 text; save it as UTF-8 CSV.") from None
    names = [name.strip() or f"unnamed_{i}" for i, name in enumerate(first)]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})[0]
        raise BookError(f"{path.name} has two columns named {twice}; rename or remove one.")
    if not names:
        raise BookError(f"{path.name} is empty, without even a header; bring the table or remove the file.")
    return names


class DuckDBSource(Source):
    """Tables and views of a DuckDB file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path) -> None:
        super().__init__(str(path))
        self._path = path
        try:
            con.execute("ATTACH $path AS lender (READ_ONLY)", {"path": str(path)})
            con.execute(
                "SELECT table_name, column_name, data_type FROM duckdb_columns() "
                "WHERE database_name = 'lender' AND schema_name = 'main' ORDER BY table_name, column_index"
            )
        except duckdb.Error:
            raise BookError(
                f"{path} cannot be opened as a DuckDB file: it is not one, is damaged, or another program is writing "
                "to it; close that program, or give a folder of Parquet or CSV."
            ) from None
        self._types: dict[str, dict[str, str]] = {}
        for table, column, kind in con.fetchall():
            self._types.setdefault(table, {})[column] = kind
        con.execute("SELECT view_name FROM duckdb_views() WHERE database_name = 'lender'")
        self._views = {row[0] for row in con.fetchall()}
        self.also = tuple(sorted(self._types))
        for table in TABLES:
            if table in self._types:
                self.labels[table] = f"table {table}"
                self.columns[table] = tuple(self._types[table])

    def relation(self, con: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str]) -> Relation:
        place = f"lender.main.{quoted(table, TABLES)}"
        types = {name: self._types[table][name] for name in wanted}
        if self.only is not None:
            own = self.rows_of_only(table, "lender.main.loans", "$only")
            sql = statement("(SELECT * FROM {place} {own})", place=place, own=own)
            return Relation(sql, types, {"only": self.only}, row="row_number() OVER ()")
        return Relation(place, types, row="row_number() OVER ()" if table in self._views else "rowid + 1")

    def narrow(self, con: duckdb.DuckDBPyConnection, borrower_id: str | int) -> bool:
        if not self.look_at(borrower_id, self._types["borrowers"]["borrower_id"]):
            return False
        con.execute("SELECT 1 FROM lender.main.borrowers WHERE borrower_id = $only LIMIT 1", {"only": self.only})
        return bool(con.fetchall())

    def recorded_days(self, con: duckdb.DuckDBPyConnection, today: date) -> dict[str, Days]:
        def day_of(table: str, name: str) -> str:
            return f"TRY_CAST({quoted(name, self._types[table])} AS DATE)"

        days = {}
        for table in RECORDED:
            sql = self.sql_of_recorded_days(table, f"lender.main.{quoted(table, TABLES)}", day_of, "$today")
            if sql is not None:
                con.execute(sql, {"today": today})
                days[table] = days_of(con.fetchall())
        return days

    def digest(self, con: duckdb.DuckDBPyConnection) -> str:
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
