"""Statements: the latest known month-end snapshots of an account.

Of the rows with the same (`loan`, `statement_on`) that are known on the as-of date, the one recorded last counts.
Levels (balance, limit, days past due, status) are those of a period's last statement. Flows (due, paid) are the sums
over a period's statements. A statement dated on or after the day its loan ended is ignored. A level counts only if the
loan was still open at the period's end; balance and limit are 0 in the period in which the loan ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, period_of
from risk_warning.core.history.loans import Ends
from risk_warning.core.order import in_order
from risk_warning.core.rows import Rows
from risk_warning.stats import grouped

LEVELS = ("balance", "credit_limit", "days_past_due", "status")
OWED = ("balance", "credit_limit")
"""Levels that are 0, not unknown, once a loan has ended."""


@dataclass(frozen=True)
class Statements:
    """The rows of `rows.statements`, sorted by (loan, statement_on, recorded_on)."""

    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, rows: Rows) -> Statements:
        """Sort the rows, which may come in any order."""
        table = rows.statements
        assert table is not None
        key = table["loan"].astype(np.int64) << 32 | table["statement_on"].astype(np.int64) & 0xFFFFFFFF
        return cls(columns=in_order(table, key, table["recorded_on"]))

    def known(self, before: int, ends: NDArray[np.int32], n: int, ended: Ends) -> KnownStatements:
        """Return the statements dated and recorded before the day `before` that fall in the periods of `ends`."""
        table = self.columns
        period = period_of(table["statement_on"], ends)
        inside = (period >= 0) & (period < len(ends) - 1) & (table["statement_on"] < before)
        inside &= table["recorded_on"] < before
        if not ended.nothing_ended:
            inside &= table["statement_on"] < ended.ended_on[table["loan"]]
        keep = inside.nonzero()[0]
        loan, day, period = table["loan"][keep], table["statement_on"][keep], period[keep]
        final = np.ones(len(keep), np.bool_)
        final[:-1] = (loan[1:] != loan[:-1]) | (day[1:] != day[:-1])
        if not final.all():
            keep, loan, period = keep[final], loan[final], period[final]
        last = np.ones(len(keep), np.bool_)
        last[:-1] = (loan[1:] != loan[:-1]) | (period[1:] != period[:-1])
        cell = period.astype(np.int64) * n + table["borrower"][keep]
        return KnownStatements(
            table,
            rows=keep,
            period=period,
            cell=cell,
            level=last & (ended.ended_on[loan] >= ends[period]),
            last=last,
            ended_cell=_cells_ended_in(loan, table["borrower"][keep], ended, ends, n),
            ended_on=ended.ended_on[loan],
            ends=ends,
            shape=(len(ends) - 1, n),
        )


@dataclass(frozen=True)
class KnownStatements:
    """Statement rows as known on a day, one per (loan, day)."""

    columns: Mapping[str, NDArray[Any]]
    rows: NDArray[np.int64]
    period: NDArray[np.int32]
    cell: NDArray[np.int64]
    """Position of each row in an array of `shape`."""
    level: NDArray[np.bool_]
    """Whether the row is the last of its loan and period, and the loan was open at the period's end."""
    last: NDArray[np.bool_]
    """Whether the row is the last of its loan and period."""
    ended_cell: NDArray[np.int64]
    """Position of the period in which each loan ended; only loans with a statement that ended in one of the periods."""
    ended_on: NDArray[np.int32]
    """Day on which each row's loan ended."""
    ends: NDArray[np.int32]
    shape: tuple[int, int]
    """(periods, n)."""

    def total(self, column: str) -> NDArray[np.float32]:
        """Return the sum over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values, cell = self._values(column, levels=column in LEVELS)
        if column in OWED and len(self.ended_cell):
            values = np.concatenate((values, np.zeros(len(self.ended_cell))))
            cell = np.concatenate((cell, self.ended_cell))
        return grouped.total(values, cell, self.shape[0] * self.shape[1]).reshape(self.shape)

    def worst(self, column: str) -> NDArray[np.float32]:
        """Return the largest value over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values, cell = self._values(column, levels=True)
        return grouped.largest(values, cell, self.shape[0] * self.shape[1]).reshape(self.shape)

    def days_past_due(self) -> NDArray[np.float32]:
        """Return the worst days past due of a borrower's open loans at the ends, shape (periods + 1, n).

        At each end the latest known statement of each loan counts; it is carried forward over one period without a
        statement. NaN where unknown.
        """
        periods, n = self.shape
        known = (self.last & ~np.isnan(self.columns["days_past_due"][self.rows])).nonzero()[0]
        values, borrower = self.columns["days_past_due"][self.rows[known]], self.columns["borrower"][self.rows[known]]
        loan, period, ended = self.columns["loan"][self.rows[known]], self.period[known], self.ended_on[known]
        # A loan's rows are sorted by day, so its next row is of a later period, which has a lower number.
        followed = np.zeros(len(known), np.bool_)
        followed[:-1] = (loan[1:] == loan[:-1]) & (period[1:] == period[:-1] - 1)
        carried = ~followed & (period > 0)
        at = np.concatenate((period, period[carried] - 1)).astype(np.int64)
        values, borrower, ended = (np.concatenate((part, part[carried])) for part in (values, borrower, ended))
        is_open = ended >= self.ends[at]
        cell = at[is_open] * n + borrower[is_open]
        return grouped.largest(values[is_open], cell, (periods + 1) * n).reshape(periods + 1, n)

    def latest_code(self, column: str, periods: int) -> NDArray[np.float32]:
        """Return the code of each borrower's latest statement within the last `periods`, shape (n,); NaN if none.

        If several loans have a statement of that day, the highest code counts.
        """
        code = self.columns[column][self.rows]
        chosen = (self.level & (self.period < periods) & (code >= 0)).nonzero()[0]
        day, borrower = self.columns["statement_on"][self.rows[chosen]], self.columns["borrower"][self.rows[chosen]]
        order = np.lexsort((code[chosen], day))
        latest = np.full(self.shape[1], np.nan, np.float32)
        # The last assignment wins.
        latest[borrower[order]] = code[chosen][order]
        return latest

    def has_code(self, column: str, code: int) -> NDArray[np.float32]:
        """Return 1 if a loan of the borrower has the code in the period, else 0; NaN if no code; shape (periods, n)."""
        codes = self.columns[column][self.rows]
        known = (self.level & (codes >= 0)).nonzero()[0]
        size = self.shape[0] * self.shape[1]
        return grouped.largest((codes[known] == code).astype(np.float64), self.cell[known], size).reshape(self.shape)

    def any(self) -> NDArray[np.bool_]:
        """Whether the borrower has a statement in the period, shape (periods, n)."""
        return np.bincount(self.cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape) > 0

    def _values(self, column: str, *, levels: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the values and their cells; for levels, only those of each period's last statement."""
        values = self.columns[column][self.rows]
        if not levels or self.level.all():
            return values, self.cell
        return values[self.level], self.cell[self.level]


def _cells_ended_in(
    loan: NDArray[np.int32], borrower: NDArray[np.int32], ended: Ends, ends: NDArray[np.int32], n: int
) -> NDArray[np.int64]:
    """Return the cell of the period in which each loan ended, for the loans of these rows, which are sorted by loan."""
    if ended.nothing_ended or not len(loan):
        return np.zeros(0, np.int64)
    first = np.append(True, loan[1:] != loan[:-1]).nonzero()[0]
    day = ended.ended_on[loan[first]]
    period = period_of(day, ends)
    chosen = (day != NEVER) & (period >= 0) & (period < len(ends) - 1)
    cells: NDArray[np.int64] = period[chosen].astype(np.int64) * n + borrower[first[chosen]]
    return cells
