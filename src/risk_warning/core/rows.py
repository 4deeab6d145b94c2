"""The rows of some borrowers, as arrays: what a book hands to the core.

Dates are int32 days since 1970-01-01 (`calendar.NEVER` where empty), money is whole float64 minor units
(cents; NaN where not observed), so that sums are exact in any order. A category column holds int32 codes
into `Rows.categories["table.column"]` (-1 where empty). A column the book does not have has no key; a table
it does not have is None. Rows stand in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Rows:
    """The book's rows for borrowers 0 … n−1, in order of their ids.

    `borrower` columns are int32 in [0, n); `loan` columns are int32 in [0, n_loans), loans of one borrower
    being contiguous. Columns, beyond those optional in the table contract:

    - borrowers: borrower, valid_from, onboarded_on, monthly_income (minor units), categories, x_… (float64 or codes)
    - loans: borrower, loan, valid_from, opened_on, closed_on, written_off_on, product (codes), principal,
      credit_limit (minor units), annual_rate, term_months (float64), x_…
    - instalments: borrower, loan, instalment_no (int32), due_on, due_amount, scheduled_on, paid_on,
      paid_amount (filled with due_amount where a row is paid without an amount; 0 where unpaid), recorded_on
    - statements: borrower, loan, statement_on, recorded_on, balance, credit_limit, due_amount, paid_amount
      (minor units), days_past_due (float64), status (float64, or codes), x_…
    - events: borrower, kind (codes), occurred_on, recorded_on, amount (minor units)
    - outcomes: borrower, as_of_date, bad (int8)
    """

    borrower_id: NDArray[Any]
    n_loans: int
    borrowers: Table
    loans: Table | None = None
    instalments: Table | None = None
    statements: Table | None = None
    events: Table | None = None
    outcomes: Table | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    set_aside: NDArray[np.bool_] | None = None
    """Shape (n,): True where a row of the borrower's instalments or statements stands in quarantine."""

    @property
    def n(self) -> int:
        """Number of borrowers."""
        return len(self.borrower_id)
