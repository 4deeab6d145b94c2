"""Threshold: whom each cut-off warns about, how many of those who turn bad it reaches, and what that is worth.

All arrays stand for the same n rows, one a borrower and mature as-of date. A row is flagged if its score lies below the
threshold. The benefit of flagging a row, in the book's currency:

    bad × exposure × loss given default × treatment effect − contact cost

that is the expected loss of the field (PD × exposure at default × loss given default, Basel III, CRE35), with what
happened in place of the PD, times the share of it that a contact prevents, less what the contact costs. Costs of the
two kinds of error that differ from one borrower to the next put the best cut-off where the next row's benefit turns
negative (Elkan 2001, IJCAI, 973–978).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.burden import STEP_POINTS
from risk_warning.core.delong import CONFIDENCE
from risk_warning.core.policy import Policy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Shares flagged at which the curves are shown."""


@dataclass(frozen=True, kw_only=True)
class Economics:
    """What a contact costs and what it prevents."""

    contact_cost_amount: float
    loss_given_default_ratio: float
    treatment_effects: tuple[float, float, float]
    """(low, mid, high): share of those who would turn bad whom a contact keeps from it."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The n rows; `exposure_amount` in the book's currency, None where the book brings nothing to compute it from."""

    score: Floats
    bad: Flags
    pd: Floats
    exposure_amount: Floats | None
    borrower: NDArray[np.int64]
    """Number of the borrower."""
    on_last_date: Flags
    dates: int
    """How many as-of dates they stand on."""


@dataclass(frozen=True)
class Point:
    """One threshold; counts and amounts are means of an as-of date."""

    threshold: float
    flagged: float
    flagged_ratio: float
    bads: float
    """Flagged who turned bad."""
    capture_ratio: float
    """Of all who turned bad, those flagged."""
    benefit_amounts: tuple[float, float, float] | None
    """At the low, the middle and the high treatment effect; None without exposures."""
    expected_benefit_amount: float | None
    """At the middle effect, by the model's PDs in place of what happened."""

    @property
    def precision_ratio(self) -> float | None:
        """Of the flagged, those who turned bad."""
        return self.bads / self.flagged if self.flagged else None

    @property
    def to_reach_one(self) -> float | None:
        """How many are flagged for one who turns bad."""
        return self.flagged / self.bads if self.bads else None


def points(rows: Rows, thresholds: Sequence[float], economics: Economics) -> tuple[Point, ...]:
    """One point a threshold."""
    order = np.argsort(rows.score, kind="stable")
    count = np.searchsorted(rows.score[order], thresholds, side="left")
    bads = _below(rows.bad[order].astype(np.float64), count)
    exposed = None if rows.exposure_amount is None else rows.exposure_amount[order]
    lost = None if exposed is None else _below(np.where(rows.bad[order], exposed, 0.0), count)
    expected = None if exposed is None else _below(rows.pd[order] * exposed, count)
    found = []
    for index, threshold in enumerate(thresholds):
        n = int(count[index])
        amounts = expected_amount = None
        if lost is not None and expected is not None:
            low, mid, high = (
                _benefit(float(lost[index]), n, economics, effect) / rows.dates
                for effect in economics.treatment_effects
            )
            amounts = (low, mid, high)
            expected_amount = (
                _benefit(float(expected[index]), n, economics, economics.treatment_effects[1]) / rows.dates
            )
        found.append(
            Point(
                threshold=float(threshold),
                flagged=n / rows.dates,
                flagged_ratio=n / len(rows.score),
                bads=float(bads[index]) / rows.dates,
                capture_ratio=float(bads[index] / rows.bad.sum()),
                benefit_amounts=amounts,
                expected_benefit_amount=expected_amount,
            )
        )
    return tuple(found)


def thresholds_at(score: Floats, shares: Sequence[float] = SHARES) -> tuple[float, ...]:
    """Thresholds that flag about those shares of the rows, in steps of `STEP_POINTS`, rising, none twice."""
    return tuple(sorted({float(round(cut, 1)) for cut in np.quantile(score, shares)}))


def best_benefit(rows: Rows, economics: Economics, effect: int) -> float | None:
    """The threshold of the largest benefit at the treatment effect of that index, the lowest of equal ones.

    None where no threshold brings more than it costs, or exposures are not known.
    """
    if rows.exposure_amount is None:
        return None
    first, last = np.floor(rows.score.min() / STEP_POINTS), np.ceil(rows.score.max() / STEP_POINTS) + 1
    cuts = np.round(np.arange(first, last + 1) * STEP_POINTS, 1)
    order = np.argsort(rows.score, kind="stable")
    count = np.searchsorted(rows.score[order], cuts, side="left")
    lost = _below(np.where(rows.bad[order], rows.exposure_amount[order], 0.0), count)
    saved = economics.treatment_effects[effect] * economics.loss_given_default_ratio * lost
    benefit = saved - economics.contact_cost_amount * count
    best = int(np.argmax(benefit))
    return float(cuts[best]) if benefit[best] > 0 else None


@dataclass(frozen=True)
class Gain:
    """What a change of threshold is worth on an as-of date, with its 95 % interval over borrowers."""

    amount: float
    low: float
    high: float


def benefit_gain(rows: Rows, economics: Economics, before: Policy, after: Policy) -> Gain | None:
    """Benefit of `after` less that of `before` at the middle treatment effect, an as-of date; None without exposures.

    The interval is the normal one of a sum over independent borrowers, each borrower's dates taken together.
    """
    if rows.exposure_amount is None:
        return None
    saved = economics.treatment_effects[1] * economics.loss_given_default_ratio * rows.exposure_amount
    value = np.where(rows.bad, saved, 0.0) - economics.contact_cost_amount
    change = after.below_threshold(rows.score).astype(np.float64) - before.below_threshold(rows.score)
    _, position = np.unique(rows.borrower, return_inverse=True)
    each = np.bincount(position, value * change)
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    reach = z * float(np.sqrt(len(each)) * each.std())
    total = float(each.sum())
    return Gain(total / rows.dates, (total - reach) / rows.dates, (total + reach) / rows.dates)


def with_threshold(policy: Policy, threshold: float) -> Policy:
    """The policy with another threshold; a band's cut-off that would lie on its wrong side moves along with it."""
    return replace(
        policy,
        threshold=threshold,
        red_below=min(policy.red_below, threshold),
        yellow_below=max(policy.yellow_below, threshold),
    )


def _below(values: Floats, count: NDArray[np.integer]) -> Floats:
    found: Floats = np.concatenate(([0.0], np.cumsum(values)))[count]
    return found


def _benefit(lost_amount: float, flagged: int, economics: Economics, effect: float) -> float:
    return effect * economics.loss_given_default_ratio * lost_amount - economics.contact_cost_amount * flagged
