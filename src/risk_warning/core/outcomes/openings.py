"""Openings: the days on which somebody had just opened a loan, as at the review of that loan.

A loan opened on day d is first known at the start of day d + 1: that is its as-of date. The loan and its schedule then
count, and nothing of what became of them.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import to_date, to_day
from risk_warning.core.history.loans import Accounts


def openings(accounts: Accounts, first: date, last: date) -> dict[date, NDArray[np.int64]]:
    """As-of date → borrowers who opened a loan the day before, ascending; from `first` to `last`, both included.

    Several loans opened on one day are one opening. A loan whose terms became known later than it was opened is none,
    since it is not yet seen on its as-of date.
    """
    as_of = accounts.opened_on.astype(np.int64) + 1
    chosen = (accounts.valid_from < as_of) & (as_of >= to_day(first)) & (as_of <= to_day(last))
    day, borrower = np.unique(np.stack((as_of[chosen], accounts.borrower[chosen].astype(np.int64))), axis=1)
    days, begins = np.unique(day, return_index=True)
    return {to_date(at): found for at, found in zip(days, np.split(borrower, begins)[1:], strict=True)}
