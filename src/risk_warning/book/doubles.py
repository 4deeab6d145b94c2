"""Duplicates: rows that repeat a key, or another row.

If several rows have the same key and are identical, the first is kept. If they contradict each other, none is kept,
because it is unknown which is right. The same applies to rows of one version of an instalment that disagree on the due
amount or the due date.

Instalments and events have no key. If a row repeats another in every column, the same fact was sent twice, and the
first row is kept. Events with a date but no time of day are the exception: two logins on one day look alike, so both
count. A time of day that all events share, such as that of a nightly load, is none.
"""

from __future__ import annotations

import duckdb

from risk_warning.book.faults import Faults
from risk_warning.book.schema import TABLES
from risk_warning.book.sql import statement

REPEATED = "repeats a key, with the same content"
CONTRADICTED = "repeats a key, with other content"
REPEATED_ROW = "repeats another row in every column"
DISAGREEING = "rows of one version of an instalment disagree on due_on or due_amount"
KEPT_ONCE = (REPEATED, REPEATED_ROW)
"""Reasons to set aside a row whose content is kept in another row: its borrower loses no data."""

_KEYS = {
    "borrowers": "id, valid_from",
    "loans": "loan_id, valid_from",
    # One 63-bit number compares faster than three columns; the two dates are days from 1990-01-01, 16 bits each.
    "statements": "(CAST(loan AS BIGINT) << 32) + (CAST(statement_on - 7305 AS BIGINT) << 16) + (recorded_on - 7305)",
    "outcomes": "(CAST(borrower AS BIGINT) << 32) + as_of_date",
}
_INSTALMENT = "(CAST(loan AS BIGINT) << 32) + (CAST(instalment_no AS BIGINT) + 2147483648)"
_EVENT = "(CAST(borrower AS BIGINT) << 32) + (CAST(occurred_on AS BIGINT) + 2147483648)"
_MAX_STRETCHES = 10_000
_FEW_EVENTS = 30
"""So many events do not have one time of day by chance."""


def mark_doubles(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...]) -> int:
    """Mark the rows of the staged table that repeat a key or another row, or disagree on an instalment.

    Return the number of events that repeat another but are not marked, because they have no time of day.
    """
    table = f"staged_{faults.table}"
    if faults.table == "instalments" and not _in_order_without(con, table, _INSTALMENT, "k = before"):
        _mark_repeated(con, faults, columns, _INSTALMENT)
        _mark_disagreeing(con, faults)
    if faults.table == "events":
        return _repeated_events(con, faults, columns)
    if faults.table == "loans":
        con.execute(
            statement(
                "UPDATE {table} SET fault = {code} WHERE fault = 0 AND loan_id IN (SELECT loan_id FROM {table} "
                "WHERE fault = 0 GROUP BY loan_id HAVING min(borrower) <> max(borrower))",
                table=table,
                code=faults.code("loan_id", "belongs to more than one borrower"),
            )
        )
    if faults.table not in _KEYS:
        return 0
    key = _KEYS[faults.table]
    if '"valid_from"' not in columns:
        key = key.removesuffix(", valid_from")
    is_number = key.startswith("(")
    if is_number and _in_order_without(con, table, key, "k = before"):
        return 0
    twice = "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE fault = 0 GROUP BY {key} HAVING count(*) > 1)"
    con.execute(statement(twice, table=table, key=key))
    if con.fetchall()[0][0] == 0:
        return 0
    first = TABLES[faults.table].columns[0].name
    parts = [key] if is_number else key.split(", ")
    con.execute(
        statement(
            "UPDATE {table} SET fault = CASE WHEN d.is_same THEN {repeated} ELSE {contradicted} END FROM ("
            "SELECT rowid AS r, min(h) OVER same_key = max(h) OVER same_key AS is_same, "
            "row_number() OVER (same_key ORDER BY file, row_no) AS nth, count(*) OVER same_key AS size "
            "FROM (SELECT rowid, file, row_no, {named} hash({content}) AS h FROM {table} WHERE fault = 0) "
            "WINDOW same_key AS (PARTITION BY {names})) AS d "
            "WHERE {table}.rowid = d.r AND d.size > 1 AND (NOT d.is_same OR d.nth > 1)",
            table=table,
            content=", ".join(columns),
            named="".join(f"{part} AS k{i}, " for i, part in enumerate(parts)),
            names=", ".join(f"k{i}" for i in range(len(parts))),
            repeated=faults.code(first, REPEATED),
            contradicted=faults.code(first, CONTRADICTED),
        )
    )
    return 0


