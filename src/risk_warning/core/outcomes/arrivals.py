"""Arrivals: the first day on which each borrower is as late as the target's bad level, and the payment missed before.

Worked example: an instalment falls due on 1 June and is never paid. It is missed on 2 June, the first day past due, and
30 days past due are reached on 1 July. A second loan that gets as late on 10 July is not another arrival, because its
borrower has already arrived. A write-off is not an arrival, because it follows one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.outcomes.arrears import Arrears

Days = NDArray[np.int32]


@dataclass(frozen=True)
class Arrivals:
    """One entry per borrower who arrives, sorted by borrower; arrays of shape (arrivals,)."""

    borrower: NDArray[np.int64]
    missed_on: Days
    """First day past due of the run of arrears that led to the arrival; the lender would have noticed it anyway."""
    reached_on: Days

    def chosen(self, wanted: NDArray[np.bool_]) -> Arrivals:
        """Return the wanted arrivals."""
        return Arrivals(self.borrower[wanted], self.missed_on[wanted], self.reached_on[wanted])

    @classmethod
    def joined(cls, parts: list[Arrivals]) -> Arrivals:
        """Concatenate the arrivals of several groups of borrowers, in the given order."""
        return cls(
            np.concatenate([part.borrower for part in parts]),
            np.concatenate([part.missed_on for part in parts]),
            np.concatenate([part.reached_on for part in parts]),
        )


def first_arrivals(arrears: Arrears, level: int, first: int, last: int) -> Arrivals:
    """Return each borrower's first arrival at the level, from the day `first` to `last`, both included.

    `level` is a position in the levels for which the arrears were computed. A borrower does not arrive again while one
    of their loans has reached the level earlier and has not been back at 0 since.
    """
    runs = arrears.runs
    reached = runs.reached_on[level]
    late = np.flatnonzero(reached != NEVER)
    borrower = arrears.lives.borrower[runs.loan[late]].astype(np.int64)
    order = np.lexsort((runs.begun_on[late], reached[late], borrower))
    late, borrower = late[order], borrower[order]
    reached, cured = reached[late], runs.cured_on[late].astype(np.int64)
    # Rows are sorted by borrower, so the largest (borrower, cured) so far holds the last cure of the same borrower.
    clear_from = np.maximum.accumulate(borrower << 32 | cured) & 0xFFFFFFFF if len(late) else cured
    is_new = np.ones(len(late), np.bool_)
    is_new[1:] = (borrower[1:] != borrower[:-1]) | (reached[1:] >= clear_from[:-1])
    arrived = np.flatnonzero(is_new & (reached >= first) & (reached <= last))
    _, once = np.unique(borrower[arrived], return_index=True)
    arrived = arrived[once]
    return Arrivals(borrower[arrived], runs.begun_on[late[arrived]], reached[arrived])
