"""Closings: loans whose closing does not show how they ended.

A loan closed while past due, with no payment near the closing, may have been paid, sold or charged off. A loan closed
as another loan of the same borrower opens may have been refinanced. If the lender does not report how loans were closed
(`closed_as`) and there are more than a few such closings, nobody knows whether these loans ended well.
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
"""Share of doubtful closings above which the outcome of these loans counts as unknown."""
NEAR_DAYS = 7
"""A payment at most this many days from the closing may have paid the loan off."""
REFINANCED_DAYS = 1
"""A loan opened at most this many days from the closing of another may have replaced it."""


def doubtful_closings(history: History, settled: Settled | None, ends: Ends) -> NDArray[np.bool_]:
    """Return whether each loan's closing does not show how the loan ended, shape (loans,).

    A loan that the lender reports as sold is doubtful. A loan that it reports as paid or refinanced is not.
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
    is_doubtful: NDArray[np.bool_] = closed & np.where(answer >= 0, answer == CLOSED_AS.index(SOLD), doubtful)
    return is_doubtful


def _closed_as(accounts: Accounts, names: tuple[str, ...], n: int) -> NDArray[np.int64]:
    """Position in `CLOSED_AS` of how each loan was closed, -1 if missing or not in `CLOSED_AS`; shape (n,)."""
    position = np.full(n, -1, np.int64)
    if "closed_as" in accounts.table:
        meaning = np.array([CLOSED_AS.index(name) if name in CLOSED_AS else -1 for name in names] + [-1], np.int64)
        latest = accounts.current(NEVER)
        position[accounts.loan[latest]] = meaning[accounts.table["closed_as"][latest]]
    return position


def _replaced(accounts: Accounts, ends: Ends, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether another loan of the same borrower opened near the closing of each loan, shape (loans,)."""
    latest = accounts.current(NEVER)
    owner, opened = np.zeros(len(closed), np.int64), np.full(len(closed), -1, np.int64)
    owner[accounts.loan[latest]], opened[accounts.loan[latest]] = accounts.borrower[latest], accounts.opened_on[latest]
    span = np.int64(1) << 32
    openings = np.sort(owner * span + opened)
    loan = np.flatnonzero(closed)
    at = owner[loan] * span + ends.ended_on[loan]
    low = np.searchsorted(openings, at - REFINANCED_DAYS, side="left")
    high = np.searchsorted(openings, at + REFINANCED_DAYS, side="right")
    # A loan closed within REFINANCED_DAYS of its own opening is itself among the counted openings.
    itself = np.abs(opened[loan] - ends.ended_on[loan]) <= REFINANCED_DAYS
    is_replaced = np.zeros(len(closed), np.bool_)
    is_replaced[loan[high - low - itself > 0]] = True
    return is_replaced
