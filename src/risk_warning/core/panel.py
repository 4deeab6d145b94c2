"""The panel: every signal of some borrowers, month by month, as it was known on the as-of date.

A signal is a float32 array of shape (periods, n) ("monthly"; period 0 is the most recent), (periods + 1, n)
("at the ends": row k is the start of day `ends[k]`, row 0 the as-of date) or (n,) ("level": on the as-of date).
NaN means "not observed", never 0: before the borrower's history begins, or before the lender sends such data.

All sums are of whole numbers, so no order of rows or size of chunk changes a bit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core import grouped
from risk_warning.core.calendar import NEVER, add_months, period_ends, period_of, to_day
from risk_warning.core.instalments import Obligations, Settled, Spells
from risk_warning.core.loans import Accounts
from risk_warning.core.observed import Observed
from risk_warning.core.profile import Profile
from risk_warning.core.rows import Rows
from risk_warning.core.statements import Known, Statements

Signal = NDArray[np.float32]
PERIODS = 24
"""Months of history a panel holds."""
DERIVED: Mapping[str, tuple[str, ...]] = {
    "utilisation": ("balance", "credit_limit"),
    "card_paid_to_balance": ("statement_paid_amount", "balance"),
}
"""Monthly signals made of others, by what they are made of."""


def ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Signal:
    """`above / below` where `below` is positive; NaN elsewhere. Any shape."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # 0 / True is 0 and 0 / False is NaN: no branch for the processor to guess wrong.
        return (above / below + np.divide(0, below > 0, dtype=np.float32)).astype(np.float32)


@dataclass(frozen=True)
class Panel:
    """Signals of n borrowers as of one date."""

    as_of_date: date
    ends: NDArray[np.int32]
    n: int
    signals: Mapping[str, Signal]
    codes: Mapping[str, Signal]
    """Category attributes: the code of each borrower's value (NaN where empty), shape (n,)."""
    has_open_loan: NDArray[np.bool_]
    record_periods: NDArray[np.int32]
    """Number of periods with a statement, a payment, or an obligation outstanding."""

    @property
    def periods(self) -> int:
        """Number of months of history."""
        return len(self.ends) - 1

    @cached_property
    def utilisation(self) -> Signal:
        """Balance over limit at each month's end, shape (periods, n)."""
        return ratio(self["balance"], self["credit_limit"])

    @cached_property
    def card_paid_to_balance(self) -> Signal:
        """What was paid in each month over the balance at the end of the month before, at most 2; (periods − 1, n)."""
        return np.minimum(ratio(self["statement_paid_amount"][:-1], self["balance"][1:]), np.float32(2))

    def __getitem__(self, name: str) -> Signal:
        """A signal, or one made of others."""
        if name in DERIVED:
            made: Signal = getattr(self, name)
            return made
        return self.signals[name]


@dataclass(frozen=True)
class History:
    """Some borrowers' rows, put in order once, for any number of as-of dates."""

    rows: Rows
    observed: Observed
    obligations: Obligations | None
    statements: Statements | None
    accounts: Accounts
    profile: Profile
    dpd_tolerance_ratio: float = 0.01

    @classmethod
    def of(cls, rows: Rows, observed: Observed, *, dpd_tolerance_ratio: float = 0.01) -> History:
        """Order the rows; nothing in `rows` is changed."""
        obligations = Obligations.of(rows) if rows.instalments is not None else None
        statements = Statements.of(rows) if rows.statements is not None else None
        return cls(
            rows=rows,
            observed=observed,
            obligations=obligations,
            statements=statements,
            accounts=Accounts.of(rows),
            profile=Profile.of(rows),
            dpd_tolerance_ratio=dpd_tolerance_ratio,
        )

    def panel(self, as_of_date: date, periods: int = PERIODS, needs: Collection[str] | None = None) -> Panel:
        """What was known at the start of `as_of_date`.

        Of the signals made of events, the many, those not among `needs` are left out; None wants them all.
        """
        return _Builder(self, as_of_date, periods, needs).build()


