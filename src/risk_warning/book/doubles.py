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
SHARED_INSTALMENTS = "shared_instalments"
"""The staged instalments (loan, instalment_no) with several rows, such as part payments and later versions."""
_FEW_EVENTS = 30
"""So many events do not have one time of day by chance."""


def mark_doubles(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...]) -> int:
    """Mark the rows of the staged table that repeat a key or another row, or disagree on an instalment.

    Return the number of events that repeat another but are not marked, because they have no time of day.
    """
    if faults.table == "instalments":
        _mark_instalments(con, faults, columns)
    elif faults.table == "events":
        return _repeated_events(con, faults, columns)
    elif faults.table in _KEYS:
        if faults.table == "loans":
            _mark_loans_of_several(con, faults)
        _mark_keys(con, faults, columns)
    return 0


def _mark_instalments(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...]) -> None:
    """Mark repeated rows, and those of one version that disagree; make the table `SHARED_INSTALMENTS`."""
    if _find_shared(con, "staged_instalments", _INSTALMENT):
        _mark_repeated(con, faults, columns, _INSTALMENT)
        con.execute(
            statement(
                "UPDATE staged_instalments SET fault = {code} WHERE fault = 0 AND ({key}, scheduled_on) IN "
                "(SELECT ({key}, scheduled_on) FROM staged_instalments WHERE fault = 0 AND {key} IN (FROM shared) "
                "GROUP BY {key}, scheduled_on HAVING min(due_on) <> max(due_on) OR min(due_amount) <> max(due_amount))",
                key=_INSTALMENT,
                code=faults.code("instalment_no", DISAGREEING),
            )
        )
    con.execute(
        statement(
            "CREATE TABLE {table} AS SELECT CAST(k >> 32 AS INTEGER) AS loan, "
            "CAST((k & 4294967295) - 2147483648 AS INTEGER) AS instalment_no FROM shared",
            table=SHARED_INSTALMENTS,
        )
    )


def _mark_loans_of_several(con: duckdb.DuckDBPyConnection, faults: Faults) -> None:
    """Mark the loans that more than one borrower has."""
    con.execute(
        statement(
            "UPDATE staged_loans SET fault = {code} WHERE fault = 0 AND loan_id IN (SELECT loan_id FROM staged_loans "
            "WHERE fault = 0 GROUP BY loan_id HAVING min(borrower) <> max(borrower))",
            code=faults.code("loan_id", "belongs to more than one borrower"),
        )
    )


def _mark_keys(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...]) -> None:
    """Mark the rows that repeat a key."""
    table, key = f"staged_{faults.table}", _KEYS[faults.table]
    if '"valid_from"' not in columns:
        key = key.removesuffix(", valid_from")
    if key.startswith("("):
        parts, among = [key], "{key} IN (FROM shared)"
        some = _find_shared(con, table, key)
    else:
        parts, among = key.split(", "), "true"
        twice = "SELECT EXISTS (FROM (SELECT 1 FROM {table} WHERE fault = 0 GROUP BY {key} HAVING count(*) > 1))"
        con.execute(statement(twice, table=table, key=key))
        some = bool(con.fetchall()[0][0])
    if not some:
        return
    first = TABLES[faults.table].columns[0].name
    con.execute(
        statement(
            "UPDATE {table} SET fault = CASE WHEN d.is_same THEN {repeated} ELSE {contradicted} END FROM ("
            "SELECT rowid AS r, min(h) OVER same_key = max(h) OVER same_key AS is_same, "
            "row_number() OVER (same_key ORDER BY file, row_no) AS nth, count(*) OVER same_key AS size "
            "FROM (SELECT rowid, file, row_no, {named} hash({content}) AS h FROM {table} WHERE fault = 0 AND {among}) "
            "WINDOW same_key AS (PARTITION BY {names})) AS d "
            "WHERE {table}.rowid = d.r AND d.size > 1 AND (NOT d.is_same OR d.nth > 1)",
            table=table,
            content=", ".join(columns),
            named="".join(f"{part} AS k{i}, " for i, part in enumerate(parts)),
            names=", ".join(f"k{i}" for i in range(len(parts))),
            among=among.replace("{key}", key),
            repeated=faults.code(first, REPEATED),
            contradicted=faults.code(first, CONTRADICTED),
        )
    )


