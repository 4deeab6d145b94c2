"""Closings: which loans were closed in a way that leaves open what became of them.

A loan closed while past due, with no payment near the closing, may have been paid, sold or charged off; one closed as
another of the same borrower opens may have been refinanced. Where the lender does not say (`closed_as`) and such
closings are more than a few, nobody can tell whether they ended well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.history.instalments import Settled
from risk_warning.core.history.loans import CLOSED_AS, SOLD, Accounts, Ends

if TYPE_CHECKING:
    from risk_warning.core.history.history import History

MAX_DOUBTFUL_SHARE = 0.01
"""Share of the closings above which it is a question."""
NEAR_DAYS = 7
"""A payment so many days from the closing may have paid the loan off."""
REFINANCED_DAYS = 1
"""A loan opened so many days from the closing of another may have replaced it."""


def doubtful_closings(history: History, settled: Settled | None, ends: Ends) -> NDArray[np.bool_]:
    """Whether each loan was closed in a way that leaves open what became of it, shape (loans,).

    Sold loans are doubtful whenever the lender says so; those it says were paid or refinanced are not.
    """
    accounts, n = history.accounts, history.rows.n_loans
    closed = (ends.ended_on != NEVER) & (ends.written_off_on == NEVER)
    if not accounts.dated or not closed.any():
        return np.zeros(n, np.bool_)
    answer = _closed_as(accounts, history.rows.categories.get("loans.closed_as", ()), n)
    late = np.zeros(n, np.bool_)
    if settled is not None and history.obligations is not None:
        owed, spells = history.obligations, settled.spells
        late[spells.loan[spells.end == ends.ended_on[spells.loan]]] = True
        loan_of_row = np.repeat(owed.loan, owed.rows)
        near = (np.abs(owed.paid_on.astype(np.int64) - ends.ended_on[loan_of_row]) <= NEAR_DAYS) & (
            owed.paid_amount > 0
        )
        late[loan_of_row[near & (owed.paid_on != NEVER)]] = False
    doubtful = late | _replaced(accounts, ends, closed)
    found: NDArray[np.bool_] = closed & np.where(answer >= 0, answer == CLOSED_AS.index(SOLD), doubtful)
    return found


def _closed_as(accounts: Accounts, names: tuple[str, ...], n: int) -> NDArray[np.int64]:
    """Position in `CLOSED_AS` of what the lender says of each loan, -1 where it says nothing known; shape (n,)."""
    found = np.full(n, -1, np.int64)
    if "closed_as" in accounts.table:
        meaning = np.array([CLOSED_AS.index(name) if name in CLOSED_AS else -1 for name in names] + [-1], np.int64)
        latest = accounts.current(NEVER)
        found[accounts.loan[latest]] = meaning[accounts.table["closed_as"][latest]]
    return found


def _replaced(accounts: Accounts, ends: Ends, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether another loan of the borrower opened near the closing of each, shape (loans,)."""
    latest = accounts.current(NEVER)
    owner, opened = np.zeros(len(closed), np.int64), np.full(len(closed), -1, np.int64)
    owner[accounts.loan[latest]], opened[accounts.loan[latest]] = accounts.borrower[latest], accounts.opened_on[latest]
    span = np.int64(1) << 32
    openings = np.sort(owner * span + opened)
    loan = np.flatnonzero(closed)
    at = owner[loan] * span + ends.ended_on[loan]
    low = np.searchsorted(openings, at - REFINANCED_DAYS, side="left")
    high = np.searchsorted(openings, at + REFINANCED_DAYS, side="right")
    # A loan closed within days of its own opening finds itself.
    itself = np.abs(opened[loan] - ends.ended_on[loan]) <= REFINANCED_DAYS
    found = np.zeros(len(closed), np.bool_)
    found[loan[high - low - itself > 0]] = True
    return found
