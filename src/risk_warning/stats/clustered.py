"""Clustered intervals: intervals of a measure whose rows are correlated within a borrower and within a month.

Rows of one borrower are correlated, and so are rows of one month, since a shock hits everybody. Each measure is written
as a sum of one contribution per row (its influence). The variance is that of the sums by borrower, plus that of the
sums by month, minus that of the rows they share (Cameron, Gelbach & Miller 2011, JBES 29, 238–249). Months are used if
there are at least six: fewer do not show how much months differ.

Intervals are symmetric on the scale on which the measure is closest to normal (log-odds of an AUC, log of observed over
expected, the slope itself). They use Student's t; its degrees of freedom are the number of bad borrowers minus one,
since the scarcer class limits the information.

The influence of a row on an AUC is its placement value, as in DeLong et al. (1988) and, for clusters, Obuchowski (1997,
Biometrics 53, 567–578).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t as student

from risk_warning.stats.delong import CONFIDENCE, Difference

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MIN_MONTHS = 6


@dataclass(frozen=True)
class Interval:
    """A measure with its 95 % interval; the bounds are infinite if the data are too few to give any."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the value lies within the interval, bounds included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Sample:
    """The rows a model is evaluated on; arrays of shape (n,) that hold both bads and goods."""

    bad: Flags
    borrower: NDArray[np.int64]
    """Index of the borrower, from 0."""
    month: NDArray[np.int64]
    """Index of the as-of date, from 0."""
    weight: Floats | None = None
    """Number of rows that each row represents; None if each represents only itself."""

    @classmethod
    def of(
        cls, bad: Flags, borrower_id: NDArray[np.generic], date_index: NDArray[np.integer], weight: Floats | None = None
    ) -> Sample:
        """Return the sample of these rows; borrower ids may be of any type."""
        _, borrower = np.unique(borrower_id, return_inverse=True)
        _, month = np.unique(date_index, return_inverse=True)
        return cls(bad, borrower, month, weight)

    @property
    def weights(self) -> Floats:
        """The weights, all 1 if `weight` is None."""
        return np.ones(len(self.bad)) if self.weight is None else self.weight

    @property
    def bad_borrowers(self) -> int:
        """Number of borrowers who are bad on at least one date."""
        return len(np.unique(self.borrower[self.bad]))

    @property
    def has_both(self) -> bool:
        """Whether there are both bads and goods."""
        return 0 < int(self.bad.sum()) < len(self.bad)

    def error(self, influence: Floats) -> float:
        """Return the standard error of the sum of the rows' influences."""
        variance = _squares(influence, self.borrower)
        months = int(self.month.max(initial=-1)) + 1
        if months >= MIN_MONTHS:
            by_month = _squares(influence, self.month) * months / (months - 1)
            # Each row is one borrower in one month.
            together = variance + by_month - float(influence @ influence)
            variance = max(together, variance, by_month)
        return math.sqrt(variance)

    @property
    def reach(self) -> float:
        """Half-width of an interval, in standard errors."""
        freedom = self.bad_borrowers - 1
        months = int(self.month.max(initial=-1)) + 1
        if months >= MIN_MONTHS:
            freedom = min(freedom, 4 * (months - 1))
        return float(student.ppf(0.5 + CONFIDENCE / 2, freedom)) if freedom > 0 else math.inf


def auc(sample: Sample, pd: Floats) -> Interval:
    """Return the probability that a bad row has a higher PD than a good one; ties count one half."""
    value, influence = _auc(sample, pd)
    error = sample.error(influence)
    inside = min(max(value, 1e-6), 1 - 1e-6)
    log_odds = math.log(inside / (1 - inside))
    reach = sample.reach * error / (inside * (1 - inside))
    if not error or math.isinf(reach):
        return Interval(value, 0.0, 1.0)
    return Interval(value, float(expit(log_odds - reach)), float(expit(log_odds + reach)))


def auc_difference(sample: Sample, pd_a: Floats, pd_b: Floats) -> Difference:
    """Return the AUC of B minus that of A on the same rows; exactly zero for a model compared with itself."""
    (value_a, of_a), (value_b, of_b) = _auc(sample, pd_a), _auc(sample, pd_b)
    difference, error = value_b - value_a, sample.error(of_b - of_a)
    reach = sample.reach * error if error else 0.0
    return Difference(value_a, value_b, difference, max(difference - reach, -1.0), min(difference + reach, 1.0))


def observed_over_expected(sample: Sample, pd: Floats) -> Interval:
    """Return bads divided by the sum of the PDs; above 1 the PDs are too low."""
    weight = sample.weights
    expected, observed = float(weight @ pd), float(weight @ sample.bad)
    value = observed / expected
    if not observed:
        # Rule of three: with no bads observed, fewer than three expected are no surprise.
        return Interval(0.0, 0.0, 3.0 / expected)
    error = sample.error(weight * (sample.bad - value * pd) / expected) / value
    reach = sample.reach * error
    return Interval(value, value * math.exp(-reach), value * _exp(reach))


def calibration_slope(sample: Sample, pd: Floats) -> Interval:
    """Return the slope of a logistic regression of `bad` on the log-odds of `pd` (Cox 1958).

    Below 1 the PDs are too extreme.
    """
    weight, log_odds = sample.weights, np.log(pd / (1 - pd))
    x = np.stack((np.ones(len(log_odds)), log_odds), axis=1)
    beta = np.array([0.0, 1.0])
    for _ in range(50):
        fitted = expit(x @ beta)
        score = x.T @ (weight * (sample.bad - fitted))
        hessian = (x * (weight * fitted * (1 - fitted))[:, None]).T @ x
        step = np.linalg.lstsq(hessian, score, rcond=None)[0]
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    fitted = expit(x @ beta)
    hessian = (x * (weight * fitted * (1 - fitted))[:, None]).T @ x
    influence = (weight * (sample.bad - fitted))[:, None] * x @ np.linalg.pinv(hessian)
    reach = sample.reach * sample.error(np.ascontiguousarray(influence[:, 1]))
    value = float(beta[1])
    return Interval(value, value - reach, value + reach)


def _auc(sample: Sample, pd: Floats) -> tuple[float, Floats]:
    """Return (AUC, each row's contribution to it minus the mean)."""
    weight = sample.weights
    order = np.argsort(pd, kind="stable")
    bads, goods = np.where(sample.bad, weight, 0.0)[order], np.where(sample.bad, 0.0, weight)[order]
    _, first, group = np.unique(pd[order], return_index=True, return_inverse=True)
    of_bads, of_goods = np.add.reduceat(bads, first), np.add.reduceat(goods, first)
    all_bads, all_goods = float(of_bads.sum()), float(of_goods.sum())
    goods_below = (np.cumsum(of_goods) - of_goods / 2)[group] / all_goods
    bads_above = (all_bads - np.cumsum(of_bads) + of_bads / 2)[group] / all_bads
    value = float(bads @ goods_below) / all_bads
    influence = np.empty(len(pd))
    influence[order] = bads * (goods_below - value) / all_bads + goods * (bads_above - value) / all_goods
    return value, influence


def _squares(influence: Floats, cluster: NDArray[np.int64]) -> float:
    sums = np.bincount(cluster, influence)
    seen = len(sums)
    return float(sums @ sums) * seen / max(seen - 1, 1)


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
