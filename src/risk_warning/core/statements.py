"""Statements: an account's month-end pictures, the latest known ones.

Of the rows with one (`loan`, `statement_on`), the latest recorded one known on the as-of date counts. Levels
(balance, limit, days past due, status) are those of a period's last statement; flows (due, paid) are the sums
over a period's statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import period_of
from risk_warning.core.rows import Rows

LEVELS = ("balance", "credit_limit", "days_past_due", "status")
FLOWS = ("due_amount", "paid_amount")


@dataclass(frozen=True)
class Statements:
    """Rows of `rows.statements` in order of (loan, statement_on, recorded_on)."""

    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, rows: Rows) -> Statements:
        """Put the rows in order; they may stand in any."""
        table = rows.statements
        assert table is not None
        key = table["loan"].astype(np.int64) << 32 | table["statement_on"].astype(np.int64) & 0xFFFFFFFF
        if len(key) > 1 and not bool(np.all(key[1:] > key[:-1])):
            order = np.lexsort((table["recorded_on"], key))
            table = {name: column[order] for name, column in table.items()}
        return cls(columns=dict(table))

    def known(self, before: int, ends: NDArray[np.int32]) -> Known:
        """The statements dated and recorded before the day `before` that fall in the periods of `ends`."""
        table = self.columns
        period = period_of(table["statement_on"], ends)
        inside = (period >= 0) & (period < len(ends) - 1) & (table["statement_on"] < before)
        keep = np.flatnonzero(inside & (table["recorded_on"] < before))
        loan, day, period = table["loan"][keep], table["statement_on"][keep], period[keep]
        final = np.ones(len(keep), np.bool_)
        final[:-1] = (loan[1:] != loan[:-1]) | (day[1:] != day[:-1])
        keep, loan, period = keep[final], loan[final], period[final]
        last = np.ones(len(keep), np.bool_)
        last[:-1] = (loan[1:] != loan[:-1]) | (period[1:] != period[:-1])
        return Known(table, rows=keep, period=period, is_last_of_period=last)


@dataclass(frozen=True)
class Known:
    """Rows of statements as known on a day, one a (loan, day)."""

    columns: Mapping[str, NDArray[Any]]
    rows: NDArray[np.int64]
    period: NDArray[np.int32]
    is_last_of_period: NDArray[np.bool_]

    def borrower(self) -> NDArray[np.int32]:
        """Borrower of each row."""
        found: NDArray[np.int32] = self.columns["borrower"][self.rows]
        return found

    def total(self, column: str, periods: int, n: int) -> NDArray[np.float32]:
        """Sum over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values = self.columns[column][self.rows]
        if column in LEVELS:
            values = np.where(self.is_last_of_period, values, np.nan)
        cell = self.period.astype(np.int64) * n + self.borrower()
        seen = ~np.isnan(values)
        summed = np.bincount(cell[seen], weights=values[seen], minlength=periods * n)
        count = np.bincount(cell[seen], minlength=periods * n)
        return np.where(count > 0, summed, np.nan).astype(np.float32).reshape(periods, n)

    def worst(self, column: str, periods: int, n: int) -> NDArray[np.float32]:
        """Largest value over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values = self.columns[column][self.rows]
        seen = self.is_last_of_period & ~np.isnan(values)
        largest = np.full(periods * n, -np.inf, np.float32)
        cell = self.period.astype(np.int64) * n + self.borrower()
        np.maximum.at(largest, cell[seen], values[seen].astype(np.float32))
        largest[np.isneginf(largest)] = np.nan
        return largest.reshape(periods, n)

    def any(self, periods: int, n: int) -> NDArray[np.bool_]:
        """Whether the borrower has a statement in the period, shape (periods, n)."""
        cell = self.period.astype(np.int64) * n + self.borrower()
        return np.bincount(cell, minlength=periods * n).reshape(periods, n) > 0
