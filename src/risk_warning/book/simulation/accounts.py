"""Accounts of the simulated lender: instalment loans and cards, several a borrower, opening and ending over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months, to_day

PRODUCTS = ("personal", "auto", "card")
CARD = 2
_TERMS_MONTHS = np.array([6, 12, 24, 36])
_OLDEST_MONTHS = 30


@dataclass(frozen=True)
class Months:
    """The book's calendar."""

    first: date
    count: int

    def starts(self, before: int = 0, after: int = 0) -> NDArray[np.int32]:
        """First day of each month, from `before` months earlier to `after` months later, one past the end included."""
        span = range(-before, self.count + after + 1)
        return np.array([to_day(add_months(self.first, k)) for k in span], np.int32)


@dataclass(frozen=True)
class Accounts:
    """One entry an account, in order of borrowers; months count from the book's first and may be negative."""

    borrower: NDArray[np.int64]
    product: NDArray[np.int8]
    opened_month: NDArray[np.int64]
    opened_day: NDArray[np.int64]
    """Day of the month, 0 the first."""
    term_months: NDArray[np.int64]
    due_day: NDArray[np.int64]
    amount: NDArray[np.float64]
    """Principal of a loan, limit of a card."""
    annual_rate: NDArray[np.float64]

    @property
    def is_card(self) -> NDArray[np.bool_]:
        """Cards among the accounts."""
        card: NDArray[np.bool_] = self.product == CARD
        return card

    @classmethod
    def draw(cls, income: NDArray[np.float64], months: int, random: np.random.Generator) -> Accounts:
        """Accounts of the borrowers with these monthly incomes."""
        n = len(income)
        count = 1 + np.minimum(random.poisson(1.8, n), 5)
        borrower = np.repeat(np.arange(n), count)
        size = len(borrower)
        product = random.choice(3, size, p=[0.42, 0.13, 0.45]).astype(np.int8)
        first = random.integers(-_OLDEST_MONTHS, max(1, months * 2 // 3), n)
        is_first = np.concatenate(([True], borrower[1:] != borrower[:-1]))
        opened = np.where(is_first, first[borrower], random.integers(first[borrower], months))
        term = _TERMS_MONTHS[random.choice(4, size, p=[0.1, 0.3, 0.35, 0.25])]
        base = income[borrower]
        amount = np.where(product == CARD, base * random.uniform(0.8, 4, size), base * random.uniform(1, 8, size))
        return cls(
            borrower=borrower,
            product=product,
            opened_month=opened,
            opened_day=random.integers(0, 28, size),
            # A card has no end of its own: it is closed by its holder, or outlives the book.
            term_months=np.where(product == CARD, random.geometric(0.01, size) + 6, term),
            due_day=random.integers(2, 18, size),
            amount=np.maximum(np.round(amount, -2), 500.0),
            annual_rate=np.round(random.uniform(0.06, 0.24, size), 3),
        )

    def owes(self, n: int, months: int) -> NDArray[np.bool_]:
        """Shape (months, n): whether something falls due for the borrower in the month."""
        found = np.zeros((months, n), np.bool_)
        for month in range(months):
            due = (self.opened_month < month) & (month <= self.opened_month + self.term_months)
            found[month, self.borrower[due]] = True
        return found
