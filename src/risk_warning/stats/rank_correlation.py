"""Rank correlation of the expected and the observed order, with an interval for dependent rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas
from numpy.typing import NDArray

from risk_warning.stats.delong import CONFIDENCE

Floats = NDArray[np.float64]
MIN_ROWS = 30


@dataclass(frozen=True, kw_only=True)
class RankCorrelation:
    """Spearman's rank correlation of `n` rows, with its 95 % interval."""

    n: int
    correlation: float
    low: float
    high: float


def rank_correlation(
    expected: Floats, observed: Floats, borrower: NDArray[np.integer], *, draws: int = 2_000, seed: int = 0
) -> RankCorrelation | None:
    """Return Spearman's rank correlation with its 95 % interval.

    The result is None below `MIN_ROWS`. All arrays have shape (n,); ties share their mean rank. The interval is a
    percentile bootstrap over borrowers, all rows of one together (Field & Welsh 2007, JRSS B 69, 369–390); ranks are
    those in the whole sample.
    """
    if len(expected) < MIN_ROWS or expected.min() == expected.max() or observed.min() == observed.max():
        return None
    ranks = pandas.DataFrame({"x": expected, "y": observed}).rank().to_numpy()
    x, y = (ranks - ranks.mean(axis=0)).T
    _, cluster = np.unique(borrower, return_inverse=True)
    n = int(cluster.max()) + 1
    # Sums are kept per borrower, since a draw weighs borrowers.
    parts = (np.ones(len(x)), x, y, x * x, y * y, x * y)
    sums = np.stack([np.bincount(cluster, part, minlength=n) for part in parts])
    random = np.random.default_rng(seed)
    weights = (np.bincount(random.integers(0, n, n), minlength=n).astype(np.float64) for _ in range(draws))
    drawn = [_correlation(sums @ weight) for weight in weights]
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return RankCorrelation(n=len(x), correlation=_correlation(sums.sum(axis=1)), low=float(low), high=float(high))


def _correlation(sums: Floats) -> float:
    n, x, y, xx, yy, xy = (float(part) for part in sums)
    return (n * xy - x * y) / float(np.sqrt((n * xx - x * x) * (n * yy - y * y)))
