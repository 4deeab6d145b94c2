"""The panel: all signals of borrowers, month by month, as known on the as-of date.

A signal is a float32 array of shape (periods, n) ("monthly"; period 0 is the most recent), (periods + 1, n)
("at the ends": row k is the start of day `ends[k]`, row 0 the as-of date) or (n,) ("level": on the as-of date).
NaN means "not observed", never 0: before the borrower's history begins, before the lender sends such data, or where no
row of an open loan has the value.

An instalment may have several versions. Lateness is measured against the first version, which is the contract. The
amount still to pay comes from the latest known version. A loan that has ended adds nothing from that day on. If the
book's payments stop before the as-of date, an instalment that fell due after they stopped does not count as late.

All sums are of whole numbers, so the order of rows and the chunk size do not change a single bit of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
PERIODS = 24
"""Months of history a panel holds."""
DERIVED: Mapping[str, tuple[str, ...]] = {
    "utilisation": ("balance", "credit_limit"),
    "card_paid_to_balance": ("statement_paid_amount", "balance"),
}
"""Monthly signals that are computed from other signals, and the names of those signals."""


LATEST_PERIODS = 3
"""Number of most recent periods that are searched for a statement's latest code."""


def code_signal(column: str, code: str) -> str:
    """Return the name of the monthly signal of a statement's text code: 1 if a loan of the borrower had it, else 0."""
    return f"statement_{column}={code}"


def ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Signal:
    """Return `above / below` where `below` is positive, NaN elsewhere; arrays of any shape."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # 0 / True is 0 and 0 / False is NaN: without a branch, the processor cannot mispredict one.
        return (above / below + np.divide(0, below > 0, dtype=np.float32)).astype(np.float32)


@dataclass(frozen=True)
class Panel:
    """Signals of n borrowers as of one date."""

    as_of_date: date
    ends: NDArray[np.int32]
    n: int
    signals: Mapping[str, Signal]
    codes: Mapping[str, Signal]
    """Category attributes: the code of each borrower's value (NaN if empty), shape (n,)."""
    has_open_loan: NDArray[np.bool_]
    record_periods: NDArray[np.int32]
    """Number of periods with a statement, a payment, or an outstanding obligation."""
    written_off_on: NDArray[np.int32]
    """Day of each borrower's latest known write-off, `NEVER` if there is none, shape (n,)."""
    dpd_current: Signal
    """Days past due on the as-of date by the latest known schedules, NaN where unknown, shape (n,)."""

    @property
    def periods(self) -> int:
        """Number of months of history."""
        return len(self.ends) - 1

    @cached_property
    def utilisation(self) -> Signal:
        """Balance divided by limit at each month's end, shape (periods, n)."""
        return ratio(self["balance"], self["credit_limit"])

    @cached_property
    def card_paid_to_balance(self) -> Signal:
        """Amount paid in each month divided by the balance at the previous month's end, at most 2; (periods − 1, n)."""
        return np.minimum(ratio(self["statement_paid_amount"][:-1], self["balance"][1:]), np.float32(2))

    def __getitem__(self, name: str) -> Signal:
        """Return the signal of this name; a signal in `DERIVED` is computed from the others."""
        if name in DERIVED:
            derived: Signal = getattr(self, name)
            return derived
        return self.signals[name]
