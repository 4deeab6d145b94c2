"""The rows of some borrowers as arrays: the input that a book passes to the core.

Dates are int32 days since 1970-01-01 (`calendar.NEVER` where empty). Money is in whole float64 minor units (cents; NaN
where not observed), so sums are exact in any order. A category column holds int32 codes into
`Rows.categories["table.column"]` (-1 where empty). If the book lacks a column, its key is missing; if it lacks a table,
the table is None. Rows are in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = Mapping[str, NDArray[Any]]
TABLES = ("borrowers", "loans", "instalments", "statements", "events", "contacts", "outcomes")


@dataclass(frozen=True)
class Rows:
    """The book's rows for borrowers 0 … n−1, in order of their ids.

    `borrower` columns are int32 in [0, n). `loan` columns are int32 in [0, n_loans); the loans of one borrower are
    contiguous. Columns, of which those optional in the table contract may be missing:

    - borrowers: borrower, valid_from, onboarded_on, monthly_income (minor units), categories, x_… (float64 or codes)
    - loans: borrower, loan, valid_from, opened_on, closed_on, closed_as, written_off_on, product (codes), principal,
      credit_limit (minor units), annual_rate, term_months (float64), x_…
    - instalments: borrower, loan, instalment_no (int32), due_on, due_amount, scheduled_on, paid_on,
      paid_amount (filled with due_amount where a row is paid without an amount; 0 where unpaid), recorded_on
    - statements: borrower, loan, statement_on, recorded_on, balance, credit_limit, due_amount, paid_amount
      (minor units), days_past_due (float64), status (float64, or codes), x_…
    - events: borrower, kind (codes), occurred_on, recorded_on, amount (minor units)
    - contacts: borrower, kind (codes), occurred_on, randomised (int8, -1 where empty)
    - outcomes: borrower, as_of_date, bad (int8)
    """

    borrower_id: NDArray[Any]
    n_loans: int
    borrowers: Table
    loans: Table | None = None
    instalments: Table | None = None
    statements: Table | None = None
    events: Table | None = None
    contacts: Table | None = None
    outcomes: Table | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    set_aside: NDArray[np.bool_] | None = None
    """Shape (n,): True if a row of the borrower's instalments or statements is in quarantine."""

    @property
    def n(self) -> int:
        """Number of borrowers."""
        return len(self.borrower_id)


@dataclass(frozen=True)
class ByBorrower:
    """Rows sorted by borrower once, so that the rows of a few borrowers are found without reading the others."""

    rows: Rows
    """The same rows, each table sorted by `borrower`."""
    first_row: Mapping[str, NDArray[np.int64]]
    """Table → first row of each borrower, then the number of rows; shape (n + 1,)."""
    first_loan: NDArray[np.int64]
    loans: NDArray[np.int64]
    """Number of loans of each borrower, shape (n,); `first_loan`, of the same shape, is the number of the first."""

    @classmethod
    def of(cls, rows: Rows) -> ByBorrower:
        """Sort the tables by borrower; `rows` itself is not changed."""
        first_loan, end = np.full(rows.n, rows.n_loans, np.int64), np.zeros(rows.n, np.int64)
        tables: dict[str, Any] = {}
        first_row: dict[str, NDArray[np.int64]] = {}
        for name in TABLES:
            table: Table | None = getattr(rows, name)
            if table is None:
                continue
            order = np.argsort(table["borrower"], kind="stable")
            tables[name] = {column: values[order] for column, values in table.items()}
            first_row[name] = np.searchsorted(tables[name]["borrower"], np.arange(rows.n + 1))
            if "loan" in table:
                np.minimum.at(first_loan, table["borrower"], table["loan"])
                np.maximum.at(end, table["borrower"], table["loan"].astype(np.int64) + 1)
        return cls(replace(rows, **tables), first_row, first_loan, np.maximum(end - first_loan, 0))

    def select(self, borrowers: NDArray[np.integer]) -> Rows:
        """Return the rows of these borrowers only, numbered from 0 as in a book without the others.

        `borrowers` is ascending, without duplicates.
        """
        loans = self.loans[borrowers]
        # Subtract this from a borrower's loan numbers to make those of the chosen borrowers consecutive.
        shift = self.first_loan[borrowers] - (np.cumsum(loans) - loans)
        tables = {}
        for name, first in self.first_row.items():
            count = first[borrowers + 1] - first[borrowers]
            owner = np.repeat(np.arange(len(borrowers)), count)
            row = first[borrowers][owner] + np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
            table = {column: values[row] for column, values in getattr(self.rows, name).items()}
            table["borrower"] = owner.astype(np.int32)
            if "loan" in table:
                table["loan"] = (table["loan"] - shift[owner]).astype(np.int32)
            tables[name] = table
        aside = self.rows.set_aside
        return replace(
            self.rows,
            borrower_id=self.rows.borrower_id[borrowers],
            n_loans=int(loans.sum()),
            set_aside=None if aside is None else aside[borrowers],
            **tables,
        )
