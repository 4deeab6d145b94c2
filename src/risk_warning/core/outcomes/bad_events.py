"""Bad events: each time a borrower turns bad, counted once, however many as-of dates precede it.

Worked example: a borrower reaches 30 days past due on 10 May, is back at 0 in July, and reaches 30 again a year later.
These are two events. The as-of dates 1 March, 1 April and 1 May all precede the first event within three months, so it
is one event seen from three dates. A second loan that gets as late on 20 May adds no event, because its borrower is
already bad.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER, to_day
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.arrears import Arrears
from risk_warning.core.outcomes.labels import given_outcomes, outcomes
from risk_warning.core.outcomes.target import TargetSpec

Days = NDArray[np.int32]
LOSS_DPD = 90
"""Days past due from which a loan is in default (Basel III, CRE36.69)."""


@dataclass(frozen=True)
class BadEvents:
    """The bad events of a group of borrowers, sorted by (borrower, bad_on), from payments as they actually happened.

    All arrays have shape (events,).
    """

    borrower: NDArray[np.int64]
    bad_on: Days
    """First day at the target's days past due, or the day of the write-off if that came first."""
    lost_on: Days
    """First day 90+ days past due or written off in the same event, `NEVER` if the event was cured before."""

    @classmethod
    def of(cls, history: History, bad_dpd: int) -> BadEvents:
        """Find the events in a history.

        An event lasts until each of the borrower's loans that became so late is back at 0, closed or written off. A
        loan that becomes so late from that day on begins another event.
        """
        arrears = Arrears.of(history, (), (bad_dpd, max(bad_dpd, LOSS_DPD)))
        runs, lives = arrears.runs, arrears.lives
        gone, last = lives.written_off_on[runs.loan], lives.ended_on[runs.loan]
        late = np.flatnonzero((runs.reached_on[0] != NEVER) & (runs.reached_on[0] <= last))
        in_default = np.where(runs.reached_on[1] <= last, runs.reached_on[1], NEVER)
        # If a loan was back at 0 before its write-off, the write-off is a separate event, not the end of this one.
        lost = np.minimum(in_default, np.where(gone <= runs.cured_on, gone, NEVER))
        until = np.minimum(runs.cured_on.astype(np.int64), last.astype(np.int64) + 1)
        written_off = np.flatnonzero((lives.written_off_on != NEVER) & (lives.opened_on != NEVER))
        off_on = lives.written_off_on[written_off]
        return cls._joined(
            np.concatenate((lives.borrower[runs.loan[late]], lives.borrower[written_off])).astype(np.int64),
            np.concatenate((runs.reached_on[0][late], off_on)),
            np.concatenate((until[late], off_on.astype(np.int64) + 1)),
            np.concatenate((lost[late], off_on)).astype(np.int32),
        )

    @classmethod
    def _joined(cls, borrower: NDArray[np.int64], start: Days, until: NDArray[np.int64], lost: Days) -> BadEvents:
        """Merge stretches [start, until) of one borrower that overlap into one event."""
        order = np.lexsort((start, borrower))
        borrower, start, until, lost = borrower[order], start[order], until[order], lost[order]
        # Rows are sorted by borrower, so the largest (borrower, until) so far holds that borrower's latest end.
        furthest = np.maximum.accumulate(borrower << 32 | until) & 0xFFFFFFFF if len(order) else until
        begins = np.ones(len(order), np.bool_)
        begins[1:] = (borrower[1:] != borrower[:-1]) | (start[1:] >= furthest[:-1])
        first = np.flatnonzero(begins)
        lost = np.minimum.reduceat(lost, first) if len(first) else lost
        return cls(borrower[first], start[first].astype(np.int32), lost)

    def begun(self, borrower: NDArray[np.int64], day: Days) -> Days:
        """Return the first day of the event in which each borrower is bad on `day`; `day` if none began before."""
        key = self.borrower << 32 | self.bad_on
        at = np.searchsorted(key, borrower << 32 | day, side="right") - 1
        begun = day.copy()
        known = np.flatnonzero(at >= 0)
        known = known[self.borrower[at[known]] == borrower[known]]
        begun[known] = self.bad_on[at[known]]
        return begun


def event_days(
    history: History, events: BadEvents, dates: Sequence[date], target: TargetSpec, given_on: Collection[date]
) -> Days:
    """Return the first day of each borrower's bad event in each date's outcome window; shape (dates, borrowers).

    `NEVER` if the borrower stays good. `dates` are ascending. Rows with the same borrower and day precede the same
    event. Outcomes given from outside (on the dates `given_on`) have no day. The smallest number of events that
    explains them is assumed, and each event begins on the first of the dates whose windows contain it.
    """
    bad_days = np.full((len(dates), history.rows.n), NEVER, np.int32)
    first, window_end = (np.full(history.rows.n, ALWAYS, np.int32) for _ in range(2))
    for row, day in enumerate(dates):
        end = to_day(target.window_end(day))
        if day in given_on:
            _, bad = given_outcomes(history, day)
            is_new = bad & (window_end <= to_day(day))
            first[is_new], window_end[is_new] = to_day(day), end
            bad_days[row, bad] = first[bad]
        else:
            on = outcomes(history, day, target).bad_on
            bads = np.flatnonzero(on < end)
            bad_days[row, bads] = events.begun(bads.astype(np.int64), on[bads])
    return bad_days
