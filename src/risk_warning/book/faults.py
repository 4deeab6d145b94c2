"""Faults: the reasons why rows are set aside, as small codes in staged tables and as text in the quarantine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import duckdb

from risk_warning.book.sql import statement


@dataclass
class Faults:
    """The faults of one table. Code k is entry k − 1 of `reasons`; code 0 is a good row."""

    table: str
    reasons: list[tuple[str, str]] = field(default_factory=list)

    def code(self, column: str, reason: str) -> str:
        """Add a fault and return the SQL literal of its code."""
        self.reasons.append((column, reason))
        return str(len(self.reasons))


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables for the rows that are set aside."""
    con.execute(
        "CREATE TABLE quarantine (table_name VARCHAR, file VARCHAR, row_no BIGINT, column_name VARCHAR, reason VARCHAR)"
    )
    con.execute("CREATE TABLE set_aside (borrower INTEGER)")
    con.execute("CREATE TEMP TABLE reasons (fault USMALLINT, column_name VARCHAR, reason VARCHAR)")


def set_borrowers_aside(
    con: duckdb.DuckDBPyConnection, faults: Faults, *, through_loans: bool, harmless: Collection[str] = ()
) -> None:
    """Record the borrowers of marked rows, and with `through_loans` those linked by a loan that was set aside.

    Rows marked for a `harmless` reason are skipped: their borrowers lose no data.
    """
    table = faults.table
    passed = [code for code, (_, reason) in enumerate(faults.reasons, start=1) if reason in harmless]
    con.execute(
        statement(
            "INSERT INTO set_aside SELECT DISTINCT borrower FROM staged_{table} "
            "WHERE fault NOT IN ({passed}) AND borrower IS NOT NULL",
            table=table,
            passed=", ".join(str(code) for code in (0, *passed)),
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
    """Store which borrower each marked row of `staged_loans` names as the owner of a loan."""
    con.execute(
        "CREATE TABLE loan_claims AS SELECT DISTINCT loan_id, borrower FROM staged_loans "
        "WHERE fault <> 0 AND loan_id IS NOT NULL AND borrower IS NOT NULL"
    )


def set_aside(con: duckdb.DuckDBPyConnection, faults: Faults, label: str, prefix: str) -> dict[tuple[str, str], int]:
    """Move the marked rows from the staged table to the quarantine.

    Returns
    -------
    dict
        (column, reason) → number of rows, the most frequent first.
    """
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
            "INSERT INTO quarantine SELECT $table, COALESCE(replace(CAST(s.file AS VARCHAR), $prefix, ''), $label), "
            "s.row_no, r.column_name, r.reason FROM {table} AS s JOIN reasons AS r USING (fault)",
            table=table,
        ),
        {"table": faults.table, "prefix": prefix, "label": label},
    )
    con.execute(statement("DELETE FROM {table} WHERE fault <> 0", table=table))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
