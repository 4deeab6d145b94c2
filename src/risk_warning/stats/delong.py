"""DeLong's test: two AUCs measured on the same rows, their difference, its interval and p-value.

DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837–845; computed from midranks, in the time of a sort, after
Sun & Xu (2014), IEEE Signal Processing Letters 21, 1389–1393. It takes rows to be independent: one row a borrower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Difference:
    """A measure of two models, A and B, on the same rows, and B's less A's with its 95 % interval."""

    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float | None = None
    """Chance of a difference as large where there is none; None where the method gives none."""

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def delong(bad: NDArray[np.bool_], pd_a: Floats, pd_b: Floats) -> Difference:
    """Difference in AUC of two PDs of the same rows, one row a borrower; all of shape (n,), with bads and goods in it.

    A model against itself gives exactly zero, and p = 1.
    """
    from_bads_a, from_goods_a = _components(bad, pd_a)
    from_bads_b, from_goods_b = _components(bad, pd_b)
    auc_a, auc_b = float(from_bads_a.mean()), float(from_bads_b.mean())
    # The variance of a difference is that of the rows' own differences: exactly zero for a model against itself.
    variance = _mean_variance(from_bads_b - from_bads_a) + _mean_variance(from_goods_b - from_goods_a)
    difference, error = auc_b - auc_a, math.sqrt(variance)
    reach = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * error
    p = math.erfc(abs(difference) / error / math.sqrt(2)) if error else float(difference == 0)
    return Difference(auc_a, auc_b, difference, difference - reach, difference + reach, p)


def midranks(values: Floats) -> Floats:
    """Rank of each value from 1 on, equal values sharing the mean of theirs.

    >>> midranks(np.array([0.3, 0.1, 0.3])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: Floats = (last - (count - 1) / 2)[group]
    return ranks


def _components(bad: NDArray[np.bool_], pd: Floats) -> tuple[Floats, Floats]:
    """(share of goods each bad ranks above, share of bads that rank above each good); ties count a half."""
    bads, goods = pd[bad], pd[~bad]
    together = midranks(np.concatenate((bads, goods)))
    above = (together[: len(bads)] - midranks(bads)) / len(goods)
    below = 1 - (together[len(bads) :] - midranks(goods)) / len(bads)
    return above, below


def _mean_variance(values: Floats) -> float:
    """Variance of the mean of independent values; 0 for a single one."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
