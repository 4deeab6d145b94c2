"""Flows: the days on which a staged book's tables have rows, and the rows with implausible dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from risk_warning.book.sql import statement
from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.reach import EVENTS, PAYMENTS, STATEMENTS, Flow, Reach, statement_gap_days
from risk_warning.settings import BookSettings

STRAY = "is a stray date, after today or long after the others"
_SAMPLED_LOANS = 20_000
_FLOWS: Mapping[str, tuple[str, str]] = {
    PAYMENTS: ("paid_on", f"CASE WHEN paid_on = {NEVER} THEN {NEVER} ELSE greatest(paid_on, recorded_on) END"),
    STATEMENTS: ("statement_on", "greatest(statement_on, recorded_on)"),
    EVENTS: ("occurred_at", "greatest(occurred_on, recorded_on)"),
}
"""Table → (column that messages name, SQL of the day on which a row becomes known); `NEVER` means no payment."""


@dataclass(frozen=True)
class Stray:
    """A table with rows dated after its reach."""

    table: str
    column: str
    day: str
    """SQL of the day on which a row becomes known."""
    last: int
    """Last day of the reach."""


def stray_rows(con: duckdb.DuckDBPyConnection, rows: Mapping[str, int], today: date | None) -> Iterator[Stray]:
    """Yield the tables with rows dated after today, or after a gap so long that the dates are implausible."""
    for table, (column, day) in _FLOWS.items():
        if rows.get(table):
            days, count = _days(con, table)
            past = len(days) if today is None else int(np.searchsorted(days, to_day(today), side="right"))
            flow = Flow.of(days[:past], count[:past])
            if len(flow.days) and flow.days[-1] < days[-1]:
                yield Stray(table, column, day, int(flow.days[-1]))


def reach_of(con: duckdb.DuckDBPyConnection, rows: Mapping[str, int], settings: BookSettings) -> Reach:
    """Return how far the staged tables reach; stray rows must already be set aside."""
    flows = {}
    gap = _statement_gap_days(con) if rows.get(STATEMENTS) else 31
    for table in _FLOWS:
        if rows.get(table):
            days, count = _days(con, table)
            if not len(days):
                continue
            flow = Flow.of(days, count)
            if table == STATEMENTS:
                con.execute("SELECT max(statement_on) FROM staged_statements")
                flow = replace(flow, tells_through=int(con.fetchall()[0][0]) + gap - 1)
            flows[table] = flow
    if PAYMENTS in flows:
        flows[PAYMENTS] = flows[PAYMENTS].covering_until(max(int(flow.days[-1]) for flow in flows.values()))
    return Reach(
        flows=flows,
        given={table: to_day(day) for table, day in settings.data_through.items() if table in flows},
        freshness_days={table: settings.freshness_of(table) for table in _FLOWS},
        statement_gap_days=gap,
    )


def reach_from(
    days: Mapping[str, tuple[NDArray[np.int32], NDArray[np.int64]]], settings: BookSettings, data_through: date | None
) -> Reach:
    """Return how far tables with rows on these days reach, for scoring.

    If `data_through` is given, all tables reach through that day.
    """
    given = {} if data_through is None else dict.fromkeys(days, to_day(data_through))
    return Reach(
        flows={table: Flow.of(*days_and_counts) for table, days_and_counts in days.items() if len(days_and_counts[0])},
        given={**given, **{table: to_day(day) for table, day in settings.data_through.items()}},
        freshness_days={table: settings.freshness_of(table) for table in _FLOWS},
    )


def _days(con: duckdb.DuckDBPyConnection, table: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    counts = con.sql(
        statement(
            "SELECT day, count(*) AS n FROM (SELECT {day} AS day FROM staged_{table}) WHERE day <> {never} "
            "GROUP BY day ORDER BY day",
            day=_FLOWS[table][1],
            table=table,
            never=str(NEVER),
        )
    ).to_arrow_table()
    return counts.column(0).to_numpy().astype(np.int32), counts.column(1).to_numpy().astype(np.int64)


def _statement_gap_days(con: duckdb.DuckDBPyConnection) -> int:
    """Return the days between consecutive statements of a loan with none skipped, from a sample of the loans."""
    con.execute("SELECT COALESCE(max(loan), 0) FROM staged_statements")
    stride = int(con.fetchall()[0][0]) // _SAMPLED_LOANS + 1
    rows = con.sql(
        "SELECT day - lag(day) OVER (PARTITION BY loan ORDER BY day) AS gap FROM "
        "(SELECT DISTINCT loan, statement_on AS day FROM staged_statements WHERE loan % $stride = 0)",
        params={"stride": stride},
    ).to_arrow_table()
    gaps = rows.column(0).drop_null().to_numpy()
    return statement_gap_days(gaps)
