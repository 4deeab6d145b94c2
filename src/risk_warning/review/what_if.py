"""What if: a loan under review as it was asked for and with other terms, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features.words import label_of
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import REASONS
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.reasons import DIGITS
from risk_warning.core.rows import Rows
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.explain.reasons_in_words import ToldReason, told_reasons
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.review.under_review import LoanUnderReview, knowing, with_loan
from risk_warning.review.variants import stacked

Terms = LoanUnderReview | None
"""None: without the loan."""


@dataclass(frozen=True)
class Outcome:
    """What one borrower scores; all None but `not_scored` where there is no score."""

    not_scored: str | None
    pd: float | None
    score: float | None
    band: str | None
    below_threshold: bool | None


@dataclass(frozen=True)
class MovedReason:
    """A reason whose points differ from the loan as asked; `points` below 0 cost."""

    code: str
    points_before: float
    points_after: float
    text: Mapping[str, str]
    """What the reason's feature measures whose points moved most."""


@dataclass(frozen=True)
class Case:
    """The borrower with one version of the loan."""

    outcome: Outcome
    reasons: tuple[ToldReason, ...]
    """What costs most."""
    points_difference: float | None
    """Score minus that of the loan as asked; None where either has none."""
    moved: tuple[MovedReason, ...]
    """Reasons whose points changed, the largest change first; they sum to the difference (before the scale's ends)."""

    def to_dict(self) -> dict[str, Any]:
        """The case ready for JSON, the outcome's fields beside the others."""
        shown = asdict(self)
        return {**shown.pop("outcome"), **{k: list(v) if isinstance(v, tuple) else v for k, v in shown.items()}}


@dataclass(frozen=True)
class WhatIf:
    """The loan as asked, and each alternative in the order given."""

    base: Case
    alternatives: tuple[Case, ...]

    def to_dict(self) -> dict[str, Any]:
        """The comparison ready for JSON."""
        return {"base": self.base.to_dict(), "alternatives": [case.to_dict() for case in self.alternatives]}


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
    """The borrower of `rows` with the loan as asked and with each alternative; None stands for no loan at all.

    The open-loan rule is waived in every case, so that the comparison is about the loan and nothing else.

    Raises
    ------
    RequestError
        The schedule of a loan cannot be made, or begins before the as-of date.
    """
    asked = [loan, *alternatives]
    known = knowing(rows, [terms for terms in asked if terms is not None])
    variants = [known if terms is None else with_loan(known, terms, as_of_date, observed) for terms in asked]
    together = stacked(variants)
    scored = model.score(together, observed, as_of_date, waive_open_loan=True)
    points = np.round(model.points(scored.x)[:, :-1], DIGITS)
    is_missing = np.isnan(scored.x)
    values = FeatureValues.of(model, together, scored)
    reasons = model.reasons(scored.x)
    base_score = float(scored.score[0])

    cases = []
    for row in range(len(asked)):
        is_scored = scored.not_scored[row] < 0
        both = bool(is_scored and scored.not_scored[0] < 0)
        cases.append(
            Case(
                outcome=outcome_of(scored, row, policy),
                reasons=told_reasons(reasons, row, values, minor_unit_decimals) if is_scored else (),
                points_difference=float(scored.score[row]) - base_score if both else None,
                moved=_moved(model, points[[0, row]], is_missing[[0, row]]) if both else (),
            )
        )
    return WhatIf(cases[0], tuple(cases[1:]))


def outcome_of(scored: Scored, row: int, policy: Policy) -> Outcome:
    """One borrower's PD, score and band, or why there is none."""
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
    """Reasons whose points differ, from points a feature before and after, shape (2, features).

    A feature that ceases to be observed leaves one reason and adds to another.
    """
    groups = model.reason_groups
    group, (before, after) = groups.group(is_missing), groups.totals(points, is_missing)
    found = []
    for k in np.flatnonzero(before != after):
        own = np.where(group == k, points, 0.0)
        leading = model.features[int(np.abs(own[1] - own[0]).argmax())]
        found.append(MovedReason(groups.codes[k], float(before[k]), float(after[k]), label_of(leading)))
    return tuple(sorted(found, key=lambda reason: -abs(reason.points_after - reason.points_before)))
