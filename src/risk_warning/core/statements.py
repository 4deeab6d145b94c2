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

from risk_warning.core import grouped
from risk_warning.core.calendar import period_of
from risk_warning.core.order import in_order
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
        return cls(columns=in_order(table, key, table["recorded_on"]))

    def known(self, before: int, ends: NDArray[np.int32], n: int) -> Known:
        """The statements dated and recorded before the day `before` that fall in the periods of `ends`."""
        table = self.columns
        period = period_of(table["statement_on"], ends)
        inside = (period >= 0) & (period < len(ends) - 1) & (table["statement_on"] < before)
        keep = (inside & (table["recorded_on"] < before)).nonzero()[0]
        loan, day, period = table["loan"][keep], table["statement_on"][keep], period[keep]
        final = np.ones(len(keep), np.bool_)
        final[:-1] = (loan[1:] != loan[:-1]) | (day[1:] != day[:-1])
        if not final.all():
            keep, loan, period = keep[final], loan[final], period[final]
        last = np.ones(len(keep), np.bool_)
        last[:-1] = (loan[1:] != loan[:-1]) | (period[1:] != period[:-1])
        cell = period.astype(np.int64) * n + table["borrower"][keep]
        return Known(table, rows=keep, cell=cell, is_last_of_period=last, shape=(len(ends) - 1, n))


@dataclass(frozen=True)
class Known:
    """Rows of statements as known on a day, one a (loan, day)."""

    columns: Mapping[str, NDArray[Any]]
    rows: NDArray[np.int64]
    cell: NDArray[np.int64]
    """Position of each row in an array of `shape`."""
    is_last_of_period: NDArray[np.bool_]
    shape: tuple[int, int]
    """(periods, n)."""

    def total(self, column: str) -> NDArray[np.float32]:
        """Sum over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values, cell = self._values(column, levels=column in LEVELS)
        return grouped.total(values, cell, self.shape[0] * self.shape[1]).reshape(self.shape)

    def worst(self, column: str) -> NDArray[np.float32]:
        """Largest value over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values, cell = self._values(column, levels=True)
        return grouped.largest(values, cell, self.shape[0] * self.shape[1]).reshape(self.shape)

    def any(self) -> NDArray[np.bool_]:
        """Whether the borrower has a statement in the period, shape (periods, n)."""
        return np.bincount(self.cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape) > 0

    def _values(self, column: str, *, levels: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The values and their cells; of levels those of each period's last statement alone."""
        values = self.columns[column][self.rows]
        if not levels or self.is_last_of_period.all():
            return values, self.cell
        return values[self.is_last_of_period], self.cell[self.is_last_of_period]
