"""Candidates: a borrower as some actions would leave them, scored by the model's own `score`.

A candidate is admissible if

- every feature it moves ends within the smallest and largest value of training, or, where the borrower stands outside
  already, no further out: beyond that the model has seen nobody;
- no feature with a declared direction ends on its riskier side of where the borrower stands now, with the loan as
  asked. The model cannot reward such a move by itself, but advice that makes a known sign of risk worse is no advice.
  Categories have no direction of their own: a code stands for a name.

A feature that ceases to be observed, or begins to be, has neither moved up nor down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.observed import Observed
from risk_warning.core.policy import Policy
from risk_warning.core.rows import Rows
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.review.actions import Action
from risk_warning.review.under_review import with_loan
from risk_warning.review.variants import stacked
from risk_warning.review.what_if import Terms


@dataclass(frozen=True)
class Candidate:
    """Steps of some actions, with the loan or without it."""

    actions: tuple[Action, ...] = ()
    steps: tuple[int, ...] = ()
    takes_loan: bool = True

    @property
    def cost(self) -> float:
        """The sum of the shares, half of two things as much as all of one; doing without the loan counts one more."""
        shares = [action.share(step) for action, step in zip(self.actions, self.steps, strict=True)]
        return sum(shares) + (0.0 if self.takes_loan else 1.0)


@dataclass
class Search:
    """One borrower's search, and the best it has come across."""

    model: RiskModel
    policy: Policy
    rows: Rows
    observed: Observed
    as_of_date: date
    loan: Terms
    start: Scored = field(init=False)
    best: tuple[float, Candidate] | None = None
    is_blocked: bool = False
    """Whether a candidate that is not admissible has reached the threshold."""

    def __post_init__(self) -> None:
        self.start = self.score([Candidate()])

    def score(self, candidates: Sequence[Candidate]) -> Scored:
        """The borrower as each candidate would have them, in one go."""
        rows = stacked([self.changed(candidate) for candidate in candidates])
        return self.model.score(rows, self.observed, self.as_of_date, waive_open_loan=self.loan is not None)

    def first(self, candidates: Sequence[Candidate]) -> int | None:
        """Position of the first candidate that is admissible and reaches the threshold, None where none does."""
        if not candidates:
            return None
        scored = self.score(candidates)
        admissible = self._admissible(scored.x)
        reaches = ~self.policy.below_threshold(scored.score) & (scored.not_scored < 0)
        self.is_blocked |= bool((reaches & ~admissible).any())
        for row in np.flatnonzero(admissible & (scored.score > (self.best[0] if self.best else self.start.score[0]))):
            if self.best is None or scored.score[row] > self.best[0]:
                self.best = float(scored.score[row]), candidates[int(row)]
        good = np.flatnonzero(reaches & admissible)
        return int(good[0]) if len(good) else None

    def changed(self, candidate: Candidate) -> Rows:
        """The borrower's rows as the candidate would leave them."""
        rows, loan = self.rows, self.loan
        for action, step in zip(candidate.actions, candidate.steps, strict=True):
            if action.loan is not None and loan is not None:
                loan = action.loan(loan, step)
            if action.rows is not None:
                rows = action.rows(rows, step)
        if loan is None or not candidate.takes_loan:
            return rows
        return with_loan(rows, loan, self.as_of_date, self.observed)

    def _admissible(self, x: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether each candidate keeps to the rules of the module, from what the trees read; shape (n,)."""
        features, start = self.model.features, self.start.x[0]
        direction = np.array([0 if feature.is_category else feature.monotone for feature in features])
        low, high = _training_range(self.model)
        low, high = np.fmin(low, start), np.fmax(high, start)
        with np.errstate(invalid="ignore"):
            riskier = (x - start) * direction > 0
            return np.asarray(~(riskier | (x < low) | (x > high)).any(axis=1))


def _training_range(model: RiskModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(smallest, largest) value of each feature in training, NaN where none was observed or for a category.

    A hair wider than stated, since typical values are kept to six significant digits.
    """
    typical = model.about["typical"]
    low, high = (
        np.array([_number(typical.get(f.name, {}).get(key)) for f in model.features]) for key in ("min", "max")
    )
    return low - 1e-5 * np.abs(low), high + 1e-5 * np.abs(high)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
