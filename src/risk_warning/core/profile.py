"""Profile: the borrower's own attributes, the latest row with `valid_from` before the as-of date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER
from risk_warning.core.observed import Observed
from risk_warning.core.order import in_order
from risk_warning.core.rows import Rows, Table

CATEGORIES = ("employment_status", "occupation", "education", "region", "housing")


@dataclass(frozen=True)
class Profile:
    """The rows of `borrowers`, in order of (borrower, valid_from)."""

    n: int
    valid_from: NDArray[np.int32]
    table: Table

    @classmethod
    def of(cls, rows: Rows) -> Profile:
        """Put the rows in order; they may stand in any."""
        table = rows.borrowers
        size = len(table["borrower"])
        valid_from = table.get("valid_from", np.full(size, ALWAYS, np.int32))
        valid_from = np.where(valid_from == NEVER, ALWAYS, valid_from).astype(np.int32)
        table = {**table, "valid_from": valid_from}
        table = in_order(table, table["borrower"].astype(np.int64), valid_from)
        return cls(rows.n, table["valid_from"], table)

    def _current(self, as_of: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        known = np.flatnonzero(self.valid_from < as_of)
        borrower = self.table["borrower"][known]
        last = np.ones(len(known), np.bool_)
        last[:-1] = borrower[1:] != borrower[:-1]
        return known[last], borrower[last]

    def _value(self, column: str, as_of: int) -> NDArray[np.float64]:
        row, borrower = self._current(as_of)
        values = np.full(self.n, np.nan)
        values[borrower] = self.table[column][row]
        return values

    def onboarded_before(self, as_of: int) -> NDArray[np.int64]:
        """Day each borrower came, `NEVER` where unknown or not before `as_of`; shape (n,)."""
        if "onboarded_on" not in self.table:
            return np.full(self.n, NEVER, np.int64)
        day = self._value("onboarded_on", as_of)
        return np.where(np.isnan(day) | (day >= as_of), NEVER, day).astype(np.int64)

    def levels(self, as_of: int, observed: Observed) -> dict[str, NDArray[np.float32]]:
        """Numeric attributes on the as-of date, shape (n,)."""
        signals = {}
        if observed.has("borrowers", "monthly_income"):
            signals["monthly_income"] = self._value("monthly_income", as_of).astype(np.float32)
        if observed.has("borrowers", "onboarded_on"):
            day = self.onboarded_before(as_of)
            signals["tenure_days"] = np.where(day == NEVER, np.nan, as_of - day).astype(np.float32)
        for column in observed.extra("borrowers"):
            if f"borrowers.{column}" in observed.numeric:
                signals[f"borrower_{column}"] = self._value(column, as_of).astype(np.float32)
        return signals

    def codes(self, as_of: int, observed: Observed) -> dict[str, NDArray[np.float32]]:
        """Category attributes on the as-of date as codes, NaN where empty; shape (n,)."""
        names = [c for c in CATEGORIES if observed.has("borrowers", c)]
        names += [c for c in observed.extra("borrowers") if f"borrowers.{c}" not in observed.numeric]
        found = {}
        for name in names:
            code = self._value(name, as_of)
            found[f"borrowers.{name}"] = np.where(code < 0, np.nan, code).astype(np.float32)
        return found
