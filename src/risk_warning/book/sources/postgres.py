"""A PostgreSQL schema as a book. All tables are read from one snapshot, as Arrow batches over ADBC."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

import duckdb

from risk_warning.book.schema import TABLES
from risk_warning.book.sources.source import RECORDED, Days, Relation, Source, days_of
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

_AS_THEY_ARE = {
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
}


class PostgresSource(Source):
    """The tables and views of one schema, read in a read-only transaction that stays open until `close`."""

    def __init__(self, url: str, settings: BookSettings) -> None:
        parts = urlsplit(url)
        # The URL may hold a password.
        super().__init__(f"schema {settings.postgres_schema} of PostgreSQL {parts.hostname or 'local'}{parts.path}")
        try:
            from adbc_driver_manager import Error
            from adbc_driver_postgresql import dbapi
        except ImportError:
            raise BookError(
                "Reading a PostgreSQL book needs the extra 'postgres'; install risk-warning[postgres]."
            ) from None
        self._error: type[Exception] = Error
        self._schema = settings.postgres_schema
        self._content: dict[str, str] = {}
        self._types: dict[str, dict[str, str]] = {}
        try:
            self._postgres = dbapi.connect(url)
        except Error:
            raise BookError(
                f"{self.name} cannot be reached; check that the server runs, the URL, the user and the password."
            ) from None
        with self._postgres.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(
                "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns "
                "WHERE table_schema = $1 ORDER BY table_name, ordinal_position",
                (self._schema,),
            )
            for table, column, kind in cursor.fetchall():
                self._types.setdefault(table, {})[column] = kind
        self.also = tuple(self._types)
        for table in TABLES:
            if table in self._types:
                self.labels[table] = f"table {table}"
                self.columns[table] = tuple(self._types[table])

    @property
    def _place(self) -> str:
        return quoted(self._schema, (self._schema,))

    def narrow(self, con: duckdb.DuckDBPyConnection, borrower_id: str | int) -> bool:
        if not self.look_at(borrower_id, self._types["borrowers"]["borrower_id"]):
            return False
        with self._postgres.cursor() as cursor:
            cursor.execute(
                statement("SELECT 1 FROM {schema}.borrowers WHERE borrower_id = $1 LIMIT 1", schema=self._place),
                (self.only,),
            )
            return bool(cursor.fetchall())

    def recorded_days(self, con: duckdb.DuckDBPyConnection, today: date) -> dict[str, Days]:
        def day_of(table: str, name: str) -> str | None:
            # PostgreSQL fails on the first text that is not a date.
            kind = self._types[table][name]
            is_day = kind == "date" or kind.startswith("timestamp")
            return f"CAST({quoted(name, self._types[table])} AS DATE)" if is_day else None

        days = {}
        with self._postgres.cursor() as cursor:
            for table in RECORDED:
                place = f"{self._place}.{quoted(table, TABLES)}"
                sql = self.sql_of_recorded_days(table, place, day_of, "$1")
                if sql is not None:
                    cursor.execute(sql, (today,))
                    days[table] = days_of(cursor.fetchall())
        return days

    def relation(self, con: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str]) -> Relation:
        known = self._types[table]
        columns = ", ".join(_cast(quoted(name, known), known[name]) for name in wanted)
        raw = f"raw_{table}"
        con.execute("SET preserve_insertion_order = true")
        try:
            with self._postgres.cursor() as cursor:
                cursor.execute(
                    statement(
                        "SELECT {columns} FROM {schema}.{table} {own}",
                        columns=columns,
                        schema=self._place,
                        table=quoted(table, TABLES),
                        own=self.rows_of_only(table, f"{self._place}.loans", "$1"),
                    ),
                    () if self.only is None else (self.only,),
                )
                con.register("batches", cursor.fetch_record_batch())
                con.execute(statement("CREATE TABLE {raw} AS SELECT * FROM batches", raw=raw))
                con.unregister("batches")
        except self._error:
            raise self.unreadable(table, BookError()) from None
        con.execute("SET preserve_insertion_order = false")
        con.execute(
            # PostgreSQL returns rows in no fixed order, so the digest is a sum.
            statement("SELECT count(*), sum(md5_number_lower(CAST(r AS VARCHAR))) FROM {raw} AS r", raw=raw)
        )
        self._content[table] = f"{table} {sorted(wanted)} {con.fetchall()[0]}"
        con.execute(statement("DESCRIBE {raw}", raw=raw))
        types = {row[0]: row[1] for row in con.fetchall()}
        return Relation(raw, types, is_copy=True)

    def digest(self, con: duckdb.DuckDBPyConnection) -> str:
        return hashlib.sha256("\n".join(sorted(self._content.values())).encode()).hexdigest()

    def unreadable(self, table: str, error: Exception) -> BookError:
        return BookError(
            f"{self.labels[table]} in {self.name} cannot be read; check that the user may SELECT from it and that the "
            "connection holds."
        )

    def close(self) -> None:
        self._postgres.close()


def _cast(name: str, kind: str) -> str:
    """Return SQL of the column in a type that Arrow has: NUMERIC has no Arrow type, so it is read as a double."""
    if kind in _AS_THEY_ARE:
        return name
    return f"CAST({name} AS double precision) AS {name}" if kind == "numeric" else f"CAST({name} AS text) AS {name}"
