"""Numbering: dense numbers for borrowers, in order of their ids, and for loans, contiguous within each borrower.

The core sees only these numbers. A lender's own ids stay in the tables `borrower_index` and `loan_index`.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from risk_warning.book.sql import statement
from risk_warning.core.calendar import NEVER


def number_borrowers(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the id in `staged_borrowers` by its number."""
    con.execute(
        "CREATE TABLE borrower_index AS SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS borrower "
        "FROM (SELECT DISTINCT id FROM staged_borrowers)"
    )
    _replace(con, "borrowers", "JOIN borrower_index AS o USING (id)", "o.borrower, s.* EXCLUDE (id)")


def number_loans(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the id in `staged_loans` by its number."""
    con.execute(
        "CREATE TABLE loan_index AS SELECT loan_id, borrower, min(opened_on) AS opened_on, "
        "CAST(row_number() OVER (ORDER BY borrower, loan_id) - 1 AS INTEGER) AS loan "
        "FROM staged_loans GROUP BY loan_id, borrower"
    )
    _replace(con, "loans", "JOIN loan_index AS o USING (loan_id, borrower)", "o.loan, s.* EXCLUDE (loan_id)")


def number_loans_of(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    """Number the loans of a book without `loans`: each pair of borrower and loan_id in `tables` is a loan.

    An instalment without `scheduled_on` counts as scheduled a month before its loan's first due date. If it were known
    from the start, the schedule of a loan would be known before the borrower takes the loan.
    """
    pairs = " UNION ".join(
        statement("SELECT DISTINCT borrower, loan_id FROM staged_{table} WHERE fault = 0", table=table)
        for table in tables
    )
    con.execute(
        statement(
            "CREATE TABLE loan_index AS SELECT loan_id, borrower, "
            "CAST(row_number() OVER (ORDER BY borrower, loan_id) - 1 AS INTEGER) AS loan FROM ({pairs})",
            pairs=pairs,
        )
    )
    for table in tables:
        join, columns = "LEFT JOIN loan_index AS o USING (loan_id, borrower)", "o.loan, s.* EXCLUDE (loan_id)"
        if table == "instalments":
            join += (
                " LEFT JOIN (SELECT loan_id, borrower, CAST(CAST(DATE '1970-01-01' + min(due_on) - INTERVAL 1 MONTH "
                "AS DATE) - DATE '1970-01-01' AS INTEGER) AS day FROM staged_instalments WHERE fault = 0 "
                "GROUP BY loan_id, borrower) AS f USING (loan_id, borrower)"
            )
            columns += (
                f" REPLACE (CASE WHEN s.scheduled_on = {NEVER} THEN f.day ELSE s.scheduled_on END AS scheduled_on)"
            )
        _replace(con, table, join, columns)


def _replace(con: duckdb.DuckDBPyConnection, table: str, join: str, columns: str) -> None:
    con.execute(
        statement(
            "CREATE TABLE numbered AS SELECT {columns} FROM staged_{table} AS s {join}",
            columns=columns,
            table=table,
            join=join,
        )
    )
    con.execute(statement("DROP TABLE staged_{table}", table=table))
    con.execute(statement("ALTER TABLE numbered RENAME TO staged_{table}", table=table))
