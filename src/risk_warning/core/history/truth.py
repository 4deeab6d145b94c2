"""The truth: what became of each loan, by all that was recorded before a day, whenever it happened.

It is what outcomes, roll rates and vintages are read from, so that they cannot disagree. Features never see it.
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
from risk_warning.core.history.lateness import Known, Lateness, Told
from risk_warning.core.history.loans import Ends
from risk_warning.core.reach import PAYMENTS

if TYPE_CHECKING:
    from risk_warning.core.history.history import History

Days = NDArray[np.int32]


@dataclass(frozen=True)
class Lives:
    """When each loan was open; arrays of shape (loans,). A loan without a day it was opened is never open."""

    borrower: NDArray[np.int32]
    opened_on: Days
    """Without `loans`: the day its first obligation was known, or of its first statement."""
    ended_on: Days
    """Without `loans`: the day its last obligation was settled, or a month after its last statement."""
    written_off_on: Days
    vanished: NDArray[np.bool_]
    """Whether it ended only in that its statements stopped, with something owed: what became of it is not known."""

    def open_at(self, day: int) -> NDArray[np.bool_]:
        """Whether each loan was open at the start of a day."""
        return (self.opened_on < day) & (self.ended_on >= day)


@dataclass(frozen=True)
class Truth:
    """What became of some borrowers' loans."""

    lives: Lives
    lateness: Lateness
    known: Known
    told: Told | None
    settled: Settled | None
    ever_told: NDArray[np.bool_]
    """Whether any row of each loan could tell its days past due, shape (loans,)."""
    doubtful: NDArray[np.bool_]
    """Whether each loan was closed in a way that leaves open what became of it, shape (loans,)."""

    @classmethod
    def of(cls, history: History, known_before: int = NEVER) -> Truth:
        """The truth by what was recorded before the day."""
        observed, owed = history.observed, history.obligations
        gap = observed.reach.statement_gap_days
        ends = history.accounts.ends(known_before)
        settled = None if owed is None else owed.settle(known_before, history.dpd_tolerance_ratio, ends)
        told = None
        if history.statements is not None and observed.has("statements", "days_past_due"):
            told = Told.of(history.statements, ends, known_before, gap)
        lives = _lives(history, settled, ends)
        flow = observed.reach.flows.get(PAYMENTS)
        through = observed.reach.given.get(PAYMENTS, None if flow is None else flow.tells_through)
        payments_until = min(known_before, NEVER if through is None else through + 1)
        known = Known.of(owed, settled, told, lives.opened_on, payments_until=payments_until, gap_days=gap)
        ever_told = np.zeros(history.rows.n_loans, np.bool_)
        for part in (owed, told):
            if part is not None:
                ever_told[part.loan] = True
        nothing = np.zeros(history.rows.n_loans, np.bool_)
        doubtful = doubtful_closings(history, settled, ends) if observed.closings_are_doubtful else nothing
        return cls(
            lives,
            Lateness.of(None if settled is None else settled.spells, told, ends),
            known,
            told,
            settled,
            ever_told,
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
    """(loan, borrower, first day, last day) of what says that a loan is open where the table `loans` is missing."""
    if history.obligations is not None and settled is not None:
        owed = history.obligations
        yield owed.loan, owed.borrower, owed.scheduled_on, settled.settled_on
    if history.statements is not None:
        table = history.statements.columns
        days, position = np.unique(table["statement_on"], return_inverse=True)
        month_later = np.array([to_day(add_months(to_date(day), 1)) for day in days], np.int32)
        yield table["loan"], table["borrower"], table["statement_on"], month_later[position]


def _vanished(history: History) -> NDArray[np.bool_]:
    """Loans without instalments whose last statement does not say that nothing is owed, shape (loans,)."""
    found = np.zeros(history.rows.n_loans, np.bool_)
    if history.statements is None:
        return found
    table = history.statements.columns
    loan = table["loan"]
    # Rows stand in order of (loan, statement_on, recorded_on).
    last = np.append(loan[1:] != loan[:-1], True).nonzero()[0] if len(loan) else np.zeros(0, np.int64)
    balance = table["balance"][last] if "balance" in table else np.full(len(last), np.nan)
    dpd = table["days_past_due"][last] if "days_past_due" in table else np.full(len(last), np.nan)
    found[loan[last]] = ~((balance <= 0) & ~(dpd > 0))
    if history.obligations is not None:
        found[history.obligations.loan] = False
    return found
