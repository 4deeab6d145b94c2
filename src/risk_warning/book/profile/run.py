"""The profile of a book: its tables are read as they are, whether or not the book can be used."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from risk_warning.book.finding import Finder
from risk_warning.book.location import source_at
from risk_warning.book.profile.narrow import EMPTY, UNUSABLE, NarrowTable, keep_ids, narrowed
from risk_warning.book.profile.partial import readable_part
from risk_warning.book.profile.result import (
    BookProfile,
    ColumnProfile,
    IdMatches,
    RowsPerId,
    TableProfile,
    UnreadTable,
)
from risk_warning.book.profile.spreads import spreads_of
from risk_warning.book.schema import TABLES
from risk_warning.book.sources.source import Source, reading_errors
from risk_warning.book.sql import statement
from risk_warning.book.staged import staging_connection
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

_PARENTS = ("borrowers", "loans")


def profile_book(location: str | Path, settings: BookSettings) -> BookProfile:
    """Return the profile of the book at `location`, of as many tables as can be read; memory does not grow with it.

    It reads rows before anything is set aside, so it does not depend on whether the book can be used.
    """
    try:
        with staging_connection(settings) as con, closing(source_at(con, location, settings)) as source:
            return _profile(con, source, settings, ())
    except BookError as error:
        whole = UnreadTable("", str(error))
    part = readable_part(location, settings)
    if part is None:
        return BookProfile("", unread=(whole,))
    opened, tables, unread = part
    with staging_connection(settings) as con, closing(opened(con, tables)) as source:
        return _profile(con, source, settings, unread)


def _profile(
    con: duckdb.DuckDBPyConnection, source: Source, settings: BookSettings, unopened: tuple[UnreadTable, ...]
) -> BookProfile:
    finder = Finder(con, source, settings)
    tables, matches, per_id, unread = [], [], [], list(unopened)
    parents: list[str] = []
    for name in (name for name in TABLES if name in source.columns):
        try:
            with reading_errors(source, name, settings.memory_limit_mb):
                narrow = narrowed(con, source, finder, settings, name, parents)
                tables.append(_table(con, narrow))
                if narrow.refers_to is not None:
                    matches.append(_matches(con, narrow, *narrow.refers_to))
                    per_id.append(_rows_per_id(con, name, narrow.refers_to[1]))
                if name in _PARENTS:
                    keep_ids(con, name)
                    parents.append(name)
                    per_id.append(_rows_per_own_id(con, name))
        except BookError as error:
            unread.append(UnreadTable(name, str(error)))
    return BookProfile(
        book=source.name,
        tables=tuple(tables),
        matches=tuple(matches),
        rows_per_id=tuple(per_id),
        unread=tuple(unread),
        absent=tuple(name for name in TABLES if name not in {*source.columns, *(one.name for one in unread)}),
    )


def _table(con: duckdb.DuckDBPyConnection, narrow: NarrowTable) -> TableProfile:
    states = [f"count_if(s{i} = {state})" for i in range(len(narrow.columns)) for state in (EMPTY, UNUSABLE)]
    con.execute(
        statement(
            "SELECT month, count(*), count_if(owner IS NULL), {states} FROM profile_rows GROUP BY month ORDER BY month",
            states=", ".join(states),
        )
    )
    by_month = con.fetchall()
    spreads = spreads_of(con, narrow)
    columns = tuple(
        ColumnProfile(
            name=column.name,
            is_id=column.holds == "id",
            empty=sum(row[3 + 2 * i] for row in by_month),
            unusable=sum(row[4 + 2 * i] for row in by_month),
            empty_by_month={row[0]: row[3 + 2 * i] for row in by_month if row[0] is not None},
            spread=spreads.get(column.name),
        )
        for i, column in enumerate(narrow.columns)
    )
    return TableProfile(
        name=narrow.name,
        rows=sum(row[1] for row in by_month),
        dated_by=narrow.dated_by,
        months={row[0]: row[1] for row in by_month if row[0] is not None},
        payments=_payments(con, narrow),
        columns=columns,
        absent=narrow.absent,
        without_borrower=sum(row[2] for row in by_month),
    )


def _payments(con: duckdb.DuckDBPyConnection, narrow: NarrowTable) -> dict[int, int]:
    position = narrow.position("paid_on") if narrow.name == "instalments" else None
    if position is None:
        return {}
    paid = "SELECT {c} AS paid_in, count(*) FROM profile_rows WHERE {c} IS NOT NULL GROUP BY paid_in ORDER BY paid_in"
    con.execute(statement(paid, c=f"c{position}"))
    return dict(con.fetchall())


def _matches(con: duckdb.DuckDBPyConnection, narrow: NarrowTable, column: str, of: str) -> IdMatches:
    con.execute(
        "SELECT count(*) FILTER (matches = 1), count(*) FILTER (matches > 1), "
        "count(*) FILTER (matches IS NULL AND ref IS NOT NULL), count(*) FILTER (ref IS NULL) FROM profile_rows"
    )
    once, several, none, empty = con.fetchall()[0]
    return IdMatches(narrow.name, column, of, once, several, none, empty)


def _rows_per_id(con: duckdb.DuckDBPyConnection, table: str, of: str) -> RowsPerId:
    # Several rows of one loan, its terms from several days on, are one loan of the borrower.
    con.execute(
        statement(
            "SELECT count(*) FILTER (n IS NULL), count(*) FILTER (n = 1), count(*) FILTER (n > 1) "
            "FROM profile_ids_{of} LEFT JOIN "
            "(SELECT ref AS id, {count} AS n FROM profile_rows WHERE matches IS NOT NULL GROUP BY ref) USING (id)",
            of=of,
            count="count(DISTINCT key)" if table in _PARENTS else "count(*)",
        )
    )
    return RowsPerId(of, table, *con.fetchall()[0])


def _rows_per_own_id(con: duckdb.DuckDBPyConnection, table: str) -> RowsPerId:
    con.execute(
        statement(
            "SELECT 0, count(*) FILTER (rows = 1), count(*) FILTER (rows > 1) FROM profile_ids_{table}", table=table
        )
    )
    return RowsPerId(table, table, *con.fetchall()[0])
