"""Profiling: counts the rows and owners of the tables of an export while it is staged."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from risk_warning.book.sql import statement
from risk_warning.core.export_profile import TableCounts


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
    return TableCounts(rows, owners, filled, by_kind)
