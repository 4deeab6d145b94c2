"""The truth: what happened to each loan at any time, from everything recorded before a day.

Outcomes, roll rates and vintages are all computed from it, so they cannot disagree. Features never use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER, add_months, to_date, to_day
from risk_warning.core.history.closings import doubtful_closings
from risk_warning.core.history.instalments import Settled
from risk_warning.core.history.lateness import KnownDpd, KnownThrough, Lateness
from risk_warning.core.history.loans import Ends
from risk_warning.core.reach import PAYMENTS

if TYPE_CHECKING:
    from risk_warning.core.history.history import History

Days = NDArray[np.int32]


@dataclass(frozen=True)
class Lives:
    """The opening and end of each loan; arrays of shape (loans,). A loan without an opening day is never open."""

    borrower: NDArray[np.int32]
    opened_on: Days
    """Without the table `loans`: the day its first obligation became known, or the day of its first statement."""
    ended_on: Days
    """Without the table `loans`: the day its last obligation was settled, or a month after its last statement."""
    written_off_on: Days
    vanished: NDArray[np.bool_]
    """Whether its only sign of an end is that statements stop with something still owed: how it ended is unknown."""

    def open_at(self, day: int) -> NDArray[np.bool_]:
        """Whether each loan was open at the start of a day."""
        return (self.opened_on < day) & (self.ended_on >= day)


@dataclass(frozen=True)
class Truth:
    """The known course of the loans of a group of borrowers."""

    lives: Lives
    lateness: Lateness
    known: KnownThrough
    reported: KnownDpd | None
    settled: Settled | None
    ever_known: NDArray[np.bool_]
    """Whether each loan has a row that can show its days past due, shape (loans,)."""
    doubtful: NDArray[np.bool_]
    """Whether each loan's closing does not show how the loan ended, shape (loans,)."""

    @classmethod
    def of(cls, history: History, known_before: int = NEVER) -> Truth:
        """Compute the truth from what was recorded before the day `known_before`."""
        observed, owed = history.observed, history.obligations
        gap = observed.reach.statement_gap_days
        ends = history.accounts.ends(known_before)
        settled = None if owed is None else owed.settle(known_before, history.dpd_tolerance_ratio, ends)
        statement_dpd = None
        if history.statements is not None and observed.has("statements", "days_past_due"):
            statement_dpd = KnownDpd.of(history.statements, ends, known_before, gap)
        lives = _lives(history, settled, ends)
        flow = observed.reach.flows.get(PAYMENTS)
        through = observed.reach.given.get(PAYMENTS, None if flow is None else flow.tells_through)
        payments_until = min(known_before, NEVER if through is None else through + 1)
        known = KnownThrough.of(
            owed, settled, statement_dpd, lives.opened_on, payments_until=payments_until, gap_days=gap
        )
        ever_known = np.zeros(history.rows.n_loans, np.bool_)
        for part in (owed, statement_dpd):
            if part is not None:
                ever_known[part.loan] = True
        nothing = np.zeros(history.rows.n_loans, np.bool_)
        doubtful = doubtful_closings(history, settled, ends) if observed.closings_are_doubtful else nothing
        return cls(
            lives,
            Lateness.of(None if settled is None else settled.spells, statement_dpd, ends),
            known,
            statement_dpd,
            settled,
            ever_known,
            doubtful,
        )


def _lives(history: History, settled: Settled | None, ends: Ends) -> Lives:
    rows, accounts = history.rows, history.accounts
    borrower, vanished = np.zeros(rows.n_loans, np.int32), np.zeros(rows.n_loans, np.bool_)
    opened, ended = np.full(rows.n_loans, NEVER, np.int32), np.full(rows.n_loans, ALWAYS, np.int32)
    if accounts.dated:
        latest = accounts.current(NEVER)
        borrower[accounts.loan[latest]], opened[accounts.loan[latest]] = (
            accounts.borrower[latest],
            accounts.opened_on[latest],
        )
        ended = ends.ended_on
    else:
        for loan, owner, first, last in _seen(history, settled):
            borrower[loan] = owner
            np.minimum.at(opened, loan, first)
            np.maximum.at(ended, loan, last)
        vanished = _vanished(history)
    if rows.set_aside is not None:
        opened[rows.set_aside[borrower]] = NEVER
    return Lives(borrower, opened, ended, ends.written_off_on, vanished)


def _seen(
    history: History, settled: Settled | None
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], Days, Days]]:
    """Yield (loan, borrower, first day, last day) from the rows that show a loan as open, without the table `loans`."""
    if history.obligations is not None and settled is not None:
        owed = history.obligations
        yield owed.loan, owed.borrower, owed.scheduled_on, settled.settled_on
    if history.statements is not None:
        table = history.statements.columns
        days, position = np.unique(table["statement_on"], return_inverse=True)
        month_later = np.array([to_day(add_months(to_date(day), 1)) for day in days], np.int32)
        yield table["loan"], table["borrower"], table["statement_on"], month_later[position]


def _vanished(history: History) -> NDArray[np.bool_]:
    """Whether a loan has no instalments and its last statement does not show that nothing is owed, shape (loans,)."""
    vanished = np.zeros(history.rows.n_loans, np.bool_)
    if history.statements is None:
        return vanished
    table = history.statements.columns
    loan = table["loan"]
    # Rows are sorted by (loan, statement_on, recorded_on).
    last = np.append(loan[1:] != loan[:-1], True).nonzero()[0] if len(loan) else np.zeros(0, np.int64)
    balance = table["balance"][last] if "balance" in table else np.full(len(last), np.nan)
    dpd = table["days_past_due"][last] if "days_past_due" in table else np.full(len(last), np.nan)
    vanished[loan[last]] = ~((balance <= 0) & ~(dpd > 0))
    if history.obligations is not None:
        vanished[history.obligations.loan] = False
    return vanished
