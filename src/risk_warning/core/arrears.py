"""Arrears: how late each loan was on any day, and each run of days on which it was late.

By payments as they truly happened: what was recorded later counts too. Instalments and statements are read together,
the worse of the two deciding. Borrowers with rows set aside are left out: half a history invents arrears.

Worked example: due 1 June, paid 20 June. The loan is 1 day past due on 2 June, 15 on 16 June, and back at 0 on 21 June.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER, add_months, to_date, to_day
from risk_warning.core.instalments import Settled, Spells
from risk_warning.core.panel import History

LEVELS = (15, 30, 60, 90)
"""Days past due whose first day in a run is kept, unless others are asked for."""
Days = NDArray[np.int32]


@dataclass(frozen=True)
class Lives:
    """When each loan was open; arrays of shape (loans,). A loan without a day it was opened is never open."""

    borrower: NDArray[np.int32]
    opened_on: Days
    """Without `loans`: the day its first obligation was known, or of its first statement."""
    closed_on: Days
    """Without `loans`: the day its last obligation was settled, or a month after its last statement."""
    written_off_on: Days

    def open_at(self, day: int) -> NDArray[np.bool_]:
        """Whether each loan was open at the start of a day."""
        return (self.opened_on < day) & (self.closed_on >= day) & (self.written_off_on >= day)


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
        owed = history.obligations
        settled = None if owed is None else owed.settle(NEVER, history.dpd_tolerance_ratio)
        statements = _late_statements(history)
        lives = _lives(history, settled)
        parts = [] if settled is None else [_by_spell(settled.spells, levels)]
        if statements is not None:
            parts.append(_by_statement(statements, levels))
        return cls(
            borrowers=history.rows.n,
            lives=lives,
            runs=_joined(parts, lives, len(levels)),
            dpd=_dpd(history, settled, statements, [to_day(day) for day in days]),
        )


@dataclass(frozen=True)
class _Stretches:
    """Pieces of runs: a loan is late at the start of each day t with start < t <= end."""

    loan: NDArray[np.int32]
    start: Days
    end: Days
    reached_on: Days


@dataclass(frozen=True)
class _Statements:
    """Days past due by statements: of each (loan, day) the one recorded last, in that order, none of them unknown."""

    loan: NDArray[np.int32]
    day: Days
    dpd: NDArray[np.float64]


def _late_statements(history: History) -> _Statements | None:
    if history.statements is None or not history.observed.has("statements", "days_past_due"):
        return None
    table = history.statements.columns
    known = np.flatnonzero(~np.isnan(table["days_past_due"]))
    loan, day = table["loan"][known], table["statement_on"][known]
    last = np.ones(len(known), np.bool_)
    last[:-1] = (loan[1:] != loan[:-1]) | (day[1:] != day[:-1])
    return _Statements(loan[last], day[last], table["days_past_due"][known[last]])


def _lives(history: History, settled: Settled | None) -> Lives:
    rows, accounts = history.rows, history.accounts
    borrower = np.zeros(rows.n_loans, np.int32)
    opened, closed, gone = (np.full(rows.n_loans, day, np.int32) for day in (NEVER, ALWAYS, NEVER))
    if accounts.dated:
        latest = accounts.current(NEVER)
        loan = accounts.loan[latest]
        borrower[loan], opened[loan] = accounts.borrower[latest], accounts.opened_on[latest]
        closed[loan], gone[loan] = accounts.closed_on[latest], accounts.written_off_on[latest]
    else:
        for loan, owner, first, last in _seen(history, settled):
            borrower[loan] = owner
            np.minimum.at(opened, loan, first)
            np.maximum.at(closed, loan, last)
    if rows.set_aside is not None:
        opened[rows.set_aside[borrower]] = NEVER
    return Lives(borrower, opened, closed, gone)


def _seen(
    history: History, settled: Settled | None
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], Days, Days]]:
    """(loan, borrower, first day, last day) of what says that a loan is open where the table `loans` is missing."""
    if history.obligations is not None and settled is not None:
        owed = history.obligations
        yield owed.loan, owed.borrower, owed.scheduled_on, settled.settled_on
    if history.statements is not None:
        table = history.statements.columns
        days, position = np.unique(table["statement_on"], return_inverse=True)
        month_later = np.array([to_day(add_months(to_date(day), 1)) for day in days], np.int32)
        yield table["loan"], table["borrower"], table["statement_on"], month_later[position]


def _by_spell(spells: Spells, levels: Sequence[int]) -> _Stretches:
    first = spells.start.astype(np.int64) + 1
    reached = [np.maximum(spells.due_on.astype(np.int64) + level, first) for level in levels]
    within = [np.where(day <= spells.end, day, NEVER).astype(np.int32) for day in reached]
    return _Stretches(spells.loan, spells.start, spells.end, np.stack(within))


def _by_statement(found: _Statements, levels: Sequence[int]) -> _Stretches:
    """A late statement stands for the days until the loan's next one."""
    end = np.full(len(found.loan), NEVER, np.int32)
    same = np.flatnonzero(found.loan[1:] == found.loan[:-1])
    end[same] = found.day[same + 1] - 1
    late = found.dpd > 0
    reached = np.stack([np.where(found.dpd >= level, found.day, NEVER) for level in levels])
    return _Stretches(found.loan[late], found.day[late] - 1, end[late], reached[:, late].astype(np.int32))