def _mark_disagreeing(con: duckdb.DuckDBPyConnection, faults: Faults) -> None:
    """Mark the rows of one version of an instalment that disagree on the due date or the due amount."""
    con.execute(
        statement(
            "UPDATE staged_instalments SET fault = {code} WHERE fault = 0 AND ({key}, scheduled_on) IN "
            "(SELECT ({key}, scheduled_on) FROM staged_instalments WHERE fault = 0 GROUP BY {key}, scheduled_on "
            "HAVING min(due_on) <> max(due_on) OR min(due_amount) <> max(due_amount))",
            key=_INSTALMENT,
            code=faults.code("instalment_no", DISAGREEING),
        )
    )


def _mark_repeated(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...], key: str) -> None:
    """Mark the rows that repeat another in every column; only rows that share a `key` are compared."""
    table = f"staged_{faults.table}"
    con.execute(
        statement(
            "UPDATE {table} SET fault = {code} FROM (SELECT rowid AS r, row_number() OVER (PARTITION BY {content} "
            "ORDER BY file, row_no) AS nth FROM {table} WHERE fault = 0 AND {key} IN "
            "(SELECT {key} FROM {table} WHERE fault = 0 GROUP BY {key} HAVING count(*) > 1)) AS d "
            "WHERE {table}.rowid = d.r AND d.nth > 1",
            table=table,
            content=", ".join(columns),
            key=key,
            code=faults.code(TABLES[faults.table].columns[0].name, REPEATED_ROW),
        )
    )


def _repeated_events(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...]) -> int:
    """Mark repeated events; if no event has a time of day, mark none and return how many repeat another."""
    con.execute(
        "SELECT max(second) > 0 AND (min(second) < max(second) OR count(*) < $few) FROM staged_events WHERE fault = 0",
        {"few": _FEW_EVENTS},
    )
    if con.fetchall()[0][0]:
        _mark_repeated(con, faults, columns, _EVENT)
        return 0
    con.execute(
        statement(
            "SELECT count(*) - count(DISTINCT hash({content})) FROM staged_events WHERE fault = 0",
            content=", ".join(columns),
        )
    )
    return int(con.fetchall()[0][0])


def _in_order_without(con: duckdb.DuckDBPyConnection, table: str, key: str, double: str) -> bool:
    """Whether the order of the good rows proves that no rows of one key are a `double`; False if it does not.

    Tables usually arrive sorted by key. The staged table then consists of a few runs of rows that were consecutive in
    the source. If no two runs overlap, rows of one key are adjacent, and one pass without a hash table sees them all.
    `double` is SQL on the key `k` and the key `before` of the previous row.
    """
    con.execute(
        statement(
            "SELECT k, before, is_double FROM (SELECT k, before, {double} AS is_double, "
            "k < before OR row_no <> lag(row_no) OVER () + 1 AS begins FROM "
            "(SELECT *, {key} AS k, lag({key}) OVER () AS before FROM {table} WHERE fault = 0)) "
            "WHERE before IS NULL OR begins OR is_double LIMIT {limit}",
            double=double,
            key=key,
            table=table,
            limit=str(_MAX_STRETCHES + 1),
        )
    )
    marks = con.fetchall()
    if len(marks) > _MAX_STRETCHES or any(is_double for _, _, is_double in marks):
        return False
    con.execute(statement("SELECT arg_max({key}, rowid) FROM {table} WHERE fault = 0", key=key, table=table))
    starts = sorted(start for start, _, _ in marks)
    ends = sorted(end for end in (*(before for _, before, _ in marks), con.fetchall()[0][0]) if end is not None)
    # Sorted by key, each run ends before the next one begins; the order of the runs in the table does not matter.
    return all(end < start for end, start in zip(ends, starts[1:], strict=False))
