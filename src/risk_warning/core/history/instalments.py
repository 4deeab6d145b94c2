"""Instalments: what was owed and when it was settled, as known on any day.

An instalment consists of an obligation and its payments. The obligation is known from `scheduled_on`. A payment is
known once `paid_on` and `recorded_on` are both before the as-of date. No other module reads `paid_on`.

Worked example: an instalment is due on 1 June and paid on 20 June. As of 10 June it is unpaid and 9 days past due. As
of 21 June it was settled on 20 June, 19 days late.

A re-dated instalment has more rows with the same number and a later `scheduled_on`. They are versions of its schedule:
the first version is the contract, the latest known version is the current schedule. A payment on any of these rows
counts for the instalment. Worked example: an instalment is due on 1 June and is re-dated on 28 May to 1 September. As
of 10 June it is 9 days past due by the contract, and not yet due by the current schedule.

Once a loan has ended, its instalments that would fall due on that day or later are not owed. Unpaid instalments that
fell due earlier count as settled on that day: their days past due no longer grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.history.loans import Ends
from risk_warning.core.order import order_by
from risk_warning.core.rows import Rows

Days = NDArray[np.int32]


@dataclass(frozen=True)
class Spells:
    """Stretches of days in which an obligation is unpaid after its due date.

    An obligation is past due at the start of day t iff `start < t <= end`; it is then `t - due_on` days past due.
    `end` is the day it was settled (`NEVER` if it was not). `start` is its due date, or the day a reversal reopened it.
    """

    borrower: NDArray[np.int32]
    loan: NDArray[np.int32]
    due_on: Days
    start: Days
    end: Days


@dataclass(frozen=True)
class Settled:
    """Obligations with the payments known before a day; all arrays have shape (obligations,)."""

    settled_on: Days
    """Day the unpaid part last came within the tolerance, or the day the loan ended; `NEVER` while unpaid."""
    unpaid_amount: NDArray[np.float64]
    """In minor units; 0 if it is paid or the loan was paid off. A written-off amount stays unpaid."""
    payments: NDArray[np.int32]
    """Number of known payments."""
    falls_due: NDArray[np.bool_]
    """False if the loan ended on or before the due date: the instalment is not owed and is ignored everywhere."""
    spells: Spells


@dataclass(frozen=True)
class Versions:
    """The later versions of re-dated instalments, sorted by (obligation, scheduled_on); shape (versions,)."""

    obligation: NDArray[np.int64]
    scheduled_on: Days
    due_on: Days
    due_amount: NDArray[np.float64]


@dataclass(frozen=True)
class Obligations:
    """One entry per instalment with its payment rows, sorted by (loan, number, day paid).

    `due_on`, `due_amount` and `scheduled_on` are those of the first version, the contract.
    """

    borrower: NDArray[np.int32]
    loan: NDArray[np.int32]
    due_on: Days
    due_amount: NDArray[np.float64]
    scheduled_on: Days
    versions: Versions
    first_row: NDArray[np.int64]
    rows: NDArray[np.int64]
    paid_on: Days
    recorded_on: Days
    paid_amount: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows) -> Obligations:
        """Group the rows of `rows.instalments`, in any order, by (loan, instalment_no)."""
        table = rows.instalments
        assert table is not None
        key = table["loan"].astype(np.int64) << 32 | table["instalment_no"].astype(np.int64) & 0xFFFFFFFF
        order = order_by(key, table["paid_on"], table["recorded_on"], table["paid_amount"])
        if order is not None:
            key = key[order]
            table = {name: column[order] for name, column in table.items()}
        first = np.concatenate(([True], key[1:] != key[:-1])).nonzero()[0] if len(key) else np.zeros(0, np.int64)
        head = {name: table[name][first] for name in ("borrower", "loan", "due_on", "due_amount", "scheduled_on")}
        versions = _versions(table, head, first, len(key))
        return cls(
            **head,
            versions=versions,
            first_row=first,
            rows=np.diff(np.append(first, len(key))),
            paid_on=table["paid_on"],
            recorded_on=table["recorded_on"],
            paid_amount=table["paid_amount"],
        )

    def current(self, before: int) -> Obligations:
        """Return the instalments by the latest version known before the day `before`; `self` if none is re-dated."""
        known = (self.versions.scheduled_on < before).nonzero()[0]
        if not len(known):
            return self
        due_on, due_amount = self.due_on.copy(), self.due_amount.copy()
        # The last assignment wins, so the latest known version decides.
        due_on[self.versions.obligation[known]] = self.versions.due_on[known]
        due_amount[self.versions.obligation[known]] = self.versions.due_amount[known]
        return replace(self, due_on=due_on, due_amount=due_amount)

    def forborne_on(self, n_loans: int) -> Days:
        """Return the first day each loan had an instalment deferred or reduced by a later version; shape (n_loans,)."""
        first_day = np.full(n_loans, NEVER, np.int32)
        of = self.versions.obligation
        eased = (self.versions.due_on > self.due_on[of]) | (self.versions.due_amount < self.due_amount[of])
        np.minimum.at(first_day, self.loan[of[eased]], self.versions.scheduled_on[eased])
        return first_day

    def settle(self, before: int, tolerance_ratio: float, ends: Ends) -> Settled:
        """Settle with the payments paid and recorded before the day `before`; `ends` is as known on that day."""
        known = (self.paid_on < before) & (self.recorded_on < before)
        amount = np.where(known, self.paid_amount, 0.0)
        allowed = self.due_amount * tolerance_ratio
        single = bool(len(self.first_row) == len(amount))
        paid = amount if single or not len(amount) else np.add.reduceat(amount, self.first_row)
        unpaid = self.due_amount - paid
        is_paid = unpaid <= allowed
        last = self.first_row + self.rows - 1
        settled_on = np.where(is_paid & known[last], self.paid_on[last], NEVER).astype(np.int32)
        payments = known.astype(np.int32) if single else _count(known, self.first_row)
        # Nothing was owed: settled from the start, with or without a payment row.
        settled_on[is_paid & (payments == 0)] = np.minimum(self.due_on, before)[is_paid & (payments == 0)]
        late = settled_on > np.maximum(self.due_on, self.scheduled_on)
        if single:
            spells = _spells(self, late, settled_on)
        else:
            several = (self.rows > 1).nonzero()[0]
            settled_on[several], parts = self._settle_in_parts(several, known, amount, allowed)
            late[several] = False
            spells = _join(_spells(self, late, settled_on), parts)
        settled = Settled(
            settled_on=settled_on,
            unpaid_amount=np.where(is_paid, 0.0, np.maximum(unpaid, 0.0)),
            payments=payments,
            falls_due=np.ones(len(settled_on), np.bool_),
            spells=spells,
        )
        return settled if ends.nothing_ended else _ended(settled, self, ends)

    def _settle_in_parts(
        self,
        several: NDArray[np.int64],
        known: NDArray[np.bool_],
        amount: NDArray[np.float64],
        allowed: NDArray[np.float64],
    ) -> tuple[Days, Spells]:
        """Settle the obligations with several rows, payment by payment and day by day; a reversal opens a new spell."""
        count = self.rows[several]
        owner = np.repeat(np.arange(len(several)), count)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        row = self.first_row[several][owner] + offset
        row, owner = row[known[row]], owner[known[row]]
        running = np.cumsum(amount[row])
        begins = np.concatenate(([True], owner[1:] != owner[:-1])) if len(owner) else np.zeros(0, np.bool_)
        base = np.where(begins, running - amount[row], -np.inf)
        running = running - _carry(base, begins)
        day = self.paid_on[row]
        # Payments of one day count together, so only the running total of the day's last row counts.
        closes = np.ones(len(owner), np.bool_)
        closes[:-1] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
        owner, day, running = owner[closes], day[closes], running[closes]
        obligation = several[owner]
        paid = self.due_amount[obligation] - running <= allowed[obligation]
        begins = np.concatenate(([True], owner[1:] != owner[:-1])) if len(owner) else np.zeros(0, np.bool_)
        was_paid = np.concatenate(([False], paid[:-1])) & ~begins if len(owner) else paid
        # An obligation is unpaid from its due date until it is first settled, and again from each reversal.
        opens_at: Days = np.concatenate((self.due_on[several], day[~paid & was_paid])).astype(np.int32)
        opens_of = np.concatenate((np.arange(len(several)), owner[~paid & was_paid]))
        settles_at, settles_of = day[paid & ~was_paid], owner[paid & ~was_paid]
        order = np.lexsort((np.concatenate((np.full(len(several), -NEVER), day[~paid & was_paid])), opens_of))
        opens_at, opens_of = opens_at[order], opens_of[order]
        end = np.full(len(opens_at), NEVER, np.int32)
        position = np.searchsorted(opens_of, settles_of) + _nth(settles_of)
        end[position] = settles_at
        exact = np.full(len(several), NEVER, np.int32)
        last = np.searchsorted(opens_of, np.arange(len(several)), side="right") - 1
        exact[:] = end[last]
        nothing_owed = (self.due_amount[several] <= allowed[several]) & (exact == NEVER)
        exact[nothing_owed] = self.due_on[several][nothing_owed]
        obligation = several[opens_of]
        start = np.maximum(opens_at, np.maximum(self.due_on, self.scheduled_on)[obligation])
        keep = (end > start) & ~nothing_owed[opens_of]
        return exact, Spells(
            borrower=self.borrower[obligation][keep],
            loan=self.loan[obligation][keep],
            due_on=self.due_on[obligation][keep],
            start=start[keep],
            end=end[keep],
        )


def _versions(
    table: Mapping[str, NDArray[Any]], head: dict[str, NDArray[Any]], first: NDArray[np.int64], size: int
) -> Versions:
    """Return the later versions, and write the first version of each re-dated instalment into `head`."""
    if size == len(first) or bool(
        np.all(head["scheduled_on"].repeat(np.diff(np.append(first, size))) == table["scheduled_on"])
    ):
        none = np.zeros(0, np.int32)
        return Versions(np.zeros(0, np.int64), none, none, np.zeros(0))
    obligation = np.repeat(np.arange(len(first)), np.diff(np.append(first, size)))
    scheduled = table["scheduled_on"]
    order = np.lexsort((scheduled, obligation))
    begins = np.ones(size, np.bool_)
    begins[1:] = (obligation[order][1:] != obligation[order][:-1]) | (scheduled[order][1:] != scheduled[order][:-1])
    row = order[begins]
    is_first = np.ones(len(row), np.bool_)
    is_first[1:] = obligation[row][1:] != obligation[row][:-1]
    for name in ("due_on", "due_amount", "scheduled_on"):
        head[name] = table[name][row[is_first]]
    later = row[~is_first]
    return Versions(obligation[later], scheduled[later], table["due_on"][later], table["due_amount"][later])


def _ended(settled: Settled, owed: Obligations, ends: Ends) -> Settled:
    """Apply the ends of loans: from that day nothing of them is owed and their days past due no longer grow."""
    ended_on = ends.ended_on[owed.loan]
    paid_off = (settled.settled_on > ended_on) & (ends.written_off_on[owed.loan] == NEVER)
    spells = settled.spells
    end = np.minimum(spells.end, ends.ended_on[spells.loan])
    keep = end > spells.start
    return Settled(
        settled_on=np.minimum(settled.settled_on, ended_on),
        unpaid_amount=np.where(paid_off, 0.0, settled.unpaid_amount),
        payments=settled.payments,
        falls_due=owed.due_on < ended_on,
        spells=Spells(
            spells.borrower[keep],
            spells.loan[keep],
            spells.due_on[keep],
            spells.start[keep],
            end[keep].astype(np.int32),
        ),
    )


def _count(known: NDArray[np.bool_], first: NDArray[np.int64]) -> NDArray[np.int32]:
    if not len(known):
        return np.zeros(0, np.int32)
    return np.add.reduceat(known.astype(np.int32), first)


def _carry(base: NDArray[np.float64], begins: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Repeat each group's first value of `base` over the whole group."""
    starts = begins.nonzero()[0]
    return np.repeat(base[starts], np.diff(np.append(starts, len(base))))


def _nth(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of each entry within its (contiguous) group."""
    position = np.arange(len(group))
    return position - np.searchsorted(group, group)


def _spells(owed: Obligations, late: NDArray[np.bool_], settled_on: Days) -> Spells:
    """Spells of obligations with at most one payment: from the due date to the day they were settled.

    An obligation that is scheduled after its due date, such as a fee booked back, is not owed before that day.
    """
    row = late.nonzero()[0]
    due_on = owed.due_on[row]
    return Spells(
        owed.borrower[row], owed.loan[row], due_on, np.maximum(due_on, owed.scheduled_on[row]), settled_on[row]
    )


def _join(*parts: Spells) -> Spells:
    return Spells(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("borrower", "loan", "due_on", "start", "end")
        )
    )
