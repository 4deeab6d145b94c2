"""As-of dates and half-open monthly periods.

Inside the core a date is an int32: days since 1970-01-01. `NEVER` is the empty date, so every check "did it happen
before the as-of date" is a plain `<`.

Worked example: as of 2005-10-01, period 0 is [2005-09-01, 2005-10-01), September 2005, and period 5 is
[2005-04-01, 2005-05-01), April 2005.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
NEVER = 2**31 - 1
"""An empty date: later than any day."""
ALWAYS = -(2**31)
"""A date before any day: a row without a date applies from the start."""


def to_day(day: date) -> int:
    """Return the days from 1970-01-01 to `day`.

    >>> to_day(date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days


def to_date(day: int) -> date:
    """Return the date `day` days after 1970-01-01."""
    return EPOCH + timedelta(days=int(day))


def add_months(day: date, months: int) -> date:
    """Return the same day of the month `months` later (earlier if negative), clipped to the month's end.

    >>> add_months(date(2024, 3, 31), -1)
    datetime.date(2024, 2, 29)
    """
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=1_000)
def period_ends(as_of: date, periods: int) -> NDArray[np.int32]:
    """Return the borders of the periods before `as_of`, from the as-of date backwards; shape (periods + 1,).

    Period k is `[ends[k + 1], ends[k])`. Each border is computed from the as-of date itself, so a border clipped to a
    month's end does not shorten the months before it.

    >>> [to_date(day).isoformat() for day in period_ends(date(2005, 10, 1), 2)]
    ['2005-10-01', '2005-09-01', '2005-08-01']
    """
    ends = np.array([to_day(add_months(as_of, -k)) for k in range(periods + 1)], dtype=np.int32)
    ends.flags.writeable = False
    return ends


def period_of(days: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the period of each day; 0 is the most recent period.

    A day on or after the as-of date has -1, a day before all periods has `len(ends) - 1`.
    """
    if len(days) < 4096:
        return (len(ends) - 1 - np.searchsorted(ends[::-1], days, side="right")).astype(np.int32)
    first = int(ends[-1])
    span = int(ends[0]) - first
    table = np.searchsorted(ends[::-1], np.arange(first - 1, first + span + 1, dtype=np.int32), side="right")
    position = np.clip(days, first - 1, first + span) - (first - 1)
    return (len(ends) - 1 - table).astype(np.int32)[position]


def monthly(first: date, last: date) -> tuple[date, ...]:
    """Return as-of dates a month apart from `first` to `last`, both included if they fall on the grid."""
    dates, k = [], 0
    while (day := add_months(first, k)) <= last:
        dates.append(day)
        k += 1
    return tuple(dates)


def months_until(start: NDArray[np.int32], end: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the least k for which `add_months(start, k)` is on or after `end`, element by element.

    The result has the same shape; `NEVER` where either date is empty.

    >>> months_until(np.array([to_day(date(2024, 1, 31))]), np.array([to_day(date(2024, 2, 29))])).tolist()
    [1]
    """
    known = (start != NEVER) & (end != NEVER)
    first = np.where(known, start, 0).astype("datetime64[D]")
    last = np.where(known, end, 0).astype("datetime64[D]")
    month, last_month = first.astype("datetime64[M]"), last.astype("datetime64[M]")
    months = (last_month - month).astype(np.int32)
    day, last_day = (first - month).astype(np.int32), (last - last_month).astype(np.int32)
    # A day that the month does not have is clipped to the month's last day.
    longest = ((last_month + 1).astype("datetime64[D]") - last_month.astype("datetime64[D]")).astype(np.int32) - 1
    months += np.minimum(day, longest) < last_day
    return np.where(known, months, NEVER).astype(np.int32)