def _joined(parts: Sequence[_Stretches], lives: Lives, levels: int) -> Runs:
    """Stretches that overlap or touch are one run."""
    if not parts:
        none = np.zeros(0, np.int32)
        return Runs(none, none, none, np.zeros((levels, 0), np.int32))
    loan, start, end = (np.concatenate([getattr(part, name) for part in parts]) for name in ("loan", "start", "end"))
    reached = np.concatenate([part.reached_on for part in parts], axis=1)
    order = np.lexsort((start, loan))
    order = order[lives.opened_on[loan[order]] != NEVER]
    loan, start, end, reached = loan[order], start[order], end[order], reached[:, order]
    # Loans ascend, so the largest (loan, end) so far is the furthest end of the same loan.
    furthest = np.maximum.accumulate(loan.astype(np.int64) << 32 | end.astype(np.int64)) & 0xFFFFFFFF
    begins = np.ones(len(loan), np.bool_)
    begins[1:] = (loan[1:] != loan[:-1]) | (start[1:] > furthest[:-1])
    first = np.flatnonzero(begins)
    last = furthest[np.append(first[1:], len(loan)) - 1] if len(first) else np.zeros(0, np.int64)
    return Runs(
        loan=loan[first],
        begun_on=start[first] + np.int32(1),
        cured_on=np.where(last == NEVER, NEVER, last + 1).astype(np.int32),
        reached_on=np.minimum.reduceat(reached, first, axis=1) if len(first) else reached,
    )


def _dpd(
    history: History, settled: Settled | None, statements: _Statements | None, days: Sequence[int]
) -> NDArray[np.float32]:
    dpd = np.full((len(days), history.rows.n_loans), np.nan, np.float32)
    for at, day in zip(dpd, days, strict=True):
        if statements is not None:
            # As in the panel: the latest picture, carried over one empty month at most.
            since = to_day(add_months(to_date(day), -2))
            recent = (statements.day >= since) & (statements.day < day)
            at[statements.loan[recent]] = statements.dpd[recent]
        if settled is not None and history.obligations is not None:
            known = history.obligations.loan[history.obligations.scheduled_on < day]
            at[known] = np.fmax(at[known], 0)
            spells = settled.spells
            late = (spells.start < day) & (spells.end >= day)
            np.maximum.at(at, spells.loan[late], (day - spells.due_on[late]).astype(np.float32))
    return dpd
