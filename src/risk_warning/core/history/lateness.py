"""Lateness: the stretches of days on which each loan was late, by payments as they truly happened.

Instalments (their contract, the first version) and statements are read together. Of the statements of one day the one
recorded last counts; a late one stands until the loan's next says otherwise, but tells only of the days until that was
due. A loan that has ended is late no longer.

Worked example: due 1 June, paid 20 June. The loan is 1 day past due at the start of 2 June, 15 at that of 16 June, and
back at 0 at that of 21 June. A statement of 31 May with 12 days past due says so of the days until that of 30 June.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.history.instalments import Obligations, Settled, Spells
from risk_warning.core.history.loans import Ends
from risk_warning.core.history.statements import Statements

Days = NDArray[np.int32]


@dataclass(frozen=True)
class Told:
    """Days past due by statements: of each (loan, day) the one recorded last, in that order, none of them unknown."""

    loan: NDArray[np.int32]
    day: Days
    until: Days
    """First day of which it no longer tells: the next statement's, or when that was due."""
    replaced_on: Days
    """Day of the loan's next statement, `NEVER` where there is none."""
    dpd: NDArray[np.float64]

    @classmethod
    def of(cls, statements: Statements, ends: Ends, known_before: int, gap_days: int) -> Told:
        """What the statements recorded before a day tell; `gap_days` lie between two of a loan, where none is missing.

        Nothing is taken from statements of the day on which the loan ended, or later.
        """
        table = statements.columns
        row = np.flatnonzero(
            (table["recorded_on"] < known_before) & (table["statement_on"] < ends.ended_on[table["loan"]])
        )
        loan, day = table["loan"][row], table["statement_on"][row]
        last = np.ones(len(row), np.bool_)
        last[:-1] = (loan[1:] != loan[:-1]) | (day[1:] != day[:-1])
        loan, day, dpd = loan[last], day[last], table["days_past_due"][row[last]]
        known = ~np.isnan(dpd)
        loan, day, dpd = loan[known], day[known], dpd[known]
        replaced = np.full(len(day), NEVER, np.int32)
        followed = np.flatnonzero(loan[1:] == loan[:-1])
        replaced[followed] = day[followed + 1]
        until = np.minimum(day.astype(np.int64) + gap_days, replaced).astype(np.int32)
        return cls(loan, day, until, replaced, dpd)


@dataclass(frozen=True)
class Lateness:
    """Stretches: a loan is late at the start of each day t with `start` < t <= `end`; arrays of shape (stretches,)."""

    loan: NDArray[np.int32]
    start: Days
    end: Days
    told_through: Days
    """Last day on which it is known to be: the end, or before it, where statements stop."""
    due_on: Days
    """Of an instalment: at the start of day t the loan is t − due_on days past due. `NEVER` for a statement's."""
    dpd: NDArray[np.float64]
    """Of a statement: days past due. NaN for an instalment's."""

    @classmethod
    def of(cls, spells: Spells | None, told: Told | None, ends: Ends) -> Lateness:
        """The stretches of instalments and of late statements."""
        none = np.zeros(0, np.int32)
        parts = [cls(none, none, none, none, none, np.zeros(0))]
        if spells is not None:
            nothing = np.full(len(spells.loan), np.nan)
            parts.append(cls(spells.loan, spells.start, spells.end, spells.end, spells.due_on, nothing))
        if told is not None:
            late = told.dpd > 0
            loan, day = told.loan[late], told.day[late]
            replaced, ended = told.replaced_on[late], ends.ended_on[loan]
            end = np.minimum(np.where(replaced == NEVER, NEVER, replaced - 1), ended).astype(np.int32)
            through = np.minimum(told.until[late] - 1, ended).astype(np.int32)
            parts.append(cls(loan, day - 1, end, through, np.full(len(loan), NEVER, np.int32), told.dpd[late]))
        return cls(
            loan=np.concatenate([part.loan for part in parts]),
            start=np.concatenate([part.start for part in parts]),
            end=np.concatenate([part.end for part in parts]),
            told_through=np.concatenate([part.told_through for part in parts]),
            due_on=np.concatenate([part.due_on for part in parts]),
            dpd=np.concatenate([part.dpd for part in parts]),
        )

    def reached_on(self, level_days: int, since: int | None = None) -> Days:
        """First day, from the day `since` on, at whose start each stretch is so late, `NEVER` where there is none."""
        first = self.start.astype(np.int64) + 1
        by_instalment = np.where(self.due_on == NEVER, first, self.due_on.astype(np.int64) + level_days)
        first = np.maximum(first, by_instalment)
        if since is not None:
            first = np.maximum(first, since)
        # A stretch of an instalment has no days past due of its own (NaN): the comparison is False.
        within = (first <= self.told_through) & ~(self.dpd < level_days)
        return np.where(within, first, NEVER).astype(np.int32)

    def levels_reached_on(self, levels_days: Sequence[int]) -> Days:
        """First day at each level within each stretch; shape (levels, stretches)."""
        found = [self.reached_on(level) for level in levels_days]
        return np.stack(found) if found else np.zeros((0, len(self.loan)), np.int32)


