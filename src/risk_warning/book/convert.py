"""Conversion of a book to one DuckDB file, in which the service finds a borrower's rows by an index.

Every row is kept, bad ones too: a column in which a value cannot be read stays text, so that reading the file sets the
same rows aside as reading the book does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from risk_warning.book.finding import Finder
from risk_warning.book.location import source_at
from risk_warning.book.reading import ZONE_AT_END
from risk_warning.book.schema import TABLES, Column, check_protected, check_tables
from risk_warning.book.sources.source import Relation, Source
from risk_warning.book.sql import quoted, statement
from risk_warning.book.staged import open_book, staging_connection
from risk_warning.errors import OutputError
from risk_warning.settings import BookSettings

_INDEXED = ("borrower_id", "loan_id")
_TYPED = ("id", "date", "money", "number", "count")


def convert_book(
    location: str | Path, file: Path, settings: BookSettings, advance: Callable[[str], None] = lambda table: None
) -> dict[str, int]:
    """Write the book at `location` to a DuckDB file and return table → rows.

    The file replaces an older one in one step, so a service that reads it goes on with the new rows. `advance` is
    called with the name of each table before it is written.

    Raises
    ------
    BookError, BookQualityError, QuestionError
        The book cannot be used.
    OutputError
        The file cannot be written.
    """
    with open_book(location, settings):
        pass  # refuses what no run would use
    check_protected(settings.never_modelled)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
            written = _write(location, Path(folder) / file.name, settings, advance)
            (Path(folder) / file.name).replace(file)
    except (OSError, duckdb.IOException):
        raise OutputError(f"{file} cannot be written; free its folder, or name another file.") from None
    return written


def _write(location: str | Path, file: Path, settings: BookSettings, advance: Callable[[str], None]) -> dict[str, int]:
    written = {}
    with staging_connection(settings) as con, closing(source_at(con, location, settings)) as source:
        check_tables(source.name, source.columns, source.labels, source.also)
        con.execute("ATTACH $file AS converted", {"file": str(file)})
        finder = Finder(con, source, settings)
        for table in TABLES:
            if table in source.columns:
                advance(table)
                written[table] = _write_table(con, source, finder, table, settings)
        con.execute("DETACH converted")
    return written


def _write_table(
    con: duckdb.DuckDBPyConnection, source: Source, finder: Finder, table: str, settings: BookSettings
) -> int:
    spec = TABLES[table]
    columns = spec.read(source.columns[table], settings.never_modelled)
    relation = source.relation(con, table, [column.name for column in columns])
    selected = _selected(con, finder, table, relation, columns)
    names = [column.name for column in columns]
    order = next((name for name in _INDEXED if name in names), None)
    con.execute(
        statement(
            "CREATE TABLE converted.{table} AS SELECT {columns} FROM {source} {order}",
            table=table,
            columns=", ".join(f"{sql} AS {quoted(name, names)}" for name, sql in selected.items()),
            source=relation.sql,
            order=f"ORDER BY {quoted(order, names)}" if order else "",
        ),
        dict(relation.parameters),
    )
    for name in _INDEXED:
        if name in names:
            index = quoted(f"{table}_{name}", (f"{table}_{name}",))
            con.execute(
                statement("CREATE INDEX {index} ON converted.{table} ({name})", index=index, table=table, name=name)
            )
    if relation.is_copy:
        con.execute(statement("DROP TABLE {raw}", raw=relation.sql))
    con.execute(statement("SELECT count(*) FROM converted.{table}", table=table))
    return int(con.fetchall()[0][0])


def _selected(
    con: duckdb.DuckDBPyConnection, finder: Finder, table: str, relation: Relation, columns: Sequence[Column]
) -> Mapping[str, str]:
    """Return column → SQL of its typed values, or of its text where a value has not the column's type."""
    readings, _ = finder.readings(table, relation, columns)
    raw = {column.name: quoted(column.name, relation.types) for column in columns}
    typed = {
        column: _typed(column, raw[column.name], reading.value)
        for column, reading in readings.items()
        if relation.types[column.name] == "VARCHAR"
        and (column.kind in _TYPED or f"{table}.{column.output}" in finder.numeric)
    }
    if not typed:
        return raw
    con.execute(
        statement(
            "SELECT {tests} FROM {source}",
            tests=", ".join(
                f"bool_and(({sql}) IS NOT NULL) FILTER (WHERE {readings[column].has})" for column, sql in typed.items()
            ),
            source=relation.sql,
        ),
        dict(relation.parameters),
    )
    for (column, sql), every_one in zip(typed.items(), con.fetchall()[0], strict=True):
        if every_one:
            raw[column.name] = sql
    return raw


def _typed(column: Column, raw: str, value: str) -> str:
    """Return SQL of a column's typed value; NULL for a day that is told as a moment with a zone, which stays text."""
    if column.kind != "date":
        return value
    return f"CASE WHEN NOT regexp_matches({raw}, '{ZONE_AT_END}') THEN TRY_CAST({raw} AS DATE) END"
