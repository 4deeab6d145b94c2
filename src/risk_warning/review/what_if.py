"""What if: a loan under review as requested and with other terms, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from risk_warning.core.features.words import label_of
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import REASONS, NotScored
from risk_warning.core.policy import BANDS, Band, Policy
from risk_warning.core.reasons import DIGITS
from risk_warning.core.rows import Rows
from risk_warning.core.wording import Text
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.explain.reasons_in_words import ScoreReason, reasons_in_words
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.review.under_review import LoanUnderReview, knowing, with_loan
from risk_warning.review.variants import stacked

Terms = LoanUnderReview | None
"""None: without the loan."""


@dataclass(frozen=True)
class Outcome:
    """The result for a borrower: PD, score and band, or why there is no score."""

    not_scored: NotScored | None
    pd: float | None
    score: float | None
    band: Band | None
    below_threshold: bool | None


@dataclass(frozen=True)
class MovedReason:
    """A reason whose points differ from those with the loan as requested; negative points lower the score."""

    code: str
    points_before: float
    points_after: float
    text: Annotated[Text, Field(description="what the feature measures whose points moved most")]


@dataclass(frozen=True)
class Case(Outcome):
    """The borrower's result with one version of the loan."""

    reasons: tuple[ScoreReason, ...]
    points_difference: Annotated[
        float | None, Field(description="score minus that of the loan as requested; null if either is missing")
    ]
    moved: Annotated[
        tuple[MovedReason, ...],
        Field(description="largest change first; they sum to the difference, before clipping to the scale"),
    ]


@dataclass(frozen=True)
class WhatIf:
    """The loan as requested, and each alternative in the order given."""

    base: Case
    alternatives: tuple[Case, ...]


def what_if(
    model: RiskModel,
    policy: Policy,
    rows: Rows,
    observed: Observed,
    as_of_date: date,
    loan: Terms,
    alternatives: Sequence[Terms],
    *,
    minor_unit_decimals: int = 2,
) -> WhatIf:
    """Compare the borrower of `rows` with the loan as requested and with each alternative; None means no loan.

    The open-loan rule is waived in every case, so that the cases differ only in the loan.

    Raises
    ------
    RequestError
        If the schedule of a loan cannot be computed, or begins before the as-of date.
    """
    loans = [loan, *alternatives]
    known = knowing(rows, [terms for terms in loans if terms is not None])
    variants = [known if terms is None else with_loan(known, terms, as_of_date, observed) for terms in loans]
    together = stacked(variants)
    scored = model.score(together, observed, as_of_date, waive_open_loan=True)
    points = np.round(model.points(scored.x)[:, :-1], DIGITS)
    is_missing = np.isnan(scored.x)
    values = FeatureValues.of(model, together, scored)
    reasons = model.reasons(scored.x)
    base_score = float(scored.score[0])

    cases = []
    for row in range(len(loans)):
        is_scored = scored.not_scored[row] < 0
        both = bool(is_scored and scored.not_scored[0] < 0)
        cases.append(
            Case(
                **vars(outcome_of(scored, row, policy)),
                reasons=reasons_in_words(reasons, row, values, minor_unit_decimals) if is_scored else (),
                points_difference=float(scored.score[row]) - base_score if both else None,
                moved=_moved(model, points[[0, row]], is_missing[[0, row]]) if both else (),
            )
        )
    return WhatIf(cases[0], tuple(cases[1:]))


def outcome_of(scored: Scored, row: int, policy: Policy) -> Outcome:
    """Return one borrower's PD, score and band, or why there is no score."""
    if scored.not_scored[row] >= 0:
        return Outcome(REASONS[scored.not_scored[row]], None, None, None, None)
    score = scored.score[row : row + 1]
    return Outcome(
        not_scored=None,
        pd=float(scored.pd[row]),
        score=float(score[0]),
        band=BANDS[policy.bands(score)[0]],
        below_threshold=bool(policy.below_threshold(score)[0]),
    )


def _moved(model: RiskModel, points: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> tuple[MovedReason, ...]:
    """Return the reasons whose points differ, from points per feature before and after, shape (2, features).

    A feature that is no longer observed leaves one reason and adds to another.
    """
    groups = model.reason_groups
    group, (before, after) = groups.group(is_missing), groups.totals(points, is_missing)
    reasons = []
    for k in np.flatnonzero(before != after):
        own = np.where(group == k, points, 0.0)
        leading = model.features[int(np.abs(own[1] - own[0]).argmax())]
        reasons.append(MovedReason(groups.codes[k], float(before[k]), float(after[k]), label_of(leading)))
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.points_after - reason.points_before)))
