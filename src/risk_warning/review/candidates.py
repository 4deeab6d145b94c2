"""Candidates: a borrower after some actions, scored by the model's own `score`.

A candidate is admissible if

- every feature it changes ends between the smallest and the largest training value or, if the borrower is already
  outside, no further out: the model has seen nobody beyond;
- no feature with a declared direction ends riskier than the borrower's present value, with the loan as requested. The
  model cannot reward such a change by itself, but advice must not make a known sign of risk worse. Categories have no
  direction: a code represents a name.

A feature that stops or starts being observed counts as neither up nor down.
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
from risk_warning.model.typical import TypicalNumber
from risk_warning.review.actions import Action
from risk_warning.review.under_review import with_loan
from risk_warning.review.variants import stacked
from risk_warning.review.what_if import Terms


@dataclass(frozen=True)
class Candidate:
    """Steps of some actions, with or without the loan."""

    actions: tuple[Action, ...] = ()
    steps: tuple[int, ...] = ()
    takes_loan: bool = True

    @property
    def cost(self) -> float:
        """Sum of the shares: half of two actions costs as much as all of one; doing without the loan adds one."""
        shares = [action.share(step) for action, step in zip(self.actions, self.steps, strict=True)]
        return sum(shares) + (0.0 if self.takes_loan else 1.0)


@dataclass
class Search:
    """The search for one borrower, and the best candidate so far."""

    model: RiskModel
    policy: Policy
    rows: Rows
    observed: Observed
    as_of_date: date
    loan: Terms
    start: Scored = field(init=False)
    best: tuple[float, Candidate] | None = None
    is_blocked: bool = False
    """Whether an inadmissible candidate has reached the threshold."""

    def __post_init__(self) -> None:
        self.start = self.score([Candidate()])

    def score(self, candidates: Sequence[Candidate]) -> Scored:
        """Score the borrower under each candidate, in one call; no open loan is needed, as in `what_if`."""
        rows = stacked([self.changed(candidate) for candidate in candidates])
        return self.model.score(rows, self.observed, self.as_of_date, waive_open_loan=True)

    def first(self, candidates: Sequence[Candidate]) -> int | None:
        """Return the position of the first admissible candidate that reaches the threshold, None if none does."""
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
        """Return the borrower's rows after the candidate's actions."""
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
        """Whether each candidate follows the module's rules, from the trees' input `x`; shape (n,)."""
        features, start = self.model.features, self.start.x[0]
        direction = np.array([0 if feature.is_category else feature.monotone for feature in features])
        low, high = _training_range(self.model)
        low, high = np.fmin(low, start), np.fmax(high, start)
        with np.errstate(invalid="ignore"):
            riskier = (x - start) * direction > 0
            return np.asarray(~(riskier | (x < low) | (x > high)).any(axis=1))


def _training_range(model: RiskModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (smallest, largest) training value of each feature, NaN for a category or if none was observed.

    The range is slightly wider than stated, since typical values are kept to six significant digits.
    """
    typical = model.provenance.typical or {}
    levels = [typical.get(name) for name in model.feature_names]
    low = np.array([_number(one.min) if isinstance(one, TypicalNumber) else math.nan for one in levels])
    high = np.array([_number(one.max) if isinstance(one, TypicalNumber) else math.nan for one in levels])
    return low - 1e-5 * np.abs(low), high + 1e-5 * np.abs(high)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
