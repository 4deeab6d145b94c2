"""Contacts: who was helped in an outcome window, so that what became of them is not what would have become of them.

Whoever a lender calls turns bad less often for it; a model that learns from them as from others learns that those
worth a call are safe. Whom the lot withheld a call from show what would have happened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.rows import Rows

WITHHELD = "withheld"
"""Kind of a contact that was due and, by lot, not made."""
Days = NDArray[np.int32]


@dataclass(frozen=True)
class Contacts:
    """The first of each kind from an as-of date on, `NEVER` where there is none; all of shape (n,)."""

    made_on: Days
    """A contact, for whatever reason."""
    made_by_lot_on: Days
    """One that might as well have been withheld."""
    withheld_on: Days

    @classmethod
    def none(cls, n: int) -> Contacts:
        """Of n borrowers whom nobody contacted."""
        return cls(*(np.full(n, NEVER, np.int32) for _ in range(3)))

    @classmethod
    def of(cls, rows: Rows, as_of: int) -> Contacts:
        """Of each borrower from the day `as_of` on; none where the book has no contacts."""
        found = cls.none(rows.n)
        table = rows.contacts
        if table is not None:
            kinds = rows.categories["contacts.kind"]
            is_withheld = table["kind"] == (kinds.index(WITHHELD) if WITHHELD in kinds else -2)
            by_lot = table["randomised"] == 1 if "randomised" in table else np.zeros(len(is_withheld), np.bool_)
            later = table["occurred_on"] >= as_of
            chosen = (~is_withheld, ~is_withheld & by_lot, is_withheld & by_lot)
            for days, which in zip((found.made_on, found.made_by_lot_on, found.withheld_on), chosen, strict=True):
                at = np.flatnonzero(which & later)
                np.minimum.at(days, table["borrower"][at], table["occurred_on"][at])
        return found

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Contacts:
        """Those chosen."""
        return Contacts(self.made_on[which], self.made_by_lot_on[which], self.withheld_on[which])

    def arms(self, until: NDArray[np.integer]) -> Arms:
        """Who was helped before the day `until`, shape (n,): what comes later no longer changes the outcome."""
        helped = self.made_on < until
        return Arms(helped, self.made_by_lot_on < until, ~helped & (self.withheld_on < until))


@dataclass(frozen=True)
class Arms:
    """Who was helped and who stands for them; all of shape (n,)."""

    helped: NDArray[np.bool_]
    helped_by_lot: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    """The hold-out: not helped, by lot."""
