"""Contacts: the borrowers helped in an outcome window, whose outcome may differ from the one without help.

Borrowers whom a lender calls turn bad less often because of the call. A model that learns from them as from others
learns that borrowers worth a call are safe. Borrowers from whom a call was withheld at random show what would have
happened without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.rows import Rows

WITHHELD = "withheld"
"""Kind of a contact that was due but was withheld at random."""
Days = NDArray[np.int32]


@dataclass(frozen=True)
class Contacts:
    """The day of the first contact of each kind from an as-of date on, `NEVER` if there is none; all of shape (n,)."""

    contacted_on: Days
    """A contact made for any reason."""
    contacted_by_lot_on: Days
    """A contact that random assignment could have withheld, but did not."""
    withheld_on: Days

    @classmethod
    def none(cls, n: int) -> Contacts:
        """Return the contacts of n borrowers whom nobody contacted."""
        return cls(*(np.full(n, NEVER, np.int32) for _ in range(3)))

    @classmethod
    def of(cls, rows: Rows, as_of: int) -> Contacts:
        """Return each borrower's contacts from the day `as_of` on; none if the book has no contacts."""
        contacts = cls.none(rows.n)
        table = rows.contacts
        if table is not None:
            kinds = rows.categories["contacts.kind"]
            is_withheld = table["kind"] == (kinds.index(WITHHELD) if WITHHELD in kinds else -2)
            by_lot = table["randomised"] == 1 if "randomised" in table else np.zeros(len(is_withheld), np.bool_)
            later = table["occurred_on"] >= as_of
            chosen = (~is_withheld, ~is_withheld & by_lot, is_withheld & by_lot)
            for days, which in zip(
                (contacts.contacted_on, contacts.contacted_by_lot_on, contacts.withheld_on), chosen, strict=True
            ):
                at = np.flatnonzero(which & later)
                np.minimum.at(days, table["borrower"][at], table["occurred_on"][at])
        return contacts

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Contacts:
        """Return the contacts of the chosen borrowers."""
        return Contacts(self.contacted_on[which], self.contacted_by_lot_on[which], self.withheld_on[which])

    def arms(self, until: NDArray[np.integer]) -> Arms:
        """Return who was helped before the day `until`, shape (n,). Later contacts no longer change the outcome."""
        helped = self.contacted_on < until
        return Arms(helped, self.contacted_by_lot_on < until, ~helped & (self.withheld_on < until))


@dataclass(frozen=True)
class Arms:
    """The borrowers who were helped, and the hold-out that represents them; all of shape (n,)."""

    helped: NDArray[np.bool_]
    helped_by_lot: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    """The hold-out: borrowers not helped, chosen at random."""
