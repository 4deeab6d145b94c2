"""Outcomes: which borrowers turned bad, when, and for whom this is unknown.

Bad: a loan open at the as-of date reaches `bad_dpd` days past due, or is written off, in
`[as_of, as_of + horizon_months)`. Payments count as they actually happened: the latest version of every row is used,
whenever it was recorded. Good: the lateness of each of these loans is known until the window's end, or until the loan
itself ended. Otherwise the outcome is unknown, and the borrower is neither good nor bad.

Worked example: statements show 20 days past due on 31 May and then stop. As of 1 June nothing shows whether the loan
reached 30 days past due. The outcome is unknown from 1 July on, when the next statement was due.
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
"""Eligible borrowers with a known outcome on a requested date, and the bad ones among them, before any subsampling."""
NO_OUTCOME, OUTCOME_UNKNOWN, NEVER_KNOWN = LEFT_OUT = ("no_outcome", "outcome_unknown", "days_past_due_never_told")
"""Why an eligible borrower is left out of training: there is no row in `outcomes`; the outcome is not known up to the
window's end; or a loan never shows its days past due, so the borrower could be seen to be bad, but never good."""


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of n borrowers from an as-of date on; arrays of shape (n,)."""

    bad_on: Days
    """First day, from the as-of date on, on which each borrower was bad; `NEVER` if there is none."""
    unknown_from: Days
    """First day on which it is unknown whether each borrower turned bad; `NEVER` if every day is known."""
    could_be_good: NDArray[np.bool_]
    """False if a loan never shows its days past due: such a borrower can be seen to be bad, but never good.

    If only those seen to be bad were used for training, the model would learn that such a loan is a sign of risk.
    """

    @classmethod
    def given(cls, known: NDArray[np.bool_]) -> Outcomes:
        """Return the outcomes of borrowers whose outcome, if known, was given from outside, without a day."""
        never = np.full(len(known), NEVER, np.int32)
        return cls(never, never, known)

    @property
    def learnable_until(self) -> Days:
        """`unknown_from`, or `ALWAYS` if not `could_be_good`: such a borrower is left out of training, bad or not."""
        return np.where(self.could_be_good, self.unknown_from, ALWAYS).astype(np.int32)

    def bad(self, end: int) -> NDArray[np.bool_]:
        """Whether each borrower turned bad before the day `end`."""
        return self.bad_on < end

    def known(self, end: int) -> NDArray[np.bool_]:
        """Whether it is known if each borrower turned bad before the day `end`."""
        return self.bad(end) | (self.unknown_from >= end)


def outcomes(history: History, as_of_date: date, spec: TargetSpec, *, known_before: int = NEVER) -> Outcomes:
    """Return each borrower's outcome from what was recorded before the day `known_before`; by default the whole book.

    Days after the data's end are computed as if nobody paid any more, so they mean nothing. This function does not
    check which windows lie in the data.
    """
    as_of, n, rows = to_day(as_of_date), history.rows.n, history.rows
    truth = history.truth(known_before)
    is_open, lives = _open_at(history, as_of), truth.lives
    bad_on = np.full(n, NEVER, np.int32)
    # A loan that is known as open but was already written off is bad on the as-of date.
    lost = np.flatnonzero(is_open & (lives.written_off_on != NEVER))
    np.minimum.at(bad_on, lives.borrower[lost], np.maximum(lives.written_off_on[lost], as_of))
    first = _first_late(truth.lateness, as_of, spec.bad_dpd, is_open)
    owner = lives.borrower[truth.lateness.loan]
    np.minimum.at(bad_on, owner, first)
    until = truth.known.until(as_of, rows.n_loans)
    ended = (lives.ended_on != NEVER) & ~lives.vanished
    # A loan known through its own end is fully known. A loan that ended before the as-of date can no longer turn bad.
    until[ended & ((until >= lives.ended_on) | (lives.ended_on <= as_of))] = NEVER
    doubtful = truth.doubtful & ended & (lives.ended_on >= as_of)
    until[doubtful] = lives.ended_on[doubtful]
    unknown = np.full(n, NEVER, np.int32)
    counted = np.flatnonzero(is_open)
    np.minimum.at(unknown, lives.borrower[counted], until[counted])
    could_be_good = np.ones(n, np.bool_)
    silent = np.flatnonzero(is_open & ~truth.ever_known)
    could_be_good[lives.borrower[silent]] = False
    return Outcomes(bad_on, unknown, could_be_good)


def given_outcomes(history: History, as_of_date: date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (has a row, bad) from the table `outcomes` on this date; each of shape (n,)."""
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
    """Return (known, bad) of each borrower: given from outside on the dates `given_on`, else from payments; shape (n,).

    A borrower who could only have been seen to be bad is not known.
    """
    if as_of_date in given_on:
        return given_outcomes(history, as_of_date)
    from_payments, end = outcomes(history, as_of_date, spec), to_day(spec.window_end(as_of_date))
    return from_payments.known(end) & from_payments.could_be_good, from_payments.bad(end)


def _open_at(history: History, as_of: int) -> NDArray[np.bool_]:
    """Whether each loan was open on the day, as known on that day, shape (loans,)."""
    is_open = np.zeros(history.rows.n_loans, np.bool_)
    if history.accounts.dated:
        is_open[history.accounts.loan[history.accounts.open_rows(as_of)]] = True
    else:
        is_open = history.truth().lives.open_at(as_of)
    return is_open


def _first_late(lateness: Lateness, as_of: int, bad_dpd: int, is_open: NDArray[np.bool_]) -> Days:
    first = lateness.reached_on(bad_dpd, as_of)
    return np.where(is_open[lateness.loan], first, NEVER).astype(np.int32)


def learnable(
    bad_on: NDArray[np.integer], learnable_until: NDArray[np.integer], end: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Whether each row's outcome before its day `end` is known and usable for training; all of one shape."""
    is_learnable: NDArray[np.bool_] = ((bad_on < end) & (learnable_until != ALWAYS)) | (learnable_until >= end)
    return is_learnable
