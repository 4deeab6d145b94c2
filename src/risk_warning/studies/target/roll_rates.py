"""Roll rates: where loans stand a month later, and what becomes of those that were late.

Worked example: three loans stand at 40 days past due on 1 May. On 1 June one is at 71, one at 10, one is paid up: from
30–59 days a third each rolls to 60–89, to 1–14 and to 0.
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
"""Days past due."""
AFTER = (*BUCKETS, "closed", "written off")
"""Where a loan stands a month later."""
CLOSED, WRITTEN_OFF = len(BUCKETS), len(BUCKETS) + 1
_BORDERS = np.array([1, 15, 30, 60, 90], np.float32)
CURE_LEVELS = (15, 30, 60)
"""Days past due from which cures are counted."""
CURE_MONTHS = (3, 6)


def rolls(arrears: Arrears, days: Sequence[date]) -> Counts:
    """Loans by bucket on each day but the last, and on the next; shape (days − 1, buckets, after).

    `days` are those of `arrears.dpd`. Loans whose days past due are unknown on either day are left out.
    """
    found = np.zeros((len(days) - 1, len(BUCKETS), len(AFTER)), np.int64)
    lives = arrears.lives
    for month, (day, later) in enumerate(pairwise(days)):
        before, then = arrears.dpd[month], arrears.dpd[month + 1]
        after = _bucket(then)
        after[~lives.open_at(to_day(later))] = CLOSED
        after[lives.written_off_on < to_day(later)] = WRITTEN_OFF
        counted = lives.open_at(to_day(day)) & ~np.isnan(before) & (~np.isnan(then) | (after >= CLOSED))
        cell = _bucket(before[counted]) * len(AFTER) + after[counted]
        found[month] = np.bincount(cell, minlength=found[month].size).reshape(found[month].shape)
    return found


def _bucket(dpd: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.searchsorted(_BORDERS, dpd, side="right").astype(np.int64)


def cures(arrears: Arrears, first: date, complete: date) -> Counts:
    """What became of loans that reached a level from `first` on; shape (levels, months, 3).

    The three: times a loan reached `CURE_LEVELS[k]` days past due at least `CURE_MONTHS[m]` months before `complete`
    (the first day that is not in the data); how many were back at 0 within that time; how many reached 90 days past due
    or were written off within it. A loan that cures and comes back counts again.
    """
    runs, lives = arrears.runs, arrears.lives
    gone = lives.written_off_on[runs.loan]
    lost_on = np.minimum(runs.reached_on[LEVELS.index(90)], gone)
    # What is paid on a loan written off is a recovery, not a cure.
    cured_on = np.where(runs.cured_on <= gone, runs.cured_on, NEVER).astype(np.int32)
    found = np.zeros((len(CURE_LEVELS), len(CURE_MONTHS), 3), np.int64)
    for k, level in enumerate(CURE_LEVELS):
        reached = runs.reached_on[LEVELS.index(level)]
        last = lives.ended_on[runs.loan]
        counted = np.flatnonzero((reached != NEVER) & (reached >= to_day(first)) & (reached <= last))
        start = reached[counted]
        known = months_until(start, np.full(len(start), to_day(complete) + 1, np.int32)) - 1
        cured, lost = months_until(start, cured_on[counted]), months_until(start, lost_on[counted])
        for m, months in enumerate(CURE_MONTHS):
            mature = known >= months
            found[k, m] = (
                mature.sum(),
                (mature & (cured <= months)).sum(),
                (mature & (lost <= months)).sum(),
            )
    return found
