"""What amounts and rows show together: per cent, minor units, parts of an instalment, and repeated rows."""

from __future__ import annotations

import duckdb

from risk_warning.book.mapping.columns import projection_of
from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.sql import quoted, statement

_HUNDRED = (30.0, 300.0)
"""Two amounts of one loan whose ratio lies here are in different units: one has no decimal point."""
_MANY = 0.01
_LARGEST_RATE = 1.0


def look_across(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    """Add to the proposal what several columns show together."""
    for match in proposal.matches:
        if proposal.tables[match.table].columns:
            _create_view(con, proposal, match)
    _rates(con, proposal)
    _minor_units(con, proposal)
    _part_payments(con, proposal)
    _repeats(con, proposal)
    _payments(con, proposal)
    _closings(con, proposal)


def _create_view(con: duckdb.DuckDBPyConnection, proposal: Proposal, match: Match) -> None:
    """Create `read_TABLE` with the part's rows as the mapping reads them so far."""
    table = proposal.mapping().tables[match.table]
    projection = projection_of(table, match.part.relation, tuple(table.columns))
    columns = ", ".join(f"{sql} AS {quoted(name, table.columns)}" for name, sql in projection.columns.items())
    con.execute(
        statement(
            "CREATE OR REPLACE TEMP TABLE read_{table} AS SELECT {columns} FROM {raw}",
            table=match.table,
            columns=columns,
            raw=match.part.raw,
        ),
        projection.parameters,
    )


def _has(proposal: Proposal, table: str, *columns: str) -> bool:
    return table in proposal.tables and set(columns) <= set(proposal.tables[table].columns)


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[float | None, ...]:
    con.execute(sql)
    row: tuple[float | None, ...] = con.fetchall()[0]
    return row


def _rates(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    if not _has(proposal, "loans", "annual_rate") or proposal.column("loans", "annual_rate").divide is not None:
        return
    (middle,) = _one(con, "SELECT median(TRY_CAST(annual_rate AS DOUBLE)) FROM read_loans")
    if middle is not None and middle > _LARGEST_RATE:
        proposal.set_column("loans", "annual_rate", divide=100)
        proposal.note("loans", "annual_rate", "most rates are above 1, so annual_rate is per cent, divided by 100")


def _minor_units(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    if not (_has(proposal, "loans", "principal", "loan_id") and _has(proposal, "instalments", "due_amount", "loan_id")):
        return
    (ratio,) = _one(
        con,
        "SELECT median(owed / principal) FROM (SELECT loan_id, sum(TRY_CAST(due_amount AS DOUBLE)) AS owed "
        "FROM read_instalments GROUP BY loan_id) JOIN (SELECT loan_id, TRY_CAST(principal AS DOUBLE) AS principal "
        "FROM read_loans) USING (loan_id) WHERE principal > 0",
    )
    if ratio is None:
        return
    if _HUNDRED[0] < ratio < _HUNDRED[1]:
        for name in ("due_amount", "paid_amount"):
            if _has(proposal, "instalments", name):
                proposal.set_column("instalments", name, divide=100)
        proposal.note(
            "instalments",
            "due_amount",
            f"what falls due of a loan is {ratio:.0f} times its principal, so these amounts are in minor units, "
            "divided by 100",
        )
    elif 1 / _HUNDRED[1] < ratio < 1 / _HUNDRED[0]:
        proposal.set_column("loans", "principal", divide=100)
        proposal.note("loans", "principal", "the principal is about 100 times what falls due, so it is in minor units")


def _part_payments(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    if not _has(proposal, "instalments", "loan_id", "instalment_no", "due_on", "due_amount"):
        return
    version = ", scheduled_on" if _has(proposal, "instalments", "scheduled_on") else ""
    split, instalments = _one(
        con,
        statement(
            "SELECT count_if(lowest <> highest), count(*) FROM (SELECT min(TRY_CAST(due_amount AS DOUBLE)) AS lowest, "
            "max(TRY_CAST(due_amount AS DOUBLE)) AS highest FROM read_instalments GROUP BY loan_id, instalment_no, "
            "due_on{version})",
            version=version,
        ),
    )
    if split and instalments and split > _MANY * instalments:
        proposal.set_table("instalments", part_payments="split")
        proposal.note(
            "instalments",
            "due_amount",
            f"the rows of {split:,.0f} instalments carry different amounts due, so each carries its part of them",
        )


def _repeats(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    if not _has(proposal, "instalments", "loan_id", "instalment_no", "due_amount"):
        return
    if proposal.tables["instalments"].part_payments == "split":
        return
    names = ", ".join(
        quoted(name, proposal.tables["instalments"].columns) for name in proposal.tables["instalments"].columns
    )
    repeated, rows = _one(
        con,
        statement("SELECT count(*) - count(DISTINCT ({names})), count(*) FROM read_instalments", names=names),
    )
    if not repeated or not rows or repeated <= _MANY * rows:
        return
    reads_once = True
    if _has(proposal, "instalments", "paid_amount"):
        (too_much,) = _one(
            con,
            statement(
                "SELECT avg(CAST(paid > 1.01 * due AS INTEGER)) FROM (SELECT "
                "sum(TRY_CAST(paid_amount AS DOUBLE)) AS paid, max(TRY_CAST(due_amount AS DOUBLE)) AS due, "
                "count(*) - count(DISTINCT ({names})) AS more FROM "
                "read_instalments GROUP BY loan_id, instalment_no) WHERE more > 0 AND paid IS NOT NULL",
                names=names,
            ),
        )
        reads_once = too_much is None or too_much > 0.5
    proposal.set_table("instalments", repeats="once" if reads_once else "count")
    verdict = (
        "more would be paid than was due, so each is read once"
        if reads_once
        else "exactly what was due is paid, so both count"
    )
    proposal.note(
        "instalments",
        None,
        f"{repeated:,.0f} rows repeat another in every column; counted twice, {verdict}",
    )


def _payments(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    if not _has(proposal, "instalments", "paid_on"):
        return
    (paid,) = _one(con, "SELECT count(paid_on) FROM read_instalments")
    if not paid:
        proposal.ask_about(
            "instalments", "Nobody ever paid: paid_on is empty in every row. Which export has the payments?"
        )


def _closings(con: duckdb.DuckDBPyConnection, proposal: Proposal) -> None:
    if not _has(proposal, "loans", "closed_on", "opened_on"):
        return
    early, closed = _one(
        con,
        "SELECT count_if(TRY_CAST(closed_on AS DATE) < TRY_CAST(opened_on AS DATE)), count(closed_on) FROM read_loans",
    )
    if early and closed and early > _MANY * closed:
        proposal.ask_about(
            "loans",
            f"{early:,.0f} of {closed:,.0f} loans have closed_on before opened_on. Which column says when a loan "
            "ended?",
        )
