"""Arrears: how late each loan was on any day, and each run of days on which it was late.

By payments as they truly happened: what was recorded later counts too (`core.truth`, which outcomes are read from as
well). Borrowers with rows set aside are left out: half a history invents arrears.

Worked example: due 1 June, paid 20 June. The loan is 1 day past due on 2 June, 15 on 16 June, and back at 0 on 21 June.
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
"""Days past due whose first day in a run is kept, unless others are asked for."""
Days = NDArray[np.int32]


@dataclass(frozen=True)
class Runs:
    """Runs of days on which a loan was past due, in order of (loan, begun_on); arrays of shape (runs,)."""

    loan: NDArray[np.int32]
    begun_on: Days
    """First day past due."""
    cured_on: Days
    """First day back at 0 days past due; `NEVER` while it is late."""
    reached_on: Days
    """First day at level k or more days past due, `NEVER` where there is none; shape (levels, runs)."""


@dataclass(frozen=True)
class Arrears:
    """Some borrowers' loans: when they were open, their runs, and how late they were at the starts of some days."""

    borrowers: int
    lives: Lives
    runs: Runs
    dpd: NDArray[np.float32]
    """Days past due at the start of each day asked for, NaN where unknown; shape (days, loans)."""

    @classmethod
    def of(cls, history: History, days: Sequence[date], levels: Sequence[int] = LEVELS) -> Arrears:
        """The arrears behind a history, and days past due at the start of each of these days.

        Of each run the first day at each of the `levels` (days past due) is kept.
        """
        truth = history.truth()
        return cls(
            borrowers=history.rows.n,
            lives=truth.lives,
            runs=_runs(truth.lateness, truth.lives, levels),
            dpd=_dpd(history, truth, [to_day(day) for day in days]),
        )


def _runs(lateness: Lateness, lives: Lives, levels: Sequence[int]) -> Runs:
    """Stretches that overlap or touch are one run."""
    chosen = np.flatnonzero(lives.opened_on[lateness.loan] != NEVER)
    loan, start = lateness.loan[chosen], lateness.start[chosen].astype(np.int64)
    # Stretches hold (start, end], spans [start, end): a shift of both alike.
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
    told, settled, owed = truth.told, truth.settled, history.obligations
    for at, day in zip(dpd, days, strict=True):
        if told is not None:
            # As in the panel: the latest picture, carried over one empty month at most.
            since = to_day(add_months(to_date(day), -2))
            recent = (told.day >= since) & (told.day < day)
            at[told.loan[recent]] = told.dpd[recent]
        if settled is not None and owed is not None:
            known = owed.loan[owed.scheduled_on < day]
            at[known] = np.fmax(at[known], 0)
            spells = settled.spells
            late = (spells.start < day) & (spells.end >= day)
            np.maximum.at(at, spells.loan[late], (day - spells.due_on[late]).astype(np.float32))
    return dpd
