"""Accounts of the simulated lender: instalment loans and cards, several per borrower, each with its own risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.traits import Traits

PRODUCTS = ("personal", "auto", "card", "store_card")
_SHARES = (0.420, 0.130, 0.438, 0.012)
"""Shares of new accounts; chosen. The issuer of store cards (2.7 % of all cards) never reports days past due."""
CARD, STORE_CARD = 2, 3
_TERMS_MONTHS = np.array([6, 12, 24, 36])
_TERM_SHARES = (0.1, 0.3, 0.35, 0.25)
_OLDEST_MONTHS = 30
_FURTHER_ACCOUNTS, _MOST_ACCOUNTS = 1.8, 6
FIRST_DUE_DAY, LAST_DUE_DAY = 4, 18
"""First and last due day of the month. With due days from the 4th on, an account two months late is never 60 days past
due at a month's start. With due days up to the 18th, a payment due in a month reaches 30 days past due in the next
month, February included."""

_PRODUCT_LOG_ODDS = np.array([0.0, -0.6, 0.15, 0.35])
"""Log odds of a missed payment by product: borrowers pay the loan for their car first, and the store card last."""
PRIORITY_SD = 0.60
"""Spread of an account's own log odds, which decide which account a borrower neglects. Chosen; hidden from the book."""
_MOST_BURDEN = 0.45
"""Largest ratio of instalment to monthly income at which a loan is granted."""
_BURDEN_LOG_ODDS, _USUAL_BURDEN = 3.5, 0.15
"""Log odds per unit of instalment ÷ monthly income (for a card, 5 % of the limit) above the usual ratio."""
_MISSES_FORGETFUL = 1.3
"""Log odds of a missed payment added for forgetful borrowers. It rarely gets worse; see `REACHES` in `stress`."""


@dataclass(frozen=True)
class SimulatedAccounts:
    """Accounts, one entry each, in order of borrowers; months count from the book's first and may be negative."""

    borrower: NDArray[np.int64]
    product: NDArray[np.int64]
    opened_month: NDArray[np.int64]
    opened_day: NDArray[np.int64]
    """Day of the month; 0 is the first."""
    term_months: NDArray[np.int64]
    """Number of monthly payments of a loan; for a card, more than any book has months."""
    due_day: NDArray[np.int64]
    """Day of the month; 0 is the first."""
    amount: NDArray[np.float64]
    """Principal of a loan, limit of a card."""
    annual_rate: NDArray[np.float64]
    due_amount: NDArray[np.float64]
    """Monthly instalment of a loan; for a card, the payment due if its full limit is used."""
    log_odds: NDArray[np.float64]
    """The account's own part of the log odds of a missed payment."""

    def __len__(self) -> int:
        return len(self.borrower)

    @property
    def is_card(self) -> NDArray[np.bool_]:
        """Whether the account is a card and has statements instead of instalments."""
        return self.product >= CARD

    @property
    def last_month(self) -> NDArray[np.int64]:
        """Month in which the last payment falls due."""
        return self.opened_month + self.term_months

    @classmethod
    def draw(cls, traits: Traits, months: int, random: np.random.Generator) -> SimulatedAccounts:
        """Draw one or more accounts per borrower; the first opens before the book's last third."""
        n = len(traits.monthly_income)
        count = 1 + np.minimum(random.poisson(_FURTHER_ACCOUNTS, n), _MOST_ACCOUNTS - 1)
        borrower = np.repeat(np.arange(n), count)
        size = len(borrower)
        product = random.choice(len(PRODUCTS), size, p=_SHARES)
        is_card = product >= CARD
        first = random.integers(-_OLDEST_MONTHS, max(1, months * 2 // 3), n)
        is_first = np.concatenate(([True], borrower[1:] != borrower[:-1]))
        opened = np.where(is_first, first[borrower], random.integers(first[borrower], months))
        income = traits.monthly_income[borrower]
        amount = np.where(is_card, random.uniform(0.8, 4, size), random.uniform(1, 8, size)) * income
        rate = np.round(random.uniform(0.06, 0.24, size), 3)
        term = _TERMS_MONTHS[random.choice(len(_TERMS_MONTHS), size, p=_TERM_SHARES)]
        annuity = (rate / 12) / (1 - (1 + rate / 12) ** -term.astype(np.float64))
        amount = np.where(is_card, amount, np.minimum(amount, _MOST_BURDEN * income / annuity))
        amount = np.maximum(np.round(amount, -2), 500.0)
        due_amount = np.round(amount * np.where(is_card, 0.05, annuity), 2)
        log_odds = _PRODUCT_LOG_ODDS[product] + random.normal(0, PRIORITY_SD, size)
        log_odds += _BURDEN_LOG_ODDS * (np.minimum(due_amount / income, 1.0) - _USUAL_BURDEN)
        log_odds += np.where(traits.is_forgetful[borrower], _MISSES_FORGETFUL, 0.0)
        return cls(
            borrower=borrower,
            product=product,
            opened_month=opened,
            opened_day=random.integers(0, 28, size),
            term_months=np.where(is_card, 10_000, term),
            due_day=random.integers(FIRST_DUE_DAY - 1, LAST_DUE_DAY, size),
            amount=amount,
            annual_rate=rate,
            due_amount=due_amount,
            log_odds=log_odds,
        )
