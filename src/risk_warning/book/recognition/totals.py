"""Rows of totals: they have a word in place of an id."""

from __future__ import annotations

import duckdb

from risk_warning.book.recognition.vocabulary import is_total
from risk_warning.book.sql import quoted, statement

_LONGEST = 20


def totals_in(con: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
    """Return the values of a column of ids that are words for a total, sorted."""
    con.execute(
        statement(
            "SELECT DISTINCT v FROM (SELECT trim(CAST({column} AS VARCHAR)) AS v FROM {table}) WHERE length(v) < "
            "$longest AND NOT regexp_matches(v, '[0-9]')",
            column=quoted(column, (column,)),
            table=table,
        ),
        {"longest": _LONGEST},
    )
    return sorted(value for (value,) in con.fetchall() if is_total(value))
