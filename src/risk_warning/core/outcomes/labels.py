"""Outcomes: who turned bad, since when, and of whom that cannot be told.

Bad: a loan open at the as-of date reaches `bad_dpd` days past due, or is written off, in
`[as_of, as_of + horizon_months)`, by payments as they truly happened: the latest version of every row counts, whenever
it was recorded. Good: each of these loans is known until the window's end, or until it ended itself. Otherwise the
outcome is unknown, and the borrower is neither.

Worked example: statements say 20 days past due on 31 May and stop. As of 1 June nothing shows that the loan reached 30
days, and nothing that it did not: unknown from 1 July on, when the next statement was due.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER, to_day
from risk_warning.core.history.history import History
from risk_warning.core.history.lateness import Lateness
from risk_warning.core.outcomes.target import TargetSpec

Days = NDArray[np.int32]
ELIGIBLE, ELIGIBLE_BAD = ("eligible", "eligible_bad")
"""Eligible borrowers on a date asked for whose outcome is known, and of them the bad ones: before any are thinned."""
NO_OUTCOME, OUTCOME_UNKNOWN, NEVER_TOLD = LEFT_OUT = ("no_outcome", "outcome_unknown", "days_past_due_never_told")
"""Why an eligible borrower is not learnt from: no row in `outcomes`; what became of them is not known to the window's
end; or they have a loan that never tells its days past due, so that they could be seen to be bad, but never good."""


@dataclass(frozen=True)
class Outcomes:
    """What became of n borrowers from an as-of date on; arrays of shape (n,)."""

    bad_on: Days
    """First day, from the as-of date on, on which each was bad; `NEVER` where there is none."""
    unknown_from: Days
    """First day of which it is not known whether each turned bad; `NEVER` where all is known."""
    could_be_good: NDArray[np.bool_]
    """False where a loan never tells its days past due: such a borrower can be seen to be bad, but never good.

    Learning from those seen to be bad alone would teach that such a loan is a sign.
    """

    @classmethod
    def given(cls, known: NDArray[np.bool_]) -> Outcomes:
        """Of borrowers whose outcome, where it is known, came from outside, without a day."""
        never = np.full(len(known), NEVER, np.int32)
        return cls(never, never, known)

    @property
    def learnable_until(self) -> Days:
        """`unknown_from`, and `ALWAYS` where a loan never tells: such a borrower is not learnt from, bad or not."""
        return np.where(self.could_be_good, self.unknown_from, ALWAYS).astype(np.int32)

    def bad(self, end: int) -> NDArray[np.bool_]:
        """Whether each turned bad before the day `end`."""
        return self.bad_on < end

    def known(self, end: int) -> NDArray[np.bool_]:
        """Whether it is known of each before the day `end`."""
        return self.bad(end) | (self.unknown_from >= end)


def outcomes(history: History, as_of_date: date, spec: TargetSpec, *, known_before: int = NEVER) -> Outcomes:
    """What became of each borrower, by what was recorded before the day `known_before`: all of the book by default.

    Days after the data's end are what would have been had nobody paid any more: they tell nothing, and nothing is said
    here about which windows lie in the data.
    """
    as_of, n, rows = to_day(as_of_date), history.rows.n, history.rows
    truth = history.truth(known_before)
    is_open, lives = _open_at(history, as_of), truth.lives
    bad_on = np.full(n, NEVER, np.int32)
    # A loan known as open that was written off already is bad at once.
    lost = np.flatnonzero(is_open & (lives.written_off_on != NEVER))
    np.minimum.at(bad_on, lives.borrower[lost], np.maximum(lives.written_off_on[lost], as_of))
    first = _first_late(truth.lateness, as_of, spec.bad_dpd, is_open)
    owner = lives.borrower[truth.lateness.loan]
    np.minimum.at(bad_on, owner, first)
    until = truth.known.until(as_of, rows.n_loans)
    ended = (lives.ended_on != NEVER) & ~lives.vanished
    # Known through its own end; a loan that had ended before the as-of date can turn bad no more.
    until[ended & ((until >= lives.ended_on) | (lives.ended_on <= as_of))] = NEVER
    doubtful = truth.doubtful & ended & (lives.ended_on >= as_of)
    until[doubtful] = lives.ended_on[doubtful]
    unknown = np.full(n, NEVER, np.int32)
    counted = np.flatnonzero(is_open)
    np.minimum.at(unknown, lives.borrower[counted], until[counted])
    could_be_good = np.ones(n, np.bool_)
    silent = np.flatnonzero(is_open & ~truth.ever_told)
    could_be_good[lives.borrower[silent]] = False
    return Outcomes(bad_on, unknown, could_be_good)


def given_outcomes(history: History, as_of_date: date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(has a row, bad) of the table `outcomes` on this date; each of shape (n,)."""
    has_row, bad = np.zeros(history.rows.n, np.bool_), np.zeros(history.rows.n, np.bool_)
    table = history.rows.outcomes
    if table is not None:
        here = table["as_of_date"] == to_day(as_of_date)
        has_row[table["borrower"][here]] = True
        bad[table["borrower"][here]] = table["bad"][here] == 1
    return has_row, bad


def known_and_bad(
    history: History, as_of_date: date, spec: TargetSpec, given_on: Collection[date]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(known, bad) of each borrower, from outside on the dates they are given on, else from payments; shape (n,).

    Whoever could only have been seen to be bad is not known.
    """
    if as_of_date in given_on:
        return given_outcomes(history, as_of_date)
    found, end = outcomes(history, as_of_date, spec), to_day(spec.window_end(as_of_date))
    return found.known(end) & found.could_be_good, found.bad(end)


def _open_at(history: History, as_of: int) -> NDArray[np.bool_]:
    """Whether each loan was open on the day as it was known then, shape (loans,)."""
    found = np.zeros(history.rows.n_loans, np.bool_)
    if history.accounts.dated:
        found[history.accounts.loan[history.accounts.open_rows(as_of)]] = True
    else:
        found = history.truth().lives.open_at(as_of)
    return found


def _first_late(lateness: Lateness, as_of: int, bad_dpd: int, is_open: NDArray[np.bool_]) -> Days:
    first = lateness.reached_on(bad_dpd, as_of)
    return np.where(is_open[lateness.loan], first, NEVER).astype(np.int32)


def learnable(
    bad_on: NDArray[np.integer], learnable_until: NDArray[np.integer], end: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Whether what became of each row before its day `end` is known, and can be learnt from; all of one shape."""
    found: NDArray[np.bool_] = ((bad_on < end) & (learnable_until != ALWAYS)) | (learnable_until >= end)
    return found
