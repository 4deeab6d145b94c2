"""Clustered intervals: how far a measure depends on which borrowers, and which months, came along.

Rows of one borrower say much the same, and so do rows of one month: a shock hits everybody. Each measure is written as
a sum of what every row contributes (its influence); the variance is that of sums over borrowers, plus that of sums over
months, less that of the rows they share (Cameron, Gelbach & Miller 2011, JBES 29, 238–249). Months enter where there
are at least six: fewer say nothing of how months differ.

Intervals are symmetric on the scale on which the measure is closest to normal (log-odds of an AUC, log of observed over
expected, the slope itself), and use Student's t with as many degrees of freedom as there are bad borrowers less one:
the scarcer kind decides how much is known.

The influence of a row on an AUC is its placement, as in DeLong et al. (1988) and, for clusters, Obuchowski (1997,
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
    """A measure with its 95 % interval; the ends are infinite where too little is known to give any."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the value lies within the interval, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Sample:
    """The rows a model is judged by; arrays of shape (n,), with bads and goods among them."""

    bad: Flags
    borrower: NDArray[np.int64]
    """Number of the borrower, from 0."""
    month: NDArray[np.int64]
    """Number of the as-of date, from 0."""
    weight: Floats | None = None
    """How many each row stands for; None where each stands for itself."""

    @classmethod
    def of(
        cls, bad: Flags, borrower_id: NDArray[np.generic], date_index: NDArray[np.integer], weight: Floats | None = None
    ) -> Sample:
        """The sample of rows of borrowers with any ids."""
        _, borrower = np.unique(borrower_id, return_inverse=True)
        _, month = np.unique(date_index, return_inverse=True)
        return cls(bad, borrower, month, weight)

    @property
    def weights(self) -> Floats:
        """The weights, 1 where there are none."""
        return np.ones(len(self.bad)) if self.weight is None else self.weight

    @property
    def bad_borrowers(self) -> int:
        """How many borrowers are bad on some date."""
        return len(np.unique(self.borrower[self.bad]))

    @property
    def has_both(self) -> bool:
        """Whether there are bads and goods."""
        return 0 < int(self.bad.sum()) < len(self.bad)

    def error(self, influence: Floats) -> float:
        """Standard error of the sum of the rows' influences."""
        variance = _squares(influence, self.borrower)
        months = int(self.month.max(initial=-1)) + 1
        if months >= MIN_MONTHS:
            by_month = _squares(influence, self.month) * months / (months - 1)
            # Every row stands for one borrower in one month.
            together = variance + by_month - float(influence @ influence)
            variance = max(together, variance, by_month)
        return math.sqrt(variance)

    @property
    def reach(self) -> float:
        """How many standard errors an interval reaches to either side."""
        freedom = self.bad_borrowers - 1
        months = int(self.month.max(initial=-1)) + 1
        if months >= MIN_MONTHS:
            freedom = min(freedom, 4 * (months - 1))
        return float(student.ppf(0.5 + CONFIDENCE / 2, freedom)) if freedom > 0 else math.inf


def auc(sample: Sample, pd: Floats) -> Interval:
    """Chance that a bad row has a higher PD than a good one, ties counting a half."""
    value, influence = _auc(sample, pd)
    error = sample.error(influence)
    inside = min(max(value, 1e-6), 1 - 1e-6)
    log_odds = math.log(inside / (1 - inside))
    reach = sample.reach * error / (inside * (1 - inside))
    if not error or math.isinf(reach):
        return Interval(value, 0.0, 1.0)
    return Interval(value, float(expit(log_odds - reach)), float(expit(log_odds + reach)))


def auc_difference(sample: Sample, pd_a: Floats, pd_b: Floats) -> Difference:
    """AUC of B less that of A on the same rows; a model against itself gives exactly zero."""
    (value_a, of_a), (value_b, of_b) = _auc(sample, pd_a), _auc(sample, pd_b)
    difference, error = value_b - value_a, sample.error(of_b - of_a)
    reach = sample.reach * error if error else 0.0
    return Difference(value_a, value_b, difference, max(difference - reach, -1.0), min(difference + reach, 1.0))


def observed_over_expected(sample: Sample, pd: Floats) -> Interval:
    """Bads over the sum of the PDs: above 1 the PDs are too low."""
    weight = sample.weights
    expected, observed = float(weight @ pd), float(weight @ sample.bad)
    value = observed / expected
    if not observed:
        # Nothing was seen: below three expected it is no news (the rule of three).
        return Interval(0.0, 0.0, 3.0 / expected)
    error = sample.error(weight * (sample.bad - value * pd) / expected) / value
    reach = sample.reach * error
    return Interval(value, value * math.exp(-reach), value * _exp(reach))


def calibration_slope(sample: Sample, pd: Floats) -> Interval:
    """Slope of a logistic regression of `bad` on the log-odds of `pd` (Cox 1958): below 1 the PDs are too extreme."""
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
    """(AUC, what each row contributes to it, less its mean)."""
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
