"""Target: who is eligible, who turned bad, and since when that is known.

Bad: a loan open at the as-of date reaches `bad_dpd` days past due, or is written off, in
`[as_of, as_of + horizon_months)`, by payments as they truly happened.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, add_months, to_day
from risk_warning.core.instalments import Spells
from risk_warning.core.panel import History, Panel

REASONS = ("no_open_loan", "past_due", "too_little_history", "rows_set_aside")
"""Why a borrower is not scored, in the order in which they are looked at."""


@dataclass(frozen=True)
class TargetSpec:
    """What is predicted, and for whom."""

    horizon_months: int = 3
    bad_dpd: int = 30
    eligible_max_dpd: int | None = 29
    """None: everyone, however late ("any")."""
    min_history: int = 3
    """Periods with a record."""
    dpd_tolerance_ratio: float = 0.01

    def window_end(self, as_of_date: date) -> date:
        """First day after the outcome window."""
        return add_months(as_of_date, self.horizon_months)

    def is_mature(self, as_of_date: date, data_through: date) -> bool:
        """Whether the whole window lies in the data; the book is complete through the end of `data_through`."""
        return (self.window_end(as_of_date) - data_through).days <= 1


def not_scored(
    panel: Panel, spec: TargetSpec, set_aside: NDArray[np.bool_] | None, *, waive_open_loan: bool = False
) -> NDArray[np.int8]:
    """Index into `REASONS` for each borrower, -1 where eligible; shape (n,).

    `waive_open_loan` is for a loan under review: who asks for one needs no other that is open.
    """
    reason = np.full(panel.n, -1, np.int8)
    if set_aside is not None:
        reason[set_aside] = 3
    reason[panel.record_periods < spec.min_history] = 2
    if spec.eligible_max_dpd is not None and "dpd" in panel.signals:
        # An unknown DPD (NaN) compares False: counted, shown, and eligible.
        reason[panel["dpd"][0] > spec.eligible_max_dpd] = 1
    if not waive_open_loan:
        reason[~panel.has_open_loan] = 0
    return reason


def is_bad(history: History, as_of_date: date, spec: TargetSpec) -> NDArray[np.bool_]:
    """Whether each borrower turned bad in the window, from all payments in the book; shape (n,)."""
    return bad_on(history, as_of_date, spec) < to_day(spec.window_end(as_of_date))


def bad_on(history: History, as_of_date: date, spec: TargetSpec, *, known_before: int = NEVER) -> NDArray[np.int32]:
    """First day, from the as-of date on, on which each borrower was bad, `NEVER` where there is none; shape (n,).

    By what was recorded before the day `known_before`, all of the book where left out. Days after the data's end are
    what would have been had nobody paid any more: they tell nothing.
    """
    rows, accounts = history.rows, history.accounts
    as_of = to_day(as_of_date)
    first = np.full(rows.n, NEVER, np.int32)
    is_open = np.ones(rows.n_loans, np.bool_)
    if accounts.dated:
        is_open[:] = False
        live = accounts.open_rows(as_of)
        is_open[accounts.loan[live]] = True
        np.minimum.at(first, accounts.borrower[live], np.maximum(accounts.written_off_on[live], as_of))
    if history.obligations is not None:
        spells = history.obligations.settle(known_before, spec.dpd_tolerance_ratio).spells
        reached = _reached_on(spells, as_of, spec.bad_dpd)
        late = np.flatnonzero((reached != NEVER) & is_open[spells.loan])
        np.minimum.at(first, spells.borrower[late], reached[late])
    if history.statements is not None and history.observed.has("statements", "days_past_due"):
        table = history.statements.columns
        known = (table["statement_on"] >= as_of) & (table["recorded_on"] < known_before)
        known &= (table["days_past_due"] >= spec.bad_dpd) & is_open[table["loan"]]
        np.minimum.at(first, table["borrower"][known], table["statement_on"][known])
    return first


def _reached_on(spells: Spells, as_of: int, bad_dpd: int) -> NDArray[np.int32]:
    """First day, from the as-of date on, at whose start the obligation is that late, or `NEVER`."""
    first = np.maximum(np.maximum(spells.due_on.astype(np.int64) + bad_dpd, spells.start.astype(np.int64) + 1), as_of)
    return np.where(first <= spells.end, first, NEVER).astype(np.int32)


def outcomes(
    history: History, as_of_date: date, spec: TargetSpec, given_on: Collection[date]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(known, bad) of each borrower, from outside on the dates they are given on, else from payments; shape (n,)."""
    if as_of_date in given_on:
        return given_outcomes(history, as_of_date)
    return np.ones(history.rows.n, np.bool_), is_bad(history, as_of_date, spec)


def given_outcomes(history: History, as_of_date: date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(has a row, bad) of the table `outcomes` on this date; each of shape (n,)."""
    has_row, bad = np.zeros(history.rows.n, np.bool_), np.zeros(history.rows.n, np.bool_)
    table = history.rows.outcomes
    if table is not None:
        here = table["as_of_date"] == to_day(as_of_date)
        has_row[table["borrower"][here]] = True
        bad[table["borrower"][here]] = table["bad"][here] == 1
    return has_row, bad
