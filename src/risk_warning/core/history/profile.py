"""Profile: a borrower's own attributes, from the latest row with `valid_from` before the as-of date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER
from risk_warning.core.observed import Observed
from risk_warning.core.order import in_order
from risk_warning.core.rows import Rows, Table

CATEGORIES = ("employment_status", "occupation", "education", "region", "housing")


@dataclass(frozen=True)
class Profile:
    """The rows of `borrowers`, sorted by (borrower, valid_from)."""

    n: int
    valid_from: NDArray[np.int32]
    table: Table

    @classmethod
    def of(cls, rows: Rows) -> Profile:
        """Sort the rows, which may come in any order."""
        table = rows.borrowers
        size = len(table["borrower"])
        valid_from = table.get("valid_from", np.full(size, ALWAYS, np.int32))
        valid_from = np.where(valid_from == NEVER, ALWAYS, valid_from).astype(np.int32)
        table = {**table, "valid_from": valid_from}
        table = in_order(table, table["borrower"].astype(np.int64), valid_from)
        return cls(rows.n, table["valid_from"], table)

    def known(self, as_of: int) -> KnownProfile:
        """Return what is known on the as-of date."""
        row = (self.valid_from < as_of).nonzero()[0]
        borrower = self.table["borrower"][row]
        last = np.ones(len(row), np.bool_)
        last[:-1] = borrower[1:] != borrower[:-1]
        return KnownProfile(self.n, as_of, self.table, row[last], borrower[last])


@dataclass(frozen=True)
class KnownProfile:
    """The latest row of each borrower as known on a day."""

    n: int
    as_of: int
    table: Table
    row: NDArray[np.int64]
    borrower: NDArray[np.int32]

    @cached_property
    def onboarded_on(self) -> NDArray[np.int64]:
        """Day each borrower was onboarded, `NEVER` if unknown or not before the as-of date; shape (n,)."""
        if "onboarded_on" not in self.table:
            return np.full(self.n, NEVER, np.int64)
        day = self._value("onboarded_on")
        return np.where(np.isnan(day) | (day >= self.as_of), NEVER, day).astype(np.int64)

    def levels(self, observed: Observed) -> dict[str, NDArray[np.float32]]:
        """Return the numeric attributes, shape (n,)."""
        signals = {}
        if observed.has("borrowers", "monthly_income"):
            signals["monthly_income"] = self._value("monthly_income").astype(np.float32)
        if observed.has("borrowers", "onboarded_on"):
            day = self.onboarded_on
            signals["tenure_days"] = np.where(day == NEVER, np.nan, self.as_of - day).astype(np.float32)
        for column in observed.extra("borrowers"):
            if f"borrowers.{column}" in observed.numeric:
                signals[f"borrower_{column}"] = self._value(column).astype(np.float32)
        return signals

    def codes(self, observed: Observed) -> dict[str, NDArray[np.float32]]:
        """Return the category attributes as codes, NaN where empty; shape (n,)."""
        names = [c for c in CATEGORIES if observed.has("borrowers", c)]
        names += [c for c in observed.extra("borrowers") if f"borrowers.{c}" not in observed.numeric]
        codes = {}
        for name in names:
            code = self._value(name)
            codes[f"borrowers.{name}"] = np.where(code < 0, np.nan, code).astype(np.float32)
        return codes

    def _value(self, column: str) -> NDArray[np.float64]:
        values = np.full(self.n, np.nan)
        values[self.borrower] = self.table[column][self.row]
        return values
