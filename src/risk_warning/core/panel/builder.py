"""The panel builder: builds one panel, table by table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, add_months, period_ends, period_of, to_day
from risk_warning.core.history.history import History
from risk_warning.core.history.instalments import Obligations, Settled, Spells
from risk_warning.core.history.loans import Ends
from risk_warning.core.history.statements import KnownStatements
from risk_warning.core.panel.panel import LATEST_PERIODS, PERIODS, Panel, Signal, code_signal
from risk_warning.stats import grouped


@dataclass(frozen=True)
class _Instalments:
    """Instalments settled by the contract and by the currently known schedules; both are equal if none was re-dated."""

    owed: Obligations
    settled: Settled
    now: Obligations
    by_now: Settled

    @classmethod
    def of(cls, owed: Obligations, as_of: int, tolerance_ratio: float, ended: Ends) -> _Instalments:
        settled, now = owed.settle(as_of, tolerance_ratio, ended), owed.current(as_of)
        return cls(owed, settled, now, settled if now is owed else now.settle(as_of, tolerance_ratio, ended))


def panel_of(history: History, as_of_date: date, periods: int = PERIODS, needs: Collection[str] | None = None) -> Panel:
    """Build the panel of what was known at the start of `as_of_date`.

    There are many event signals, and those not in `needs` are left out. None keeps them all.
    """
    return _PanelBuilder(history, as_of_date, periods, needs).build()


class _PanelBuilder:
    """Builder of the panel of a group of borrowers at the start of one day."""

    def __init__(self, history: History, as_of_date: date, periods: int, needs: Collection[str] | None) -> None:
        self.history = history
        self.needs = needs
        self.as_of_date = as_of_date
        self.as_of = to_day(as_of_date)
        self.ends = period_ends(as_of_date, periods)
        self.periods = periods
        self.n = history.rows.n
        self.accounts = history.accounts.known(self.as_of, self.n)
        self.ended = history.accounts.ends(self.as_of)
        self.payments_through = history.observed.reach.payments_through(self.as_of)
        self.signals: dict[str, Signal] = {}
        self.record = np.zeros((periods, self.n), np.bool_)
        self.begins = np.full(self.n, NEVER, np.int64)
        """First day of each borrower's history, as known on the as-of date."""

    def build(self) -> Panel:
        """Return the panel."""
        observed = self.history.observed
        instalments = self._instalments() if self.history.obligations is not None else None
        known = self._statements() if self.history.statements is not None else None
        dpd_current = self._days_past_due(instalments, known)
        self._accounts()
        self._events()
        profile = self.history.profile.known(self.as_of)
        self.signals.update(profile.levels(observed))
        self._blank_before_history(profile.onboarded_on)
        for name in observed.left_out:
            self.signals[name] = np.full((self.periods, self.n), np.nan, np.float32)
        return Panel(
            as_of_date=self.as_of_date,
            ends=self.ends,
            n=self.n,
            signals=self.signals,
            codes={
                **profile.codes(observed),
                **self.accounts.codes(observed),
                **({} if known is None else self._statement_codes(known)),
                **{name: np.full(self.n, np.nan, np.float32) for name in observed.left_out},
            },
            has_open_loan=self._has_open_loan(instalments),
            written_off_on=self._written_off_on(),
            dpd_current=dpd_current,
            record_periods=self.record.sum(axis=0, dtype=np.int32),
        )

    def _monthly(self, cell: NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> NDArray[Any]:
        return np.bincount(cell, weights=weights, minlength=self.periods * self.n).reshape(self.periods, self.n)

    def _level(self, borrower: NDArray[np.int32], weights: NDArray[np.float64] | None = None) -> NDArray[Any]:
        return np.bincount(borrower, weights=weights, minlength=self.n)

    def _instalments(self) -> _Instalments:
        assert self.history.obligations is not None
        instalments = _Instalments.of(
            self.history.obligations, self.as_of, self.history.dpd_tolerance_ratio, self.ended
        )
        owed, settled = instalments.owed, instalments.settled
        is_known = (owed.scheduled_on < self.as_of) & settled.falls_due
        period = period_of(owed.due_on, self.ends)
        due = (is_known & (period >= 0) & (period < self.periods)).nonzero()[0]
        cell = period[due].astype(np.int64) * self.n + owed.borrower[due]
        count = self._monthly(cell)
        # An unsettled instalment is as late as on the as-of date, but not late if it fell due after payments stopped.
        late_days = np.minimum(settled.settled_on[due], self.as_of) - owed.due_on[due]
        late_days = np.minimum(np.maximum(late_days, -31), 120)
        if self.payments_through != NEVER:
            late_days = np.where(owed.due_on[due] > self.payments_through, np.minimum(late_days, 0), late_days)
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
        if not settled.falls_due.all():
            # Payments on instalments that no longer fall due are the payoff of the loan.
            row_known &= np.repeat(settled.falls_due, owed.rows)
        row_period = period_of(owed.paid_on, self.ends)
        paid = (row_known & (row_period >= 0) & (row_period < self.periods)).nonzero()[0]
        row_borrower = np.repeat(owed.borrower, owed.rows)
        cell = row_period[paid].astype(np.int64) * self.n + row_borrower[paid]
        self._put("instalment_paid_amount", self._monthly(cell, owed.paid_amount[paid]))
        self.record |= self._monthly(cell) > 0

        overdue = is_known & (settled.settled_on == NEVER) & (owed.due_on < self.as_of)
        overdue &= owed.due_on <= self.payments_through
        self._put("overdue_amount", self._level(owed.borrower[overdue], settled.unpaid_amount[overdue]))
        self._still_to_pay(instalments)
        known_from = np.where(is_known, np.minimum(owed.scheduled_on, owed.due_on), NEVER)
        grouped.lower(self.begins, known_from, owed.borrower)
        self._outstanding_periods(owed, settled, is_known)
        return instalments

    def _still_to_pay(self, instalments: _Instalments) -> None:
        """Put the signals of what is still to pay, by the latest known version of each instalment."""
        owed, now, by_now = instalments.owed, instalments.now, instalments.by_now
        is_known = now.scheduled_on < self.as_of
        still = is_known & by_now.falls_due & (by_now.settled_on == NEVER)
        soon = still & (now.due_on >= self.as_of) & (now.due_on < self.as_of + 30)
        self._put("outstanding_amount", self._level(now.borrower[still], by_now.unpaid_amount[still]))
        self._put("due_next_30d_amount", self._level(now.borrower[soon], by_now.unpaid_amount[soon]))
        self._put("remaining_count", self._level(now.borrower[still]))
        ahead, past = still & (now.due_on >= self.as_of), is_known & by_now.falls_due & (now.due_on < self.as_of)
        soonest, latest = np.full(self.n, NEVER, np.int64), np.full(self.n, NEVER, np.int64)
        grouped.lower(soonest, now.due_on[ahead], now.borrower[ahead])
        grouped.lower(latest, -now.due_on[past], now.borrower[past])
        self._put("next_due_days", np.where(soonest == NEVER, np.nan, soonest - self.as_of))
        self._put("last_due_days", np.where(latest == NEVER, np.nan, self.as_of + latest))
        forborne_on = owed.forborne_on(self.history.rows.n_loans)
        forborne = ((forborne_on < self.as_of) & (self.ended.ended_on == NEVER)).nonzero()[0]
        owner = np.zeros(len(forborne_on), np.int32)
        owner[now.loan] = now.borrower
        self._put("forborne_loan_count", self._level(owner[forborne]))

    def _outstanding_periods(self, owed: Obligations, settled: Settled, is_known: NDArray[np.bool_]) -> None:
        """Mark each period in which a borrower had a scheduled obligation that was not settled."""
        first = np.minimum(np.maximum(period_of(owed.scheduled_on, self.ends), 0), self.periods - 1)
        # Days before the as-of date are never in a period below 0.
        last = period_of(np.minimum(settled.settled_on, self.as_of - 1), self.ends)
        chosen = is_known & (last < self.periods) & (first >= last)
        change = np.bincount(last[chosen].astype(np.int64) * self.n + owed.borrower[chosen], minlength=0)
        steps = np.zeros((self.periods + 1) * self.n, np.int64)
        steps[: len(change)] += change
        stop = np.bincount((first[chosen].astype(np.int64) + 1) * self.n + owed.borrower[chosen], minlength=len(steps))
        steps -= stop
        self.record |= np.cumsum(steps.reshape(self.periods + 1, self.n), axis=0)[:-1] > 0

    def _statements(self) -> KnownStatements:
        statements = self.history.statements
        assert statements is not None
        known = statements.known(self.as_of, self.ends, self.n, self.ended)
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
        for source, codes in self.history.observed.codes.items():
            column = source.removeprefix("statements.")
            names = self.history.rows.categories.get(source, ())
            for code in codes:
                if self._needs(signal := code_signal(column, code)):
                    self.signals[signal] = known.has_code(column, names.index(code) if code in names else -2)
        self.record |= known.any()
        table = statements.columns
        seen = (table["statement_on"] < self.as_of) & (table["recorded_on"] < self.as_of)
        if not self.ended.nothing_ended:
            seen &= table["statement_on"] < self.ended.ended_on[table["loan"]]
        grouped.lower(self.begins, np.where(seen, table["statement_on"], NEVER), table["borrower"])
        latest = np.full(self.n, NEVER, np.int64)
        grouped.lower(latest, -table["statement_on"][seen], table["borrower"][seen])
        self._put("last_statement_days", np.where(latest == NEVER, np.nan, self.as_of + latest))
        return known

    def _statement_codes(self, known: KnownStatements) -> dict[str, Signal]:
        """Return the code of each borrower's latest statement, keyed by `statements.column`."""
        return {
            source: known.latest_code(source.removeprefix("statements."), LATEST_PERIODS)
            for source in self.history.observed.codes
        }

    def _days_past_due(self, instalments: _Instalments | None, known: KnownStatements | None) -> Signal:
        """Put the signal `dpd` at the ends: the worst of a borrower's open loans, from instalments and statements.

        Return the days past due on the as-of date by the current schedules.
        """
        parts, now = [], []
        if instalments is not None:
            settled, by_now = instalments.settled, instalments.by_now
            is_known = self._known_by_instalments(instalments.owed, settled)
            parts.append(np.where(is_known, self._dpd_of_spells(settled.spells), np.float32(np.nan)))
            now.append(
                parts[0] if by_now is settled else np.where(is_known, self._dpd_of_spells(by_now.spells), np.nan)
            )
        if known is not None and self.history.observed.has("statements", "days_past_due"):
            parts.append(known.days_past_due())
            now.append(parts[-1])
        if not parts:
            return np.full(self.n, np.nan, np.float32)
        self.signals["dpd"] = parts[0] if len(parts) == 1 else np.fmax(parts[0], parts[1])
        current: Signal = now[0][0] if len(now) == 1 else np.fmax(now[0][0], now[1][0])
        return current.astype(np.float32)

    def _known_by_instalments(self, owed: Obligations, settled: Settled) -> NDArray[np.bool_]:
        """Whether an open loan with instalments shows days past due at each end, shape (periods + 1, n)."""
        known = ((owed.scheduled_on < self.as_of) & settled.falls_due).nonzero()[0]
        since = np.full(self.history.rows.n_loans, NEVER, np.int64)
        grouped.lower(since, owed.scheduled_on[known], owed.loan[known])
        owner = np.zeros(len(since), np.int64)
        owner[owed.loan] = owed.borrower
        loan = (since != NEVER).nonzero()[0]
        ascending = self.ends[::-1]
        # Ends t with since < t <= end.
        first = np.searchsorted(ascending, since[loan], side="right")
        stop = np.searchsorted(ascending, self.ended.ended_on[loan], side="right")
        loan, first, stop = (part[stop > first] for part in (loan, first, stop))
        size = self.periods + 2
        change = np.bincount(first * self.n + owner[loan], minlength=size * self.n)
        change -= np.bincount(stop * self.n + owner[loan], minlength=size * self.n)
        is_known = np.cumsum(change.reshape(size, self.n), axis=0)[:-1] > 0
        return np.asarray(is_known[::-1])

    def _dpd_of_spells(self, spells: Spells) -> Signal:
        dpd = np.zeros((self.periods + 1) * self.n, np.float32)
        ascending = self.ends[::-1]
        if self.payments_through != NEVER:
            known = spells.due_on <= self.payments_through
            spells = Spells(*(getattr(spells, name)[known] for name in ("borrower", "loan", "due_on", "start", "end")))
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
            event_counts = np.bincount(kind.astype(np.int64) * size + cell, minlength=len(names) * size)
            counts = dict(zip(names, event_counts.reshape(len(names), self.periods, self.n), strict=True))
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
        """Set monthly counts and sums to NaN, not observed, before a borrower's history begins."""
        begins = np.minimum(self.begins, onboarded_on)
        before = self.ends[:-1, None] <= begins[None, :]
        blank = np.where(before, np.float32(np.nan), np.float32(0))
        for signal in self.signals.values():
            if signal.shape == before.shape:
                signal += blank
            elif signal.shape == (self.periods + 1, self.n):
                # An end is before the history if the period that starts at it is.
                signal[1:] += blank
        self.signals["history_months"] = np.where(before, 0, 1).sum(axis=0, dtype=np.int32).astype(np.float32)
        self.signals["record_months"] = self.record.sum(axis=0, dtype=np.int32).astype(np.float32)

    def _has_open_loan(self, instalments: _Instalments | None) -> NDArray[np.bool_]:
        if self.history.accounts.dated:
            return self.accounts.any_open()
        # Without `loans`, a statement in period 0 or an unpaid obligation shows an open loan.
        is_open = np.zeros(self.n, np.bool_)
        if self.history.statements is not None:
            table = self.history.statements.columns
            start = to_day(add_months(self.as_of_date, -1))
            recent = (table["statement_on"] >= start) & (table["statement_on"] < self.as_of)
            is_open[table["borrower"][recent & (table["recorded_on"] < self.as_of)]] = True
        if instalments is not None:
            owed = instalments.owed
            unpaid = (owed.scheduled_on < self.as_of) & (instalments.settled.settled_on == NEVER)
            is_open[owed.borrower[unpaid]] = True
        return is_open

    def _written_off_on(self) -> NDArray[np.int32]:
        accounts = self.history.accounts
        latest = np.full(self.n, -1, np.int32)
        gone = (self.ended.written_off_on != NEVER).nonzero()[0]
        if len(gone):
            owner = np.zeros(self.history.rows.n_loans, np.int32)
            owner[accounts.loan] = accounts.borrower
            np.maximum.at(latest, owner[gone], self.ended.written_off_on[gone])
        if accounts.dated and self.history.observed.has("loans", "written_off_on"):
            days = np.where(latest < 0, np.nan, self.as_of - latest)
            self._put("written_off_days", days)
        return np.where(latest < 0, NEVER, latest).astype(np.int32)

    def _put(self, name: str, values: NDArray[np.floating]) -> None:
        self.signals[name] = values.astype(np.float32)