class _Builder:
    """One panel in the making."""

    def __init__(self, history: History, as_of_date: date, periods: int, needs: Collection[str] | None) -> None:
        self.history = history
        self.needs = needs
        self.as_of_date = as_of_date
        self.as_of = to_day(as_of_date)
        self.ends = period_ends(as_of_date, periods)
        self.periods = periods
        self.n = history.rows.n
        self.accounts = history.accounts.known(self.as_of, self.n)
        self.signals: dict[str, Signal] = {}
        self.record = np.zeros((periods, self.n), np.bool_)
        self.begins = np.full(self.n, NEVER, np.int64)
        """First day of each borrower's history, by what is known."""

    def build(self) -> Panel:
        observed = self.history.observed
        settled = self._instalments() if self.history.obligations is not None else None
        known = self._statements() if self.history.statements is not None else None
        self._days_past_due(settled, known)
        self._accounts()
        self._events()
        profile = self.history.profile.known(self.as_of)
        self.signals.update(profile.levels(observed))
        self._blank_before_history(profile.onboarded_on)
        return Panel(
            as_of_date=self.as_of_date,
            ends=self.ends,
            n=self.n,
            signals=self.signals,
            codes={
                **profile.codes(observed),
                **self.accounts.codes(observed),
            },
            has_open_loan=self._has_open_loan(settled),
            record_periods=self.record.sum(axis=0, dtype=np.int32),
        )

    def _monthly(self, cell: NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> NDArray[Any]:
        return np.bincount(cell, weights=weights, minlength=self.periods * self.n).reshape(self.periods, self.n)

    def _level(self, borrower: NDArray[np.int32], weights: NDArray[np.float64] | None = None) -> NDArray[Any]:
        return np.bincount(borrower, weights=weights, minlength=self.n)

    def _instalments(self) -> Settled:
        owed = self.history.obligations
        assert owed is not None
        settled = owed.settle(self.as_of, self.history.dpd_tolerance_ratio)
        is_known = owed.scheduled_on < self.as_of
        period = period_of(owed.due_on, self.ends)
        due = (is_known & (period >= 0) & (period < self.periods)).nonzero()[0]
        cell = period[due].astype(np.int64) * self.n + owed.borrower[due]
        count = self._monthly(cell)
        # Unsettled: as late as it is by now, and no later than is known.
        late_days = np.minimum(settled.settled_on[due], self.as_of) - owed.due_on[due]
        late_days = np.minimum(np.maximum(late_days, -31), 120)
        late = late_days > 0
        with np.errstate(invalid="ignore"):
            mean = self._monthly(cell, late_days.astype(np.float64)) / count
        largest = grouped.largest(late_days, cell, self.periods * self.n)
        due_amount = self._monthly(cell, owed.due_amount[due])
        self._put("due_count", count)
        self._put("late_count", self._monthly(cell[late]))
        self._put("partial_count", self._monthly(cell[settled.payments[due] > 1]))
        self._put("days_late_mean", mean)
        self._put("days_late_max", largest.reshape(self.periods, self.n))
        self._put("instalment_due_amount", due_amount)
        self._put("instalment_unpaid_amount", self._monthly(cell, settled.unpaid_amount[due]))

        row_known = (owed.paid_on < self.as_of) & (owed.recorded_on < self.as_of)
        row_period = period_of(owed.paid_on, self.ends)
        paid = (row_known & (row_period >= 0) & (row_period < self.periods)).nonzero()[0]
        row_borrower = np.repeat(owed.borrower, owed.rows)
        cell = row_period[paid].astype(np.int64) * self.n + row_borrower[paid]
        self._put("instalment_paid_amount", self._monthly(cell, owed.paid_amount[paid]))
        self.record |= self._monthly(cell) > 0

        still = is_known & (settled.settled_on == NEVER)
        overdue = still & (owed.due_on < self.as_of)
        soon = still & (owed.due_on >= self.as_of) & (owed.due_on < self.as_of + 30)
        self._put("outstanding_amount", self._level(owed.borrower[still], settled.unpaid_amount[still]))
        self._put("overdue_amount", self._level(owed.borrower[overdue], settled.unpaid_amount[overdue]))
        self._put("due_next_30d_amount", self._level(owed.borrower[soon], settled.unpaid_amount[soon]))
        self._put("remaining_count", self._level(owed.borrower[still]))
        known_from = np.where(is_known, np.minimum(owed.scheduled_on, owed.due_on), NEVER)
        grouped.lower(self.begins, known_from, owed.borrower)
        self._outstanding_periods(owed, settled, is_known)
        return settled

    def _outstanding_periods(self, owed: Obligations, settled: Settled, is_known: NDArray[np.bool_]) -> None:
        """Mark each period in which a borrower had an obligation scheduled and not settled."""
        first = np.minimum(np.maximum(period_of(owed.scheduled_on, self.ends), 0), self.periods - 1)
        # No day before the as-of date lies in a period below 0.
        last = period_of(np.minimum(settled.settled_on, self.as_of - 1), self.ends)
        chosen = is_known & (last < self.periods) & (first >= last)
        change = np.bincount(last[chosen].astype(np.int64) * self.n + owed.borrower[chosen], minlength=0)
        steps = np.zeros((self.periods + 1) * self.n, np.int64)
        steps[: len(change)] += change
        stop = np.bincount((first[chosen].astype(np.int64) + 1) * self.n + owed.borrower[chosen], minlength=len(steps))
        steps -= stop
        self.record |= np.cumsum(steps.reshape(self.periods + 1, self.n), axis=0)[:-1] > 0

    def _statements(self) -> Known:
        statements = self.history.statements
        assert statements is not None
        known = statements.known(self.as_of, self.ends, self.n)
        has = self.history.observed.has
        for column, name in (
            ("balance", "balance"),
            ("credit_limit", "credit_limit"),
            ("due_amount", "statement_due_amount"),
            ("paid_amount", "statement_paid_amount"),
        ):
            if has("statements", column):
                self.signals[name] = known.total(column)
        if has("statements", "status") and "statements.status" in self.history.observed.numeric:
            self.signals["status"] = known.worst("status")
        for column in self.history.observed.extra("statements"):
            if f"statements.{column}" in self.history.observed.numeric:
                self.signals[f"statement_{column}"] = known.worst(column)
        self.record |= known.any()
        table = statements.columns
        seen = (table["statement_on"] < self.as_of) & (table["recorded_on"] < self.as_of)
        grouped.lower(self.begins, np.where(seen, table["statement_on"], NEVER), table["borrower"])
        return known

    def _days_past_due(self, settled: Settled | None, known: Known | None) -> None:
        """`dpd` at the ends: the worst of the borrower's loans, from instalments and from statements."""
        parts = []
        if settled is not None:
            parts.append(self._dpd_of_spells(settled.spells))
        if known is not None and self.history.observed.has("statements", "days_past_due"):
            worst = known.worst("days_past_due")
            # A period's last statement is the latest known picture at its end; one empty month carries it on.
            at_end = np.full((self.periods + 1, self.n), np.nan, np.float32)
            at_end[:-1] = worst
            missing = np.isnan(at_end[:-1])
            at_end[:-1][missing] = at_end[1:][missing]
            parts.append(at_end)
        if parts:
            self.signals["dpd"] = parts[0] if len(parts) == 1 else np.fmax(parts[0], parts[1])

    def _dpd_of_spells(self, spells: Spells) -> Signal:
        dpd = np.zeros((self.periods + 1) * self.n, np.float32)
        ascending = self.ends[::-1]
        # Ends t with start < t <= end.
        first = np.searchsorted(ascending, spells.start, side="right")
        stop = np.searchsorted(ascending, spells.end, side="right")
        count = np.maximum(stop - first, 0)
        owner = np.repeat(np.arange(len(count)), count)
        position = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        k = self.periods - position
        days = (ascending[position] - spells.due_on[owner]).astype(np.float32)
        np.maximum.at(dpd, k.astype(np.int64) * self.n + spells.borrower[owner], days)
        return dpd.reshape(self.periods + 1, self.n)

    def _accounts(self) -> None:
        self.signals.update(self.accounts.signals(self.ends, self.history.observed))
        accounts = self.history.accounts
        if accounts.dated:
            opened = accounts.opened_on < self.as_of
            grouped.lower(self.begins, accounts.opened_on[opened], accounts.borrower[opened])

    def _events(self) -> None:
        table, observed = self.history.rows.events, self.history.observed
        names = self.history.rows.categories.get("events.kind", ())
        kinds = [kind for kind in observed.event_kinds if self._needs(f"{kind}_count")]
        paid = [kind for kind in observed.event_kinds if self._needs(f"{kind}_amount")]
        counts: dict[str, NDArray[Any]] = {}
        amounts: dict[str, NDArray[Any]] = {}
        if table is not None and len(names):
            known = (table["occurred_on"] < self.as_of) & (table["recorded_on"] < self.as_of)
            period = period_of(table["occurred_on"], self.ends)
            keep = (known & (period >= 0) & (period < self.periods)).nonzero()[0]
            kind, cell = table["kind"][keep], period[keep].astype(np.int64) * self.n + table["borrower"][keep]
            size = self.periods * self.n
            found = np.bincount(kind.astype(np.int64) * size + cell, minlength=len(names) * size)
            counts = dict(zip(names, found.reshape(len(names), self.periods, self.n), strict=True))
            if "amount" in table:
                for name in set(paid) & set(names):
                    chosen = (kind == names.index(name)).nonzero()[0]
                    amount = table["amount"][keep[chosen]]
                    np.putmask(amount, np.isnan(amount), 0.0)
                    amounts[name] = self._monthly(cell[chosen], amount)
        none = np.zeros((self.periods, self.n))
        for name in kinds:
            self._put(f"{name}_count", counts.get(name, none))
        if observed.has("events", "amount"):
            for name in paid:
                self._put(f"{name}_amount", amounts.get(name, none))
        for name, since in observed.event_kinds.items():
            if since > self.ends[-1]:
                for signal in (f"{name}_count", f"{name}_amount"):
                    if signal in self.signals:
                        self.signals[signal][self.ends[1:] < since] = np.nan

    def _needs(self, signal: str) -> bool:
        return self.needs is None or signal in self.needs

    def _blank_before_history(self, onboarded_on: NDArray[np.int64]) -> None:
        """Monthly counts and sums are not observed before a borrower's history begins."""
        begins = np.minimum(self.begins, onboarded_on)
        before = self.ends[:-1, None] <= begins[None, :]
        blank = np.where(before, np.float32(np.nan), np.float32(0))
        for signal in self.signals.values():
            if signal.shape == before.shape:
                signal += blank
            elif signal.shape == (self.periods + 1, self.n):
                # An end is before the history where the period that starts there still is.
                signal[1:] += blank
        self.signals["history_months"] = np.where(before, 0, 1).sum(axis=0, dtype=np.int32).astype(np.float32)
        self.signals["record_months"] = self.record.sum(axis=0, dtype=np.int32).astype(np.float32)

    def _has_open_loan(self, settled: Settled | None) -> NDArray[np.bool_]:
        if self.history.accounts.dated:
            return self.accounts.any_open()
        # Without `loans`: a statement in period 0 or an unpaid obligation.
        is_open = np.zeros(self.n, np.bool_)
        if self.history.statements is not None:
            table = self.history.statements.columns
            start = to_day(add_months(self.as_of_date, -1))
            recent = (table["statement_on"] >= start) & (table["statement_on"] < self.as_of)
            is_open[table["borrower"][recent & (table["recorded_on"] < self.as_of)]] = True
        if settled is not None and self.history.obligations is not None:
            owed = self.history.obligations
            unpaid = (owed.scheduled_on < self.as_of) & (settled.settled_on == NEVER)
            is_open[owed.borrower[unpaid]] = True
        return is_open

    def _put(self, name: str, values: NDArray[np.floating]) -> None:
        self.signals[name] = values.astype(np.float32)
