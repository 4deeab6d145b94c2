"""Profiling: counts the rows, owners and filled cells of the tables of an export while it is staged."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from risk_warning.book.reading import Reading
from risk_warning.book.schema import Column
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import statement
from risk_warning.core.export_profile import TableCounts


def filled_cells(
    con: duckdb.DuckDBPyConnection, relation: Relation, readings: Mapping[Column, Reading]
) -> dict[str, int]:
    """Return column → cells that are not empty in the export, before defaults are filled in."""
    con.execute(
        statement(
            "SELECT {counts} FROM {source}",
            counts=", ".join(f"count_if({reading.has})" for reading in readings.values()),
            source=relation.sql,
        ),
        dict(relation.parameters),
    )
    counts = con.fetchall()[0]
    return {column.name: int(cells or 0) for column, cells in zip(readings, counts, strict=True)}


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
