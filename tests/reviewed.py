"""The lender's book and model, and some loans under review; the tests of the loan review share them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import numpy as np
from lender import Lender
from numpy.typing import NDArray

from risk_warning.book import StagedBook, open_book
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.review.under_review import LoanUnderReview
from risk_warning.settings import Settings

AS_OF = date(2023, 9, 1)
PERSONAL = LoanUnderReview(product="personal", principal_amount=3_000_000.0, annual_rate=0.15, term_months=24)
CARD = LoanUnderReview(product="card", credit_limit=2_000_000.0, annual_rate=0.2)


@dataclass(frozen=True)
class Review:
    """An open book with every borrower scored on the as-of date."""

    book: StagedBook
    model: RiskModel
    observed: Observed
    scored: Scored

    def rows(self, borrower: int) -> Rows:
        """Return the rows of one borrower."""
        return self.book.rows(borrower, borrower + 1)

    @property
    def safe(self) -> NDArray[np.int64]:
        """Borrowers at or above the threshold."""
        return np.flatnonzero((self.scored.not_scored < 0) & (self.scored.score >= self.model.policy.threshold))

    @property
    def below(self) -> NDArray[np.int64]:
        """Borrowers below the threshold, the safest first: a small change may be enough for those."""
        borrowers = np.flatnonzero((self.scored.not_scored < 0) & (self.scored.score < self.model.policy.threshold))
        return borrowers[np.argsort(-self.scored.score[borrowers], kind="stable")]


@contextmanager
def review(lender: Lender) -> Iterator[Review]:
    """Open the lender's book and score its borrowers on the as-of date."""
    model = load(lender.model)
    with open_book(lender.book, Settings(home=lender.home).book) as book:
        observed = model.observed_in(book)
        yield Review(book, model, observed, model.score(book.rows(0, book.n_borrowers), observed, AS_OF))
