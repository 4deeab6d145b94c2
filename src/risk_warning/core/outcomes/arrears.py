"""Arrears: how late each loan was on any day, and each run of days on which it was late.

Arrears come from the payments as they actually happened, including those recorded later (`core.truth`, from which
outcomes are computed as well). Borrowers with rows set aside are left out, because half a history shows false arrears.

Worked example: an instalment is due on 1 June and paid on 20 June. The loan is 1 day past due on 2 June, 15 days on
16 June, and back at 0 on 21 June.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, add_months, to_date, to_day
from risk_warning.core.history.history import History
from risk_warning.core.history.lateness import Lateness, joined
from risk_warning.core.history.truth import Lives, Truth

LEVELS = (15, 30, 60, 90)
"""Default levels in days past due; the first day at each level in a run is kept."""
Days = NDArray[np.int32]


@dataclass(frozen=True)
class Runs:
    """Runs of days on which a loan was past due, sorted by (loan, begun_on); arrays of shape (runs,)."""

    loan: NDArray[np.int32]
    begun_on: Days
    """First day past due."""
    cured_on: Days
    """First day back at 0 days past due; `NEVER` while the loan is late."""
    reached_on: Days
    """First day at level k or more days past due, `NEVER` if there is none; shape (levels, runs)."""


@dataclass(frozen=True)
class Arrears:
    """The loans of a group of borrowers: when they were open, their runs, and their days past due on given days."""

    borrowers: int
    lives: Lives
    runs: Runs
    dpd: NDArray[np.float32]
    """Days past due at the start of each requested day, NaN if unknown; shape (days, loans)."""

    @classmethod
    def of(cls, history: History, days: Sequence[date], levels: Sequence[int] = LEVELS) -> Arrears:
        """Compute the arrears of a history, with the days past due at the start of each of these days.

        For each run, the first day at each of the `levels` (days past due) is kept.
        """
        truth = history.truth()
        return cls(
            borrowers=history.rows.n,
            lives=truth.lives,
            runs=_runs(truth.lateness, truth.lives, levels),
            dpd=_dpd(history, truth, [to_day(day) for day in days]),
        )


def _runs(lateness: Lateness, lives: Lives, levels: Sequence[int]) -> Runs:
    """Merge stretches that overlap or touch into one run."""
    chosen = np.flatnonzero(lives.opened_on[lateness.loan] != NEVER)
    loan, start = lateness.loan[chosen], lateness.start[chosen].astype(np.int64)
    # Stretches cover (start, end], spans [start, end): both borders shift by one day, so merging works the same.
    of_run, begun, ended = joined(loan, start, lateness.end[chosen].astype(np.int64))
    reached = np.full((len(levels), len(of_run)), NEVER, np.int32)
    key = of_run.astype(np.int64) << 32 | (begun.astype(np.int64) & 0xFFFFFFFF)
    own = np.searchsorted(key, loan.astype(np.int64) << 32 | (start & 0xFFFFFFFF), side="right") - 1
    for row, first in zip(reached, lateness.levels_reached_on(levels), strict=True):
        np.minimum.at(row, own, first[chosen])
    return Runs(
        loan=of_run,
        begun_on=begun + np.int32(1),
        cured_on=np.where(ended == NEVER, NEVER, ended.astype(np.int64) + 1).astype(np.int32),
        reached_on=reached,
    )


def _dpd(history: History, truth: Truth, days: Sequence[int]) -> NDArray[np.float32]:
    dpd = np.full((len(days), history.rows.n_loans), np.nan, np.float32)
    statements, settled, owed = truth.reported, truth.settled, history.obligations
    for at, day in zip(dpd, days, strict=True):
        if statements is not None:
            # As in the panel, the latest statement counts, carried forward over one empty month at most.
            since = to_day(add_months(to_date(day), -2))
            recent = (statements.day >= since) & (statements.day < day)
            at[statements.loan[recent]] = statements.dpd[recent]
        if settled is not None and owed is not None:
            known = owed.loan[owed.scheduled_on < day]
            at[known] = np.fmax(at[known], 0)
            spells = settled.spells
            late = (spells.start < day) & (spells.end >= day)
            np.maximum.at(at, spells.loan[late], (day - spells.due_on[late]).astype(np.float32))
    return dpd