def _mark_repeated(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...], key: str) -> None:
    """Mark the rows that repeat another in every column; only rows with a key in `shared` are compared."""
    table = f"staged_{faults.table}"
    con.execute(
        statement(
            "UPDATE {table} SET fault = {code} FROM (SELECT rowid AS r, row_number() OVER (PARTITION BY {content} "
            "ORDER BY file, row_no) AS nth FROM {table} WHERE fault = 0 AND {key} IN (FROM shared)) AS d "
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
    has_time = con.fetchall()[0][0]
    if not _find_shared(con, "staged_events", _EVENT):
        return 0
    if has_time:
        _mark_repeated(con, faults, columns, _EVENT)
        return 0
    con.execute(
        statement(
            "SELECT count(*) - count(DISTINCT hash({content})) FROM staged_events WHERE fault = 0 AND {key} IN "
            "(FROM shared)",
            content=", ".join(columns),
            key=_EVENT,
        )
    )
    return int(con.fetchall()[0][0])


def _find_shared(con: duckdb.DuckDBPyConnection, table: str, key: str) -> bool:
    """Make the table `shared` of the keys `k` that several good rows have; return whether there are any.

    `key` is SQL of a number. Tables usually arrive sorted by key, and then rows of one key are neighbours, so one pass
    without a hash table sees them all.
    """
    if not _shared_in_order(con, table, key):
        con.execute(
            statement(
                "CREATE OR REPLACE TEMP TABLE shared AS SELECT {key} AS k FROM {table} WHERE fault = 0 GROUP BY k "
                "HAVING count(*) > 1",
                key=key,
                table=table,
            )
        )
    con.execute("SELECT EXISTS (FROM shared)")
    return bool(con.fetchall()[0][0])


def _shared_in_order(con: duckdb.DuckDBPyConnection, table: str, key: str) -> bool:
    """Make the table `shared` from the order of the rows; return False if the order does not tell which keys are.

    The staged table consists of runs of rows that were consecutive in the source. If no two of them overlap, rows of
    one key are neighbours, or lie at the ends of two runs.
    """
    marks = statement(
        "SELECT k, before, k < before OR row_no <> lag(row_no) OVER () + 1 AS begins FROM "
        "(SELECT row_no, {key} AS k, lag({key}) OVER () AS before FROM {table} WHERE fault = 0)",
        key=key,
        table=table,
    )
    con.execute(
        statement("SELECT count(*) FROM (SELECT 1 FROM ({marks}) WHERE begins LIMIT $most)", marks=marks),
        {"most": _MAX_STRETCHES},
    )
    if con.fetchall()[0][0] == _MAX_STRETCHES:
        return False
    con.execute(
        statement(
            "CREATE OR REPLACE TEMP TABLE marks AS FROM ({marks}) WHERE before IS NULL OR begins OR k = before",
            marks=marks,
        )
    )
    con.execute("SELECT k, before FROM marks WHERE before IS NULL OR begins")
    bounds = con.fetchall()
    con.execute(statement("SELECT arg_max({key}, rowid) FROM {table} WHERE fault = 0", key=key, table=table))
    starts = sorted(start for start, _ in bounds)
    ends = sorted(end for end in (*(before for _, before in bounds), con.fetchall()[0][0]) if end is not None)
    # Sorted by key, each run ends before the next one begins; the order of the runs in the table does not matter.
    meeting = list(zip(ends, starts[1:], strict=False))
    if any(end > start for end, start in meeting):
        return False
    con.execute(
        "CREATE OR REPLACE TEMP TABLE shared AS SELECT k FROM marks WHERE k = before UNION SELECT unnest($ends)",
        {"ends": [end for end, start in meeting if end == start]},
    )
    return True
