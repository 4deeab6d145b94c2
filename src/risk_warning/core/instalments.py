"""Instalments: what was owed and when it was settled, as known on any day.

An instalment is two facts. The obligation is known from `scheduled_on`; a payment once `paid_on` and
`recorded_on` both lie before the as-of date. Nothing outside this module reads `paid_on`.

Worked example: due 1 June, paid 20 June. As of 10 June it is unpaid, 9 days past due. As of 21 June it is
settled on 20 June, 19 days late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.order import order_by
from risk_warning.core.rows import Rows

Days = NDArray[np.int32]


@dataclass(frozen=True)
class Spells:
    """Stretches in which an obligation stood unpaid after its due date.

    An obligation counts as past due at the start of day t iff `start < t <= end`; it is then `t - due_on`
    days past due. `end` is the day it was settled (`NEVER` if it was not); `start` is its due date, or the
    day a reversal reopened it.
    """

    borrower: NDArray[np.int32]
    loan: NDArray[np.int32]
    due_on: Days
    start: Days
    end: Days


@dataclass(frozen=True)
class Settled:
    """Obligations with their payments known before a day; all arrays of shape (obligations,)."""

    settled_on: Days
    """The day the unpaid part last fell within the tolerance; `NEVER` while it is unpaid."""
    unpaid_amount: NDArray[np.float64]
    """Minor units, 0 once settled."""
    payments: NDArray[np.int32]
    """Number of payments known."""
    spells: Spells


@dataclass(frozen=True)
class Obligations:
    """One entry an instalment, its payment rows behind it, in order of (loan, number, day paid)."""

    borrower: NDArray[np.int32]
    loan: NDArray[np.int32]
    due_on: Days
    due_amount: NDArray[np.float64]
    scheduled_on: Days
    first_row: NDArray[np.int64]
    rows: NDArray[np.int64]
    paid_on: Days
    recorded_on: Days
    paid_amount: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows) -> Obligations:
        """Group the rows of `rows.instalments` by (loan, instalment_no); the rows may stand in any order."""
        table = rows.instalments
        assert table is not None
        key = table["loan"].astype(np.int64) << 32 | table["instalment_no"].astype(np.int64) & 0xFFFFFFFF
        order = order_by(key, table["paid_on"], table["recorded_on"], table["paid_amount"])
        if order is not None:
            key = key[order]
            table = {name: column[order] for name, column in table.items()}
        first = np.concatenate(([True], key[1:] != key[:-1])).nonzero()[0] if len(key) else np.zeros(0, np.int64)
        head = {name: table[name][first] for name in ("borrower", "loan", "due_on", "due_amount", "scheduled_on")}
        return cls(
            **head,
            first_row=first,
            rows=np.diff(np.append(first, len(key))),
            paid_on=table["paid_on"],
            recorded_on=table["recorded_on"],
            paid_amount=table["paid_amount"],
        )

    def settle(self, before: int, tolerance_ratio: float) -> Settled:
        """What was settled, by the payments paid and recorded before the day `before`."""
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
        late = settled_on > self.due_on
        if single:
            spells = _spells(self, late, settled_on)
        else:
            several = (self.rows > 1).nonzero()[0]
            settled_on[several], parts = self._settle_in_parts(several, known, amount, allowed)
            late[several] = False
            spells = _join(_spells(self, late, settled_on), parts)
        return Settled(
            settled_on=settled_on,
            unpaid_amount=np.where(is_paid, 0.0, np.maximum(unpaid, 0.0)),
            payments=payments,
            spells=spells,
        )

    def _settle_in_parts(
        self,
        several: NDArray[np.int64],
        known: NDArray[np.bool_],
        amount: NDArray[np.float64],
        allowed: NDArray[np.float64],
    ) -> tuple[Days, Spells]:
        """Obligations with several rows: walk their payments day by day; a reversal opens a new spell."""
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
        # Payments of one day count together: only the day's last row decides.
        closes = np.ones(len(owner), np.bool_)
        closes[:-1] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
        owner, day, running = owner[closes], day[closes], running[closes]
        obligation = several[owner]
        paid = self.due_amount[obligation] - running <= allowed[obligation]
        begins = np.concatenate(([True], owner[1:] != owner[:-1])) if len(owner) else np.zeros(0, np.bool_)
        was_paid = np.concatenate(([False], paid[:-1])) & ~begins if len(owner) else paid
        # Unpaid from the due date until the first settling, and again from each reversal.
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
        start = np.maximum(opens_at, self.due_on[obligation])
        keep = (end > start) & ~nothing_owed[opens_of]
        return exact, Spells(
            borrower=self.borrower[obligation][keep],
            loan=self.loan[obligation][keep],
            due_on=self.due_on[obligation][keep],
            start=start[keep],
            end=end[keep],
        )


def _count(known: NDArray[np.bool_], first: NDArray[np.int64]) -> NDArray[np.int32]:
    if not len(known):
        return np.zeros(0, np.int32)
    return np.add.reduceat(known.astype(np.int32), first)


def _carry(base: NDArray[np.float64], begins: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each group's first value of `base`, carried through the group."""
    starts = begins.nonzero()[0]
    return np.repeat(base[starts], np.diff(np.append(starts, len(base))))


def _nth(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of each entry within its (contiguous) group."""
    position = np.arange(len(group))
    return position - np.searchsorted(group, group)


def _spells(owed: Obligations, late: NDArray[np.bool_], settled_on: Days) -> Spells:
    """Spells of obligations with at most one payment: from the due date to the settling."""
    row = late.nonzero()[0]
    due_on = owed.due_on[row]
    return Spells(owed.borrower[row], owed.loan[row], due_on, due_on, settled_on[row])


def _join(*parts: Spells) -> Spells:
    return Spells(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("borrower", "loan", "due_on", "start", "end")
        )
    )
