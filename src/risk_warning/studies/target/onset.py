"""Onset: how soon good loans turn bad, by age of the loan (vintages) and by length of the outcome window (horizons).

Worked example: a loan opened on 10 January 2023 is 2 months on book on 10 March. Its instalment due on 10 February is
never paid, so it first reaches 30 days past due on 12 March: vintages count it from 3 months on book on. As of
1 February its borrower is current, and turns bad within 2 months, but not within 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, add_months, months_until, to_day
from risk_warning.core.outcomes.arrears import LEVELS, Arrears

Counts = NDArray[np.int64]
HORIZONS_MONTHS = (1, 2, 3, 4, 5, 6)
VINTAGE_DPD = 30
"""Vintage curves count loans that reach this many days past due."""
MAX_MONTHS_ON_BOOK = 36


def quarters(first: date, last: date) -> tuple[date, ...]:
    """Return the first day of each quarter, from the quarter of `first` to the quarter of `last`."""
    start = date(first.year, 3 * ((first.month - 1) // 3) + 1, 1)
    starts = []
    while start <= last:
        starts.append(start)
        start = add_months(start, 3)
    return tuple(starts)


def vintages(arrears: Arrears, first: date, last: date) -> Counts:
    """Count loans by quarter of opening and by age when they first reached 30 days past due or were written off.

    Only loans opened from `first` to `last` count. The shape is (quarters, `MAX_MONTHS_ON_BOOK` + 1): column m is the
    number of loans that did so m months on book, column 0 the number of those that did so later or not at all.
    """
    lives, runs = arrears.lives, arrears.runs
    turned_on = lives.written_off_on.copy()
    np.minimum.at(turned_on, runs.loan, runs.reached_on[LEVELS.index(VINTAGE_DPD)])
    chosen = (lives.opened_on >= to_day(first)) & (lives.opened_on <= to_day(last))
    age = months_until(lives.opened_on[chosen], turned_on[chosen])
    # A loan that is late on the day of its opening counts in its first month.
    age = np.where(age > MAX_MONTHS_ON_BOOK, 0, np.maximum(age, 1))
    starts = quarters(first, last)
    begins = np.array([to_day(start) for start in starts], np.int32)
    quarter = np.searchsorted(begins, lives.opened_on[chosen], side="right") - 1
    wide = MAX_MONTHS_ON_BOOK + 1
    return np.bincount(quarter * wide + age, minlength=len(starts) * wide).reshape(len(starts), wide)


def months_known(starts: Sequence[date], last: date, complete: date) -> tuple[int, ...]:
    """Return, for each quarter, the months on book for which the data cover all of its loans.

    `complete` is the first day that is not in the data.
    """
    ages = []
    for start in starts:
        # The last day on which a loan of the quarter can have been opened: all of its loans are at least this old.
        youngest = np.array([min(to_day(add_months(start, 3)) - 1, to_day(last))], np.int32)
        age = int(months_until(youngest, np.array([to_day(complete) + 1], np.int32))[0]) - 1
        ages.append(min(max(age, 0), MAX_MONTHS_ON_BOOK))
    return tuple(ages)


def onsets(arrears: Arrears, days: Sequence[date]) -> tuple[Counts, Counts]:
    """Count the borrowers current on each day, and those of them who turn bad within each horizon by each definition.

    It does not check which of these windows lie in the data.

    Returns
    -------
    current
        Shape (days,). A borrower is current if they have an open loan, no loan known to be past due, and no loan
        written off before.
    bads
        Shape (days, horizons, levels). A borrower turns bad if a loan open on the day reaches `LEVELS[k]` days past
        due, or is written off, in `[day, day + HORIZONS_MONTHS[h])`.
    """
    lives, runs, n = arrears.lives, arrears.runs, arrears.borrowers
    current = np.zeros(len(days), np.int64)
    bads = np.zeros((len(days), len(HORIZONS_MONTHS), len(LEVELS)), np.int64)
    for row, day in enumerate(days):
        is_current = _current(arrears, row, to_day(day))
        current[row] = is_current.sum()
        is_open = lives.open_at(to_day(day))
        gone = np.full(n, NEVER, np.int32)
        np.minimum.at(gone, lives.borrower[is_open], lives.written_off_on[is_open])
        ends = [to_day(add_months(day, months)) for months in HORIZONS_MONTHS]
        for level, reached in enumerate(runs.reached_on):
            ahead = is_open[runs.loan] & (reached >= to_day(day)) & (reached < ends[-1])
            turned_on = gone.copy()
            np.minimum.at(turned_on, lives.borrower[runs.loan[ahead]], reached[ahead])
            turned_on = turned_on[is_current]
            bads[row, :, level] = [(turned_on < end).sum() for end in ends]
    return current, bads


def _current(arrears: Arrears, row: int, day: int) -> NDArray[np.bool_]:
    """Whether each borrower has an open loan, no loan known to be past due, and no loan written off before the day."""
    is_current = np.zeros(arrears.borrowers, np.bool_)
    is_current[arrears.lives.borrower[arrears.lives.open_at(day)]] = True
    # Comparing an unknown DPD (NaN) gives False, so such a borrower is eligible too.
    is_current[arrears.lives.borrower[(arrears.dpd[row] > 0) | (arrears.lives.written_off_on < day)]] = False
    return is_current
