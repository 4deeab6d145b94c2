"""Onset: how soon good loans turn bad, by their age (vintages) and by the length of the outcome window (horizons).

Worked example: a loan opened on 10 January 2023 is 2 months on book on 10 March. Its instalment due on 10 February is
never paid, so it first reaches 30 days past due on 12 March: it counts from 3 months on book on. As of 1 February its
borrower is current, and turns bad within 2 months, but not within 1.
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
"""Days past due that vintage curves count."""
MAX_MONTHS_ON_BOOK = 36


def quarters(first: date, last: date) -> tuple[date, ...]:
    """First days of the quarters from that of `first` to that of `last`."""
    start = date(first.year, 3 * ((first.month - 1) // 3) + 1, 1)
    found = []
    while start <= last:
        found.append(start)
        start = add_months(start, 3)
    return tuple(found)


def vintages(arrears: Arrears, first: date, last: date) -> Counts:
    """Loans by quarter of opening and age at which they first reached 30 days past due or were written off.

    Of the loans opened from `first` to `last`; shape (quarters, `MAX_MONTHS_ON_BOOK` + 1): column m counts those that
    did so m months on book, column 0 those that have not, or later.
    """
    lives, runs = arrears.lives, arrears.runs
    turned_on = lives.written_off_on.copy()
    np.minimum.at(turned_on, runs.loan, runs.reached_on[LEVELS.index(VINTAGE_DPD)])
    chosen = (lives.opened_on >= to_day(first)) & (lives.opened_on <= to_day(last))
    age = months_until(lives.opened_on[chosen], turned_on[chosen])
    # Late on the day of its opening: in its first month.
    age = np.where(age > MAX_MONTHS_ON_BOOK, 0, np.maximum(age, 1))
    starts = quarters(first, last)
    begins = np.array([to_day(start) for start in starts], np.int32)
    quarter = np.searchsorted(begins, lives.opened_on[chosen], side="right") - 1
    wide = MAX_MONTHS_ON_BOOK + 1
    return np.bincount(quarter * wide + age, minlength=len(starts) * wide).reshape(len(starts), wide)


def months_known(starts: Sequence[date], last: date, complete: date) -> tuple[int, ...]:
    """The months on book that all loans of each quarter have in the data; `complete` is the first day not in it."""
    found = []
    for start in starts:
        # The last day on which a loan of the quarter was opened; after it they all have this age.
        youngest = np.array([min(to_day(add_months(start, 3)) - 1, to_day(last))], np.int32)
        age = int(months_until(youngest, np.array([to_day(complete) + 1], np.int32))[0]) - 1
        found.append(min(max(age, 0), MAX_MONTHS_ON_BOOK))
    return tuple(found)


def onsets(arrears: Arrears, days: Sequence[date]) -> tuple[Counts, Counts]:
    """(borrowers current on each day, those who turn bad within each horizon by each definition).

    Shapes (days,) and (days, horizons, levels). Current: a loan open, none known to be past due, none written off
    before. Bad: a loan open on the day reaches `LEVELS[k]` days past due, or is written off, in
    `[day, day + HORIZONS_MONTHS[h])`.
    Nothing is said here about which of these windows lie in the data.
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
    """Whether each borrower has an open loan, is on none known to be past due, and lost none to a write-off."""
    found = np.zeros(arrears.borrowers, np.bool_)
    found[arrears.lives.borrower[arrears.lives.open_at(day)]] = True
    # An unknown DPD (NaN) compares False: such a borrower is eligible too.
    found[arrears.lives.borrower[(arrears.dpd[row] > 0) | (arrears.lives.written_off_on < day)]] = False
    return found
