"""Roll rates: how late loans are a month later, and what happens to loans that were late.

Worked example: three loans are 40 days past due on 1 May. On 1 June one is at 71 days, one is at 10, and one is paid
up. So of the loans in the bucket 30–59, one third each rolls to 60–89, to 1–14 and to 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, months_until, to_day
from risk_warning.core.outcomes.arrears import LEVELS, Arrears

Counts = NDArray[np.int64]
BUCKETS = ("0", "1–14", "15–29", "30–59", "60–89", "90+")
"""Buckets of days past due."""
AFTER = (*BUCKETS, "closed", "written off")
"""The states of a loan a month later."""
CLOSED, WRITTEN_OFF = len(BUCKETS), len(BUCKETS) + 1
_BORDERS = np.array([1, 15, 30, 60, 90], np.float32)
CURE_LEVELS = (15, 30, 60)
"""Days past due from which cures are counted."""
CURE_MONTHS = (3, 6)


def rolls(arrears: Arrears, days: Sequence[date]) -> Counts:
    """Count loans by bucket on each day but the last and by state on the next day; shape (days − 1, buckets, after).

    `days` are the days of `arrears.dpd`. Loans whose days past due are unknown on either day are left out.
    """
    counts = np.zeros((len(days) - 1, len(BUCKETS), len(AFTER)), np.int64)
    lives = arrears.lives
    for month, (day, later) in enumerate(pairwise(days)):
        before, then = arrears.dpd[month], arrears.dpd[month + 1]
        after = _bucket(then)
        after[~lives.open_at(to_day(later))] = CLOSED
        after[lives.written_off_on < to_day(later)] = WRITTEN_OFF
        counted = lives.open_at(to_day(day)) & ~np.isnan(before) & (~np.isnan(then) | (after >= CLOSED))
        cell = _bucket(before[counted]) * len(AFTER) + after[counted]
        counts[month] = np.bincount(cell, minlength=counts[month].size).reshape(counts[month].shape)
    return counts


def _bucket(dpd: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.searchsorted(_BORDERS, dpd, side="right").astype(np.int64)


def cures(arrears: Arrears, first: date, complete: date) -> Counts:
    """Count what happened to loans that reached a level from `first` on; shape (levels, months, 3).

    The three counts are: the times a loan reached `CURE_LEVELS[k]` days past due at least `CURE_MONTHS[m]` months
    before `complete` (the first day that is not in the data); how often the loan was back at 0 within that time; how
    often it reached 90 days past due or was written off within it. A loan that cures and becomes late again counts
    again.
    """
    runs, lives = arrears.runs, arrears.lives
    gone = lives.written_off_on[runs.loan]
    lost_on = np.minimum(runs.reached_on[LEVELS.index(90)], gone)
    # A payment on a loan that was written off is a recovery, not a cure.
    cured_on = np.where(runs.cured_on <= gone, runs.cured_on, NEVER).astype(np.int32)
    counts = np.zeros((len(CURE_LEVELS), len(CURE_MONTHS), 3), np.int64)
    for k, level in enumerate(CURE_LEVELS):
        reached = runs.reached_on[LEVELS.index(level)]
        last = lives.ended_on[runs.loan]
        counted = np.flatnonzero((reached != NEVER) & (reached >= to_day(first)) & (reached <= last))
        start = reached[counted]
        known = months_until(start, np.full(len(start), to_day(complete) + 1, np.int32)) - 1
        cured, lost = months_until(start, cured_on[counted]), months_until(start, lost_on[counted])
        for m, months in enumerate(CURE_MONTHS):
            mature = known >= months
            counts[k, m] = (
                mature.sum(),
                (mature & (cured <= months)).sum(),
                (mature & (lost <= months)).sum(),
            )
    return counts
