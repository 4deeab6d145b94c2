"""Lateness: the stretches of days on which each loan was late, from the payments as they actually happened.

Instalments (by the contract, which is their first version) and statements are combined. Of several statements of one
day, the one recorded last counts. A loan that a statement shows as late stays late until its next statement, but it is
known to be late only until the day on which that next statement was due. A loan that has ended is no longer late.

Worked example: an instalment is due on 1 June and paid on 20 June. The loan is 1 day past due at the start of 2 June,
15 days at the start of 16 June, and back at 0 at the start of 21 June. A statement of 31 May with 12 days past due
holds for the days until the statement of 30 June.
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
class KnownDpd:
    """Known days past due from statements, sorted by (loan, day); of each (loan, day) the one recorded last."""

    loan: NDArray[np.int32]
    day: Days
    until: Days
    """First day for which the statement no longer holds: the day of the next one, or the day that one was due."""
    replaced_on: Days
    """Day of the loan's next statement, `NEVER` if there is none."""
    dpd: NDArray[np.float64]

    @classmethod
    def of(cls, statements: Statements, ends: Ends, known_before: int, gap_days: int) -> KnownDpd:
        """Read the days past due from the statements recorded before the day `known_before`.

        `gap_days` is the number of days between two statements of a loan if none is missing. A statement dated on or
        after the day its loan ended is ignored.
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
    """Stretches of days on which a loan is late: the starts of all days t with `start` < t <= `end`.

    All arrays have shape (stretches,).
    """

    loan: NDArray[np.int32]
    start: Days
    end: Days
    known_through: Days
    """Last day on which the loan is known to be late: `end`, or an earlier day if statements stop."""
    due_on: Days
    """For an instalment: at the start of day t the loan is t − due_on days past due. `NEVER` for a statement."""
    dpd: NDArray[np.float64]
    """For a statement: days past due. NaN for an instalment."""

    @classmethod
    def of(cls, spells: Spells | None, reported: KnownDpd | None, ends: Ends) -> Lateness:
        """Build the stretches of instalments and of late statements."""
        none = np.zeros(0, np.int32)
        parts = [cls(none, none, none, none, none, np.zeros(0))]
        if spells is not None:
            nothing = np.full(len(spells.loan), np.nan)
            parts.append(cls(spells.loan, spells.start, spells.end, spells.end, spells.due_on, nothing))
        if reported is not None:
            late = reported.dpd > 0
            loan, day = reported.loan[late], reported.day[late]
            replaced, ended = reported.replaced_on[late], ends.ended_on[loan]
            end = np.minimum(np.where(replaced == NEVER, NEVER, replaced - 1), ended).astype(np.int32)
            through = np.minimum(reported.until[late] - 1, ended).astype(np.int32)
            parts.append(cls(loan, day - 1, end, through, np.full(len(loan), NEVER, np.int32), reported.dpd[late]))
        return cls(
            loan=np.concatenate([part.loan for part in parts]),
            start=np.concatenate([part.start for part in parts]),
            end=np.concatenate([part.end for part in parts]),
            known_through=np.concatenate([part.known_through for part in parts]),
            due_on=np.concatenate([part.due_on for part in parts]),
            dpd=np.concatenate([part.dpd for part in parts]),
        )

    def reached_on(self, level_days: int, since: int | None = None) -> Days:
        """Return the first day at whose start each stretch is at least `level_days` past due, `NEVER` if none is.

        Days before `since` do not count.
        """
        first = self.start.astype(np.int64) + 1
        by_instalment = np.where(self.due_on == NEVER, first, self.due_on.astype(np.int64) + level_days)
        first = np.maximum(first, by_instalment)
        if since is not None:
            first = np.maximum(first, since)
        # The `dpd` of an instalment's stretch is NaN, so the comparison is False.
        within = (first <= self.known_through) & ~(self.dpd < level_days)
        return np.where(within, first, NEVER).astype(np.int32)

    def levels_reached_on(self, levels_days: Sequence[int]) -> Days:
        """Return the first day at each level within each stretch; shape (levels, stretches)."""
        first_days = [self.reached_on(level) for level in levels_days]
        return np.stack(first_days) if first_days else np.zeros((0, len(self.loan)), np.int32)


@dataclass(frozen=True)
class KnownThrough:
    """Runs of days on which a loan's days past due are known: `start` <= t < `end`, sorted by (loan, start)."""

    loan: NDArray[np.int32]
    start: Days
    end: Days

    @classmethod
    def of(
        cls,
        owed: Obligations | None,
        settled: Settled | None,
        reported: KnownDpd | None,
        opened_on: Days,
        *,
        payments_until: int,
        gap_days: int,
    ) -> KnownThrough:
        """Build the runs of loans opened on the days `opened_on` (`NEVER` if unknown), shape (loans,).

        With instalments, days past due are known from the loan's opening to the day `payments_until`, where payments
        stop. Without instalments, the loan's first statement is due `gap_days` after its opening.
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
        if reported is not None:
            loans.append(reported.loan)
            starts.append(reported.day.astype(np.int64))
            ends.append(reported.until.astype(np.int64))
            fresh = np.flatnonzero(~has_rows & (opened_on != NEVER))
            loans.append(fresh.astype(np.int32))
            starts.append(opened_on[fresh].astype(np.int64))
            ends.append(opened_on[fresh].astype(np.int64) + gap_days)
        return cls(*joined(np.concatenate(loans), np.concatenate(starts), np.minimum(np.concatenate(ends), NEVER)))

    def until(self, day: int, n_loans: int) -> Days:
        """Return the first day, `day` or later, on which each loan's days past due are unknown, shape (n_loans,)."""
        unknown_from = np.full(n_loans, day, np.int32)
        holds = (self.start <= day) & (self.end > day)
        unknown_from[self.loan[holds]] = self.end[holds]
        return unknown_from


def joined(
    loan: NDArray[np.int32], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int32], Days, Days]:
    """Merge half-open spans [start, end) of the same loan that overlap or touch; sort them by (loan, start)."""
    order = np.lexsort((start, loan))
    loan, start, end = loan[order], start[order], end[order]
    # Rows are sorted by loan, so the largest (loan, end) so far holds the latest end of the same loan.
    furthest = np.maximum.accumulate(loan.astype(np.int64) << 32 | (end & 0xFFFFFFFF)) & 0xFFFFFFFF
    begins = np.ones(len(loan), np.bool_)
    begins[1:] = (loan[1:] != loan[:-1]) | (start[1:] > furthest[:-1])
    first = np.flatnonzero(begins)
    last = furthest[np.append(first[1:], len(loan)) - 1] if len(first) else np.zeros(0, np.int64)
    return loan[first], start[first].astype(np.int32), last.astype(np.int32)
