"""Accounts: which loans were open on any day, on which terms, and when they ended.

A `closed_on` or `written_off_on` on or after the day counts as empty, because it was not yet known. A loan is still
open at the start of the day on which it ends. If both dates are given, the write-off counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER
from risk_warning.core.observed import Observed
from risk_warning.core.order import in_order
from risk_warning.core.rows import Rows, Table
from risk_warning.stats import grouped

Days = NDArray[np.int32]
CHARGED_OFF, SOLD = "charged_off", "sold"
CLOSED_AS = ("paid", SOLD, CHARGED_OFF, "refinanced")
"""The ways of closing a loan that a lender can report. A charged-off loan counts as written off."""


@dataclass(frozen=True)
class Ends:
    """The days on which loans ended, as known on a day; arrays of shape (loans,)."""

    ended_on: Days
    """`NEVER` while the loan is open."""
    written_off_on: Days
    """`NEVER` unless the loan ended by a write-off."""

    @property
    def nothing_ended(self) -> bool:
        """Whether every loan is still open."""
        return bool(np.all(self.ended_on == NEVER))


@dataclass(frozen=True)
class Accounts:
    """The rows of `loans`, sorted by (loan, valid_from); without `loans`, `dated` is False and all arrays are empty."""

    dated: bool
    n_loans: int
    borrower: NDArray[np.int32]
    loan: NDArray[np.int32]
    valid_from: Days
    opened_on: Days
    closed_on: Days
    written_off_on: Days
    table: Table

    @classmethod
    def of(cls, rows: Rows) -> Accounts:
        """Sort the rows, which may come in any order."""
        table = rows.loans
        none = np.zeros(0, np.int32)
        if table is None:
            return cls(False, rows.n_loans, none, none, none, none, none, none, {})
        size = len(table["loan"])
        valid_from = table.get("valid_from", np.full(size, ALWAYS, np.int32))
        valid_from = np.where(valid_from == NEVER, ALWAYS, valid_from).astype(np.int32)
        table = {**table, "valid_from": valid_from}
        table = in_order(table, table["loan"].astype(np.int64), valid_from)
        never = np.full(size, NEVER, np.int32)
        closed_on, written_off_on = table.get("closed_on", never), table.get("written_off_on", never)
        if "closed_as" in table:
            charged_off = _is(CHARGED_OFF, table["closed_as"], rows)
            written_off_on = np.where(charged_off, np.minimum(written_off_on, closed_on), written_off_on)
        return cls(
            dated=True,
            n_loans=rows.n_loans,
            borrower=table["borrower"],
            loan=table["loan"],
            valid_from=table["valid_from"],
            opened_on=table["opened_on"],
            closed_on=closed_on,
            written_off_on=written_off_on.astype(np.int32),
            table=table,
        )

    def current(self, day: int) -> NDArray[np.int64]:
        """Return the row of each loan's latest terms with `valid_from` before `day`."""
        known = (self.valid_from < day).nonzero()[0]
        loan = self.loan[known]
        last = np.ones(len(known), np.bool_)
        last[:-1] = loan[1:] != loan[:-1]
        return known[last]

    def open_rows(self, day: int) -> NDArray[np.int64]:
        """Return the rows of `current(day)` whose loan was opened, but not closed or written off, before `day`."""
        row = self.current(day)
        return row[(self.opened_on[row] < day) & (self.closed_on[row] >= day) & (self.written_off_on[row] >= day)]

    def ends(self, day: int) -> Ends:
        """Return when each loan ended, as known on the day; without the table `loans`, no loan has ended."""
        ended, gone = (np.full(self.n_loans, NEVER, np.int32) for _ in range(2))
        row = self.current(day)
        closed, lost = row[self.closed_on[row] < day], row[self.written_off_on[row] < day]
        ended[self.loan[closed]] = self.closed_on[closed]
        # A write-off overrides a closing.
        ended[self.loan[lost]] = gone[self.loan[lost]] = self.written_off_on[lost]
        return Ends(ended, gone)

    def known(self, day: int, n: int) -> KnownLoans:
        """Return the loans of n borrowers as known on a day."""
        row = self.current(day)
        return KnownLoans(self, day, n, row[self.opened_on[row] < day], self.open_rows(day))


@dataclass(frozen=True)
class KnownLoans:
    """The loans of n borrowers as known on a day."""

    accounts: Accounts
    day: int
    n: int
    opened: NDArray[np.int64]
    """Rows of the loans opened before the day."""
    live: NDArray[np.int64]
    """The rows of `opened` whose loan is still open."""

    def any_open(self) -> NDArray[np.bool_]:
        """Whether each borrower has an open loan, shape (n,)."""
        has_open = np.zeros(self.n, np.bool_)
        has_open[self.accounts.borrower[self.live]] = True
        return has_open

    def signals(self, ends: NDArray[np.int32], observed: Observed) -> dict[str, NDArray[np.float32]]:
        """Return the exposure and borrowing signals: loans opened per period, and levels."""
        if not self.accounts.dated:
            return {}
        n, table = self.n, self.accounts.table
        borrower, opened = self.accounts.borrower[self.opened], self.accounts.opened_on[self.opened]
        periods = len(ends) - 1
        ascending = ends[::-1]
        period = periods - np.searchsorted(ascending, opened, side="right")
        inside = (period >= 0) & (period < periods)
        cell = period[inside].astype(np.int64) * n + borrower[inside]
        signals = {"new_loan_count": np.bincount(cell, minlength=periods * n).reshape(periods, n).astype(np.float32)}
        earliest = np.full(n, NEVER, np.int64)
        grouped.lower(earliest, opened, borrower)
        signals["oldest_loan_days"] = np.where(earliest == NEVER, np.nan, self.day - earliest).astype(np.float32)
        owner = self.accounts.borrower[self.live]
        signals["open_loan_count"] = np.bincount(owner, minlength=n).astype(np.float32)
        for column in ("principal", "credit_limit"):
            if observed.has("loans", column):
                signals[f"loan_{column}"] = grouped.total(table[column][self.live], owner, n)
        for column in ("annual_rate", "term_months"):
            if observed.has("loans", column):
                signals[f"loan_{column}"] = grouped.largest(table[column][self.live], owner, n)
        for column in observed.extra("loans"):
            if f"loans.{column}" in observed.numeric:
                signals[f"loan_{column}"] = grouped.largest(table[column][self.live], owner, n)
        return signals

    def codes(self, observed: Observed) -> dict[str, NDArray[np.float32]]:
        """Return the category codes of the loan opened last, or the highest code if several were opened that day."""
        names = [c for c in observed.extra("loans") if f"loans.{c}" not in observed.numeric]
        if observed.has("loans", "product"):
            names.insert(0, "product")
        if not names or not self.accounts.dated:
            return {}
        accounts, codes = self.accounts, {}
        owner, opened = accounts.borrower[self.live], accounts.opened_on[self.live]
        for name in names:
            code = accounts.table[name][self.live]
            order = np.lexsort((code, opened))
            values = np.full(self.n, np.nan, np.float32)
            # The last assignment wins, so the loan opened last decides.
            values[owner[order]] = np.where(code[order] < 0, np.nan, code[order])
            codes[f"loans.{name}"] = values
        return codes


def _is(value: str, codes: NDArray[Any], rows: Rows) -> NDArray[np.bool_]:
    """Whether each code of `loans.closed_as` means the value."""
    names = rows.categories.get("loans.closed_as", ())
    matches: NDArray[np.bool_] = codes == (names.index(value) if value in names else -2)
    return matches
