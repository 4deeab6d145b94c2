"""A DuckDB file as a book: its tables and views, found by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from risk_warning.book.schema import TABLES
from risk_warning.book.sources.source import RECORDED, Days, Relation, Source, days_of
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError


def attached(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, dict[str, str]]:
    """Attach the file as `lender`, read-only, and return table → column → DuckDB type of its tables and views.

    Raises
    ------
    BookError
        The file cannot be opened.
    """
    try:
        con.execute("ATTACH $path AS lender (READ_ONLY)", {"path": str(path)})
        con.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = 'lender' AND schema_name = 'main' ORDER BY table_name, column_index"
        )
    except duckdb.Error:
        raise BookError(
            f"{path} cannot be opened as a DuckDB file: it is not one, is damaged, or another program is writing "
            "to it; close that program, or give a folder of files."
        ) from None
    types: dict[str, dict[str, str]] = {}
    for table, column, kind in con.fetchall():
        types.setdefault(table, {})[column] = kind
    return types


class DuckDBSource(Source):
    """Tables and views of a DuckDB file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path) -> None:
        super().__init__(str(path))
        self._path = path
        self._types = attached(con, path)
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
