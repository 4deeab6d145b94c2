"""Faults: why a row is set aside, as small codes in the staged tables and in words in the quarantine.

Of several rows with one key, identical ones leave the first; where they contradict each other none is kept, since
nothing says which is right. The same holds for an instalment whose rows disagree on what is owed and when.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from risk_warning.book.schema import TABLES
from risk_warning.book.sql import statement

REPEATED = "repeats a key, with the same content"
CONTRADICTED = "repeats a key, with other content"
DISAGREEING = "rows of one instalment disagree on due_on or due_amount"

_KEYS = {
    "borrowers": "id, valid_from",
    "loans": "loan_id, valid_from",
    # One 63-bit number groups faster than three columns; the two dates are days from 1990-01-01, 16 bits each.
    "statements": "(CAST(loan AS BIGINT) << 32) + (CAST(statement_on - 7305 AS BIGINT) << 16) + (recorded_on - 7305)",
    "outcomes": "(CAST(borrower AS BIGINT) << 32) + as_of_date",
}
_INSTALMENT = "(CAST(loan AS BIGINT) << 32) + (CAST(instalment_no AS BIGINT) + 2147483648)"


@dataclass
class Faults:
    """The faults seen in one table; code k is entry k − 1, 0 is a good row."""

    table: str
    reasons: list[tuple[str, str]] = field(default_factory=list)

    def code(self, column: str, reason: str) -> str:
        """SQL literal of the fault's code."""
        self.reasons.append((column, reason))
        return str(len(self.reasons))


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Nothing comes back; makes the tables that hold what was set aside."""
    con.execute(
        "CREATE TABLE quarantine (table_name VARCHAR, file VARCHAR, row_no BIGINT, column_name VARCHAR, reason VARCHAR)"
    )
    con.execute("CREATE TABLE set_aside (borrower INTEGER)")
    con.execute("CREATE TEMP TABLE reasons (fault USMALLINT, column_name VARCHAR, reason VARCHAR)")


def mark_doubles(con: duckdb.DuckDBPyConnection, faults: Faults, columns: tuple[str, ...]) -> None:
    """Nothing comes back; marks the rows of the staged table that repeat a key, or disagree on an instalment."""
    table = f"staged_{faults.table}"
    if faults.table == "instalments":
        con.execute(
            statement(
                "UPDATE {table} SET fault = {code} WHERE fault = 0 AND {key} IN "
                "(SELECT {key} FROM {table} WHERE fault = 0 GROUP BY ALL "
                "HAVING min(due_on) <> max(due_on) OR min(due_amount) <> max(due_amount))",
                table=table,
                key=_INSTALMENT,
                code=faults.code("instalment_no", DISAGREEING),
            )
        )
        return
    key = _KEYS.get(faults.table)
    if key is None:
        return
    if faults.table == "loans":
        con.execute(
            statement(
                "UPDATE {table} SET fault = {code} WHERE fault = 0 AND loan_id IN (SELECT loan_id FROM {table} "
                "WHERE fault = 0 GROUP BY loan_id HAVING min(borrower) <> max(borrower))",
                table=table,
                code=faults.code("loan_id", "belongs to more than one borrower"),
            )
        )
    if '"valid_from"' not in columns:
        key = key.removesuffix(", valid_from")
    twice = "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE fault = 0 GROUP BY {key} HAVING count(*) > 1)"
    con.execute(statement(twice, table=table, key=key))
    if con.fetchall()[0][0] == 0:
        return
    first = TABLES[faults.table].columns[0].name
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
            named="".join(f"{part} AS k{i}, " for i, part in enumerate(_parts(key))),
            names=", ".join(f"k{i}" for i in range(len(_parts(key)))),
            repeated=faults.code(first, REPEATED),
            contradicted=faults.code(first, CONTRADICTED),
        )
    )


def set_borrowers_aside(con: duckdb.DuckDBPyConnection, table: str, *, through_loans: bool) -> None:
    """Nothing comes back; notes the borrowers a marked row belongs to, also by way of a loan that was set aside."""
    con.execute(
        statement(
            "INSERT INTO set_aside SELECT DISTINCT borrower FROM staged_{table} "
            "WHERE fault <> 0 AND borrower IS NOT NULL",
            table=table,
        )
    )
    if through_loans:
        con.execute(
            statement(
                "INSERT INTO set_aside SELECT DISTINCT c.borrower FROM staged_{table} AS s "
                "JOIN loan_claims AS c ON c.loan_id = s.lost_loan",
                table=table,
            )
        )


def keep_claims(con: duckdb.DuckDBPyConnection) -> None:
    """Nothing comes back; keeps whom the marked rows of `staged_loans` say a loan belongs to."""
    con.execute(
        "CREATE TABLE loan_claims AS SELECT DISTINCT loan_id, borrower FROM staged_loans "
        "WHERE fault <> 0 AND loan_id IS NOT NULL AND borrower IS NOT NULL"
    )


def _parts(key: str) -> list[str]:
    return [key] if key.startswith("(") else key.split(", ")


def set_aside(con: duckdb.DuckDBPyConnection, faults: Faults, label: str, prefix: str) -> dict[tuple[str, str], int]:
    """(column, reason) → rows, the commonest first; moves the marked rows from the staged table to the quarantine."""
    table = f"staged_{faults.table}"
    con.execute(statement("SELECT fault, count(*) FROM {table} WHERE fault <> 0 GROUP BY fault", table=table))
    counts = {faults.reasons[code - 1]: rows for code, rows in con.fetchall()}
    if not counts:
        return {}
    con.execute("DELETE FROM reasons")
    con.executemany(
        "INSERT INTO reasons VALUES (?, ?, ?)", [(i + 1, *reason) for i, reason in enumerate(faults.reasons)]
    )
    con.execute(
        statement(
            "INSERT INTO quarantine SELECT $table, COALESCE(replace(s.file, $prefix, ''), $label), s.row_no, "
            "r.column_name, r.reason FROM {table} AS s JOIN reasons AS r USING (fault)",
            table=table,
        ),
        {"table": faults.table, "prefix": prefix, "label": label},
    )
    con.execute(statement("DELETE FROM {table} WHERE fault <> 0", table=table))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
