"""Score changes: what changes for which borrowers if one model replaces another, and how well each model's PDs hold.

All arrays hold the same n rows, one per borrower and as-of date, scored by both models A and B.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.reasons import ReasonGroups
from risk_warning.reports.numbers import signed
from risk_warning.stats.delong import Difference
from risk_warning.stats.rates import Flags

Floats = NDArray[np.float64]


def riskiest(score: Floats, date_index: NDArray[np.integer], share: float) -> Flags:
    """Whether each row is among the `share` of its date with the lowest scores, rounded up to whole rows.

    If scores tie at the cut-off, the first rows are taken.
    """
    flagged = np.zeros(len(score), np.bool_)
    for index in np.unique(date_index):
        here = np.flatnonzero(date_index == index)
        flagged[here[np.argsort(score[here], kind="stable")[: math.ceil(share * len(here))]]] = True
    return flagged


@dataclass(frozen=True)
class ReasonShift:
    """The mean points of a reason for the same borrowers under each model; negative points lower the score."""

    code: str
    a: float | None
    """None if the model does not have this reason."""
    b: float | None

    @property
    def shift(self) -> float:
        """B's points minus A's; a model without this reason counts as 0 points."""
        return (self.b or 0.0) - (self.a or 0.0)


def mean_points(points: Floats, is_missing: Flags, groups: ReasonGroups) -> dict[str, float]:
    """Return the mean points of each reason code.

    `points` of each feature, and `is_missing`, whether its value is missing, have shape (rows ≥ 1, features).
    """
    return dict(zip(groups.codes, groups.totals(points, is_missing).mean(axis=0).tolist(), strict=True))


def reason_shifts(a: dict[str, float], b: dict[str, float], *, top: int = 5) -> tuple[ReasonShift, ...]:
    """Return the reasons whose mean points differ most between the models, the largest difference first."""
    shifts = [ReasonShift(code, a.get(code), b.get(code)) for code in dict.fromkeys((*a, *b))]
    return tuple(sorted(shifts, key=lambda shift: -abs(shift.shift))[:top])


def verdict(auc: Difference, brier: Difference) -> str:
    """Return one plain sentence: whether A or B finds more of those who go bad, or that no difference is shown."""
    ranking = f"AUC {_signed(auc, 4)}"
    if auc.is_significant:
        return f"B finds {'more' if auc.difference > 0 else 'fewer'} of those who go bad: {ranking}."
    if brier.is_significant:
        fit = "worse" if brier.difference > 0 else "better"
        return (
            f"No difference in ranking can be shown ({ranking}), but B's PDs fit {fit}: "
            f"Brier score {_signed(brier, 5)}, lower is better."
        )
    return f"No difference can be shown: {ranking}."


def _signed(difference: Difference, decimals: int) -> str:
    return (
        f"{signed(difference.difference, decimals)} "
        f"({signed(difference.low, decimals)} to {signed(difference.high, decimals)})"
    )


def interval_gap(one: Difference, other: Difference) -> float:
    """Return the largest distance between two intervals' ends, as a share of the wider one; 0 if both are points."""
    width = max(one.high - one.low, other.high - other.low)
    return max(abs(one.low - other.low), abs(one.high - other.high)) / width if width else 0.0
