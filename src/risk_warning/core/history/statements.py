"""Statements: an account's month-end pictures, the latest known ones.

Of the rows with one (`loan`, `statement_on`), the latest recorded one known on the as-of date counts. Levels
(balance, limit, days past due, status) are those of a period's last statement; flows (due, paid) are the sums
over a period's statements. A statement of the day on which its loan ended, or later, counts nowhere; a level counts
only where the loan was still open at the period's end, and balance and limit are 0 in the period in which it ended.
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
"""Levels that are 0 once a loan has ended, not unknown."""


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

    def known(self, before: int, ends: NDArray[np.int32], n: int, ended: Ends) -> Known:
        """The statements dated and recorded before the day `before` that fall in the periods of `ends`."""
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
        return Known(
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
class Known:
    """Rows of statements as known on a day, one a (loan, day)."""

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
    """Position of the period in which each loan with a statement ended, of those that ended in one of the periods."""
    ended_on: NDArray[np.int32]
    """Day on which each row's loan ended."""
    ends: NDArray[np.int32]
    shape: tuple[int, int]
    """(periods, n)."""

    def total(self, column: str) -> NDArray[np.float32]:
        """Sum over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values, cell = self._values(column, levels=column in LEVELS)
        if column in OWED and len(self.ended_cell):
            values = np.concatenate((values, np.zeros(len(self.ended_cell))))
            cell = np.concatenate((cell, self.ended_cell))
        return grouped.total(values, cell, self.shape[0] * self.shape[1]).reshape(self.shape)

    def worst(self, column: str) -> NDArray[np.float32]:
        """Largest value over a borrower's loans, shape (periods, n); NaN where no value was observed."""
        values, cell = self._values(column, levels=True)
        return grouped.largest(values, cell, self.shape[0] * self.shape[1]).reshape(self.shape)

    def days_past_due(self) -> NDArray[np.float32]:
        """Worst days past due over a borrower's open loans at the ends, shape (periods + 1, n); NaN where unknown.

        At each end the latest known picture of each loan counts, carried on over one period without one.
        """
        periods, n = self.shape
        told = (self.last & ~np.isnan(self.columns["days_past_due"][self.rows])).nonzero()[0]
        values, borrower = self.columns["days_past_due"][self.rows[told]], self.columns["borrower"][self.rows[told]]
        loan, period, ended = self.columns["loan"][self.rows[told]], self.period[told], self.ended_on[told]
        # Rows of a loan stand in order of their days: the next one is of a later period, a lower number.
        followed = np.zeros(len(told), np.bool_)
        followed[:-1] = (loan[1:] == loan[:-1]) & (period[1:] == period[:-1] - 1)
        carried = ~followed & (period > 0)
        at = np.concatenate((period, period[carried] - 1)).astype(np.int64)
        values, borrower, ended = (np.concatenate((part, part[carried])) for part in (values, borrower, ended))
        is_open = ended >= self.ends[at]
        cell = at[is_open] * n + borrower[is_open]
        return grouped.largest(values[is_open], cell, (periods + 1) * n).reshape(periods + 1, n)

    def latest_code(self, column: str, periods: int) -> NDArray[np.float32]:
        """Code of each borrower's latest statement within the last `periods`, shape (n,); NaN where there is none.

        The highest code where several loans have a statement of that day.
        """
        code = self.columns[column][self.rows]
        chosen = (self.level & (self.period < periods) & (code >= 0)).nonzero()[0]
        day, borrower = self.columns["statement_on"][self.rows[chosen]], self.columns["borrower"][self.rows[chosen]]
        order = np.lexsort((code[chosen], day))
        found = np.full(self.shape[1], np.nan, np.float32)
        # The last assignment wins.
        found[borrower[order]] = code[chosen][order]
        return found

    def has_code(self, column: str, code: int) -> NDArray[np.float32]:
        """Whether (1 or 0) one of a borrower's loans has the code in the period, shape (periods, n); NaN: no code."""
        codes = self.columns[column][self.rows]
        told = (self.level & (codes >= 0)).nonzero()[0]
        size = self.shape[0] * self.shape[1]
        return grouped.largest((codes[told] == code).astype(np.float64), self.cell[told], size).reshape(self.shape)

    def any(self) -> NDArray[np.bool_]:
        """Whether the borrower has a statement in the period, shape (periods, n)."""
        return np.bincount(self.cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape) > 0

    def _values(self, column: str, *, levels: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The values and their cells; of levels those of each period's last statement alone."""
        values = self.columns[column][self.rows]
        if not levels or self.level.all():
            return values, self.cell
        return values[self.level], self.cell[self.level]


def _cells_ended_in(
    loan: NDArray[np.int32], borrower: NDArray[np.int32], ended: Ends, ends: NDArray[np.int32], n: int
) -> NDArray[np.int64]:
    """The cell of the period in which each loan ended, of the loans that rows, in order of loans, stand for."""
    if ended.nothing_ended or not len(loan):
        return np.zeros(0, np.int64)
    first = np.append(True, loan[1:] != loan[:-1]).nonzero()[0]
    day = ended.ended_on[loan[first]]
    period = period_of(day, ends)
    chosen = (day != NEVER) & (period >= 0) & (period < len(ends) - 1)
    found: NDArray[np.int64] = period[chosen].astype(np.int64) * n + borrower[first[chosen]]
    return found