@dataclass(frozen=True)
class Known:
    """Runs of days on which a loan's days past due are known: `start` <= t < `end`, in order of (loan, start)."""

    loan: NDArray[np.int32]
    start: Days
    end: Days

    @classmethod
    def of(
        cls,
        owed: Obligations | None,
        settled: Settled | None,
        told: Told | None,
        opened_on: Days,
        *,
        payments_until: int,
        gap_days: int,
    ) -> Known:
        """The runs of loans opened on these days (`NEVER` where not known), shape (loans,).

        Instalments tell from the loan's opening to the day `payments_until`, where payments stop. A loan without them
        has its first statement due `gap_days` after its opening.
        """
        n = len(opened_on)
        since = np.full(n, NEVER, np.int64)
        if owed is not None and settled is not None:
            np.minimum.at(since, owed.loan, owed.scheduled_on.astype(np.int64))
        has_rows = since != NEVER
        since = np.where(has_rows & (opened_on != NEVER), np.minimum(since, opened_on), since)
        by_rows = np.flatnonzero(has_rows)
        loans = [by_rows.astype(np.int32)]
        starts, ends = [since[by_rows]], [np.full(len(by_rows), payments_until, np.int64)]
        if told is not None:
            loans.append(told.loan)
            starts.append(told.day.astype(np.int64))
            ends.append(told.until.astype(np.int64))
            fresh = np.flatnonzero(~has_rows & (opened_on != NEVER))
            loans.append(fresh.astype(np.int32))
            starts.append(opened_on[fresh].astype(np.int64))
            ends.append(opened_on[fresh].astype(np.int64) + gap_days)
        return cls(*joined(np.concatenate(loans), np.concatenate(starts), np.minimum(np.concatenate(ends), NEVER)))

    def until(self, day: int, n_loans: int) -> Days:
        """First day from `day` on of which each loan's days past due are not known, shape (n_loans,)."""
        found = np.full(n_loans, day, np.int32)
        holds = (self.start <= day) & (self.end > day)
        found[self.loan[holds]] = self.end[holds]
        return found


def joined(
    loan: NDArray[np.int32], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int32], Days, Days]:
    """Half-open spans [start, end) of the same loan that overlap or touch, as one; in order of (loan, start)."""
    order = np.lexsort((start, loan))
    loan, start, end = loan[order], start[order], end[order]
    # Loans ascend, so the largest (loan, end) so far is the furthest end of the same loan.
    furthest = np.maximum.accumulate(loan.astype(np.int64) << 32 | (end & 0xFFFFFFFF)) & 0xFFFFFFFF
    begins = np.ones(len(loan), np.bool_)
    begins[1:] = (loan[1:] != loan[:-1]) | (start[1:] > furthest[:-1])
    first = np.flatnonzero(begins)
    last = furthest[np.append(first[1:], len(loan)) - 1] if len(first) else np.zeros(0, np.int64)
    return loan[first], start[first].astype(np.int32), last.astype(np.int32)
