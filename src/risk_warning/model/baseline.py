"""The baseline: a plain logistic scorecard, what a model of trees has to beat to be worth its trouble.

As in Siddiqi (2006, "Credit Risk Scorecards", ch. 6 and 7): every characteristic in at most ten bins and one for empty
values, each bin its weight of evidence; those of an information value of 0.02 or more, the strongest first, none that
says much the same as one before; a logistic regression on what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.scorecard import clipped
from risk_warning.core.stability import bin_edges

Floats = NDArray[np.float64]
MIN_INFORMATION_VALUE = 0.02
"""Less is called unpredictive."""
MOST_CHARACTERISTICS = 30
MAX_CORRELATION = 0.8
_SMOOTHING_ROWS = 0.5
_CORRELATED_ROWS = 20_000


@dataclass(frozen=True)
class Binned:
    """One characteristic: its bins and what each says."""

    column: int
    edges: Floats
    weight_of_evidence: Floats
    """One a bin, the last that of empty values."""
    information_value: float

    def of(self, x: NDArray[np.float32]) -> Floats:
        """Weight of evidence of each row of the encoded `x`, shape (n,)."""
        return self.weight_of_evidence[_bins(x[:, self.column], self.edges)]


@dataclass(frozen=True)
class Baseline:
    """A fitted scorecard."""

    characteristics: tuple[Binned, ...]
    coefficients: Floats
    intercept: float

    def log_odds(self, x: NDArray[np.float32]) -> Floats:
        """Log-odds of bad of encoded rows, shape (n, features) → (n,)."""
        total = np.full(len(x), self.intercept)
        for binned, coefficient in zip(self.characteristics, self.coefficients.tolist(), strict=True):
            total += coefficient * binned.of(x)
        return clipped(total)


def fit_baseline(x: NDArray[np.float32], bad: NDArray[np.bool_], weight: Floats | None) -> Baseline:
    """The scorecard of encoded rows, shape (n, features), which hold goods and bads."""
    from sklearn.linear_model import LogisticRegression

    own = np.ones(len(bad)) if weight is None else weight
    found = [_binned(x, bad, own, column) for column in range(x.shape[1])]
    strong = sorted((b for b in found if b.information_value >= MIN_INFORMATION_VALUE), key=_strength)
    stride = max(1, len(x) // _CORRELATED_ROWS)
    chosen: list[Binned] = []
    sample: list[Floats] = []
    for binned in strong:
        values = binned.of(x[::stride])
        spread = values.std()
        if len(chosen) == MOST_CHARACTERISTICS or spread == 0:
            continue
        values = (values - values.mean()) / spread
        if all(abs(float(values @ other)) / len(values) < MAX_CORRELATION for other in sample):
            chosen.append(binned)
            sample.append(values)
    if not chosen:
        rate = float(np.average(bad, weights=own))
        return Baseline((), np.zeros(0), float(np.log(rate / (1 - rate))))
    table = np.stack([binned.of(x) for binned in chosen], axis=1)
    fitted = LogisticRegression(max_iter=1_000).fit(table, bad, sample_weight=weight)
    return Baseline(tuple(chosen), fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0]))


def _strength(binned: Binned) -> tuple[float, int]:
    return -binned.information_value, binned.column


def _bins(values: NDArray[np.float32], edges: Floats) -> NDArray[np.int64]:
    inside = np.searchsorted(edges, values.astype(np.float64), side="right")
    return np.where(np.isnan(values), len(edges) + 1, inside).astype(np.int64)


def _binned(x: NDArray[np.float32], bad: NDArray[np.bool_], weight: Floats, column: int) -> Binned:
    edges = bin_edges(x[:, column])
    at = _bins(x[:, column], edges)
    bads = np.bincount(at, np.where(bad, weight, 0.0), minlength=len(edges) + 2)
    goods = np.bincount(at, np.where(bad, 0.0, weight), minlength=len(edges) + 2)
    share_of_bads = (bads + _SMOOTHING_ROWS) / (bads.sum() + _SMOOTHING_ROWS * len(bads))
    share_of_goods = (goods + _SMOOTHING_ROWS) / (goods.sum() + _SMOOTHING_ROWS * len(goods))
    # An empty bin says nothing.
    evidence = np.where(bads + goods > 0, np.log(share_of_bads / share_of_goods), 0.0)
    return Binned(column, edges, evidence, float(((share_of_bads - share_of_goods) * evidence).sum()))
