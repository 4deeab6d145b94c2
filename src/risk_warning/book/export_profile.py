"""Profiling: counts the rows and owners of the tables of an export while it is staged."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from risk_warning.book.schema import TABLES
from risk_warning.book.sql import statement
from risk_warning.core.calendar import NEVER
from risk_warning.core.export_profile import TableCounts

_DATES = {
    table: [column.name for column in TABLES[table].columns if column.kind == "date" and not column.aside]
    for table in ("borrowers", "loans")
}
"""Dates that stay as they were recorded, in tables that are small."""


def table_profile(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: int,
    filled: Mapping[str, int],
    outputs: Collection[str],
    kinds: Collection[str],
) -> TableCounts:
    """Return the profile of a staged table whose bad rows are set aside; `kinds` are those of events, by their code."""
    owner = "loan" if "loan" in outputs else "borrower"
    con.execute(statement("SELECT count(DISTINCT {owner}) FROM staged_{table}", owner=owner, table=table))
    owners = int(con.fetchall()[0][0])
    by_kind: dict[str, int] = {}
    if table == "events":
        con.execute("SELECT kind, count(*) FROM staged_events GROUP BY kind")
        counts = dict(con.fetchall())
        by_kind = {kind: int(counts[code]) for code, kind in enumerate(kinds) if code in counts}
    months = {column: _months(con, table, column) for column in _DATES.get(table, ()) if column in outputs}
    return TableCounts(rows, owners, filled, by_kind, months)


def _months(con: duckdb.DuckDBPyConnection, table: str, column: str) -> dict[str, int]:
    con.execute(
        statement(
            "SELECT strftime(DATE '1970-01-01' + {column}, '%Y-%m') AS month, count(*) FROM staged_{table} "
            "WHERE {column} <> $never GROUP BY month ORDER BY month",
            column=column,
            table=table,
        ),
        {"never": NEVER},
    )
    return dict(con.fetchall())
