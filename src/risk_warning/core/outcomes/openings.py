"""Openings: the as-of dates on which borrowers have just opened a loan, as in the review of that loan.

A loan opened on day d is first known at the start of day d + 1, so that is its as-of date. The loan and its schedule
count then; what happened to them later does not.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import to_date, to_day
from risk_warning.core.history.loans import Accounts


def openings(accounts: Accounts, first: date, last: date) -> dict[date, NDArray[np.int64]]:
    """Return as-of date → borrowers who opened a loan the day before, ascending; `first` to `last`, both included.

    Several loans that a borrower opened on one day are one opening. A loan whose terms became known after it was opened
    is not an opening, because it is not yet known on its as-of date.
    """
    as_of = accounts.opened_on.astype(np.int64) + 1
    chosen = (accounts.valid_from < as_of) & (as_of >= to_day(first)) & (as_of <= to_day(last))
    day, borrower = np.unique(np.stack((as_of[chosen], accounts.borrower[chosen].astype(np.int64))), axis=1)
    days, begins = np.unique(day, return_index=True)
    return {to_date(at): borrowers for at, borrowers in zip(days, np.split(borrower, begins)[1:], strict=True)}
