"""The core agrees with the day-by-day loop on who is late, eligible, bad, good or unknown, on each of many days."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counts import count
from random_rows import AS_OF, OBSERVED, random_rows

from risk_warning.core.calendar import to_day
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.labels import outcomes
from risk_warning.core.outcomes.target import REASONS, TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import Rows

sys.path.append(str(Path(__file__).parent))
from slow_days import SlowLoan, outcome

SPEC = TargetSpec(min_history=0)
DAYS = 60
PER_BOOK = 5


def records(rows: Rows, table: str, borrower: int) -> list[dict[str, Any]]:
    columns = getattr(rows, table)
    chosen = np.flatnonzero(columns["borrower"] == borrower)
    return [{name: values[i].item() for name, values in columns.items()} for i in chosen]


def loans_of(rows: Rows, borrower: int) -> list[SlowLoan]:
    loans: dict[int, SlowLoan] = {}
    for row in records(rows, "loans", borrower):
        loans.setdefault(row["loan"], SlowLoan([], {}, [])).terms.append(row)
    for row in records(rows, "instalments", borrower):
        loans[row["loan"]].instalments.setdefault(row["instalment_no"], []).append(row)
    for row in records(rows, "statements", borrower):
        loans[row["loan"]].statements.append(row)
    return list(loans.values())


def reason(loans: list[SlowLoan], day: int, year_ago: int) -> str | None:
    """Return why a borrower is not scored; other tests compare statements' days past due, so these books have none."""
    late, late_now = (
        [d for one in loans if (d := one.dpd(day, day, first_version=first)) is not None] for first in (True, False)
    )
    if not any(one.is_open(day) for one in loans):
        return "no_open_loan"
    if late and max(late) > 29:
        return "on_plan" if max(late_now) <= 29 else "past_due"
    if any(lost and end >= year_ago for end, lost in (one.end(day) for one in loans)):
        return "written_off"
    return None


def book(seed: int) -> Rows:
    """Return random rows in which every third loan has only statements, one in most months, and is seldom late."""
    rows, random = random_rows(seed, PER_BOOK), np.random.default_rng([seed, 1])
    assert rows.instalments is not None and rows.statements is not None and rows.loans is not None
    owed = rows.instalments
    kept = (owed["loan"] % 3 != 0) & (random.random(len(owed["loan"])) < 0.7)
    alone = np.arange(0, rows.n_loans, 3)
    owner = np.zeros(rows.n_loans, np.int32)
    owner[rows.loans["loan"]] = rows.loans["borrower"]
    month = to_day(AS_OF) - 900 + 30 * np.arange(34)
    loan, day = (part.ravel() for part in np.meshgrid(alone, month))
    there = random.random(len(loan)) < 0.92
    loan, day = loan[there].astype(np.int32), day[there].astype(np.int32)
    dpd = random.choice([0.0, 0.0, 0.0, 0.0, 12.0, 35.0, np.nan], len(loan), p=[0.4, 0.2, 0.2, 0.1, 0.06, 0.02, 0.02])
    old = rows.statements
    others = old["loan"] % 3 != 0
    statements = {
        "borrower": np.concatenate((old["borrower"][others], owner[loan])),
        "loan": np.concatenate((old["loan"][others], loan)),
        "statement_on": np.concatenate((old["statement_on"][others], day)),
        "recorded_on": np.concatenate((old["recorded_on"][others], day + random.integers(0, 3, len(day)))),
        "days_past_due": np.concatenate((old["days_past_due"][others], dpd)),
    }
    return replace(
        rows,
        instalments={name: column[kept] for name, column in owed.items()},
        statements={name: np.asarray(column, old[name].dtype) for name, column in statements.items()},
    )


OBSERVED_DAYS = replace(
    OBSERVED,
    columns={**OBSERVED.columns, "statements": frozenset({"statement_on", "days_past_due"})},
    numeric=frozenset(),
)


@pytest.mark.slow
def test_every_borrower_on_every_day_is_what_the_loop_says(record_property: Any) -> None:
    books, compared = count(500) // PER_BOOK, 0
    first = AS_OF - timedelta(days=400)
    seen: dict[str, int] = {}
    for seed in range(books):
        rows = book(seed)
        history = History.of(rows, OBSERVED_DAYS)
        loans = [loans_of(rows, borrower) for borrower in range(rows.n)]
        by_rows = History.of(
            Rows(
                rows.borrower_id, rows.n_loans, rows.borrowers, rows.loans, rows.instalments, categories=rows.categories
            ),
            OBSERVED_DAYS,
        )
        random = np.random.default_rng(seed)
        for shift in np.sort(random.choice(420, DAYS, replace=False)).tolist():
            as_of = first + timedelta(days=shift)
            day, end = to_day(as_of), to_day(SPEC.window_end(as_of))
            panel = panel_of(by_rows, as_of, needs=())
            why = not_scored(panel, SPEC, None)
            known = outcomes(history, as_of, SPEC)
            for borrower in range(rows.n):
                own = loans[borrower]
                late = [d for one in own if (d := one.dpd(day, day, first_version=True)) is not None]
                dpd = panel["dpd"][0, borrower]
                assert (None if np.isnan(dpd) else dpd) == (max(late) if late else None), (seed, as_of, borrower)
                year_ago = to_day(date(as_of.year - 1, as_of.month, min(as_of.day, 28 if as_of.month == 2 else 31)))
                code = why[borrower]
                assert (None if code < 0 else REASONS[code]) == reason(own, day, year_ago), (seed, as_of, borrower)
                slow = outcome(own, day, end, SPEC.bad_dpd, 31)
                fast = "bad" if known.bad(end)[borrower] else "good" if known.known(end)[borrower] else "unknown"
                assert fast == slow, (seed, as_of, borrower)
                seen[slow] = seen.get(slow, 0) + 1
                compared += 1
    record_property("days compared", compared)
    record_property("outcomes", seen)
    assert compared == books * PER_BOOK * DAYS
    assert set(seen) == {"bad", "good", "unknown"}
    assert min(seen.values()) > 0.02 * compared, "each outcome is common enough to have been tested"
