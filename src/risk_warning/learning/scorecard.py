"""The scorecard: a plain logistic regression on binned characteristics, which trees have to beat to be worth using.

It follows Siddiqi (2006, "Credit Risk Scorecards", ch. 6 and 7). Each characteristic has at most ten bins and one for
empty values, and each bin has its weight of evidence. Characteristics with an information value of 0.02 or more are
chosen, the strongest first, unless they are strongly correlated with one chosen before. A logistic regression is fitted
to the chosen ones. Bins of a characteristic with a direction are pooled until they keep it. A characteristic whose
coefficient contradicts its own evidence is left out.

The scorecard is written as a booster with one tree per characteristic and one leaf per bin, so the same code scores,
explains, checks and serves scorecards and trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.stats.stability import bin_edges

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MIN_INFORMATION_VALUE = 0.02
"""Characteristics with a lower value are called unpredictive."""
MOST_CHARACTERISTICS = 30
MAX_CORRELATION = 0.8
_SMOOTHING_ROWS = 0.5
_CORRELATED_ROWS = 20_000
_INFINITE = 1.7976931348623157e308
_NEAR_ZERO = -1.0000000180025095e-35
"""LightGBM reads values nearer to 0 than this as 0."""
_EMPTY_GOES_RIGHT, _EMPTY_IS_NAN = 0, 8
"""Bits of LightGBM's decision type: where empty values go, and that NaN is the empty value."""


@dataclass(frozen=True)
class Binned:
    """A characteristic: its bins and their weights of evidence."""

    column: int
    edges: Floats
    weight_of_evidence: Floats
    """One per bin, the last for empty values."""
    rows: NDArray[np.int64]
    """Number of rows in each bin."""
    information_value: float

    def of(self, x: NDArray[np.float32]) -> Floats:
        """Return the weight of evidence of each row of the encoded `x`, shape (n,)."""
        return self.weight_of_evidence[_bins(x[:, self.column], self.edges)]


@dataclass(frozen=True)
class Points:
    """A fitted scorecard: log-odds of bad are the intercept plus coefficient × weight of evidence of each."""

    characteristics: tuple[Binned, ...]
    coefficients: Floats
    intercept: float

    def log_odds(self, x: NDArray[np.float32]) -> Floats:
        """Return log-odds of bad of encoded rows, shape (n, features) → (n,)."""
        total = np.full(len(x), self.intercept)
        for binned, coefficient in zip(self.characteristics, self.coefficients.tolist(), strict=True):
            total += coefficient * binned.of(x)
        return total


def scorecard_booster(
    x: NDArray[np.float32], bad: Flags, weight: Floats | None, features: Sequence[Feature]
) -> lightgbm.Booster:
    """Fit the scorecard to encoded rows with both goods and bads, shape (n, features), and return it as a booster."""
    return as_booster(fit_points(x, bad, weight, features), features)


def fit_points(x: NDArray[np.float32], bad: Flags, weight: Floats | None, features: Sequence[Feature]) -> Points:
    """Fit the scorecard to encoded rows."""
    from sklearn.linear_model import LogisticRegression

    own = np.ones(len(bad)) if weight is None else weight
    characteristics = [_binned(x, bad, own, column, feature.monotone) for column, feature in enumerate(features)]
    strong = sorted((b for b in characteristics if b.information_value >= MIN_INFORMATION_VALUE), key=_strength)
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
    while chosen:
        table = np.stack([binned.of(x) for binned in chosen], axis=1)
        fitted = LogisticRegression(max_iter=1_000).fit(table, bad, sample_weight=weight)
        coefficients = fitted.coef_[0].astype(np.float64)
        if (coefficients > 0).all():
            return Points(tuple(chosen), coefficients, float(fitted.intercept_[0]))
        chosen = [binned for binned, coefficient in zip(chosen, coefficients, strict=True) if coefficient > 0]
    rate = float(np.average(bad, weights=own))
    return Points((), np.zeros(0), float(np.log(rate / (1 - rate))))


def as_booster(points: Points, features: Sequence[Feature]) -> lightgbm.Booster:
    """Return the scorecard as a booster, by way of LightGBM's text format.

    It has one tree per characteristic; the intercept is in the leaves of the first tree.
    """
    trees = []
    intercept = points.intercept
    for binned, coefficient in zip(points.characteristics, points.coefficients.tolist(), strict=True):
        trees.append(_tree(binned, coefficient * binned.weight_of_evidence + intercept))
        intercept = 0.0
    trees = trees or [_leaf_alone(intercept)]
    names = " ".join(feature.name for feature in features)
    head = [
        *("tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0"),
        *(f"max_feature_idx={len(features) - 1}", "objective=binary sigmoid:1", f"feature_names={names}"),
        f"feature_infos={' '.join(['none'] * len(features))}",
    ]
    body = [f"Tree={number}\n{tree}\n" for number, tree in enumerate(trees)]
    tail = "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"
    text = "\n".join(head) + "\n\n" + "\n".join(body) + "\n" + tail
    # Read and write it once more, so that the saved text is LightGBM's own.
    return lightgbm.Booster(model_str=lightgbm.Booster(model_str=text).model_to_string())


def _leaf_alone(value: float) -> str:
    return _fields(num_leaves=1, num_cat=0, leaf_value=[value], is_linear=0, shrinkage=1)


def _tree(binned: Binned, values: Floats) -> str:
    """Return a characteristic as a tree: the root splits off empty values, then a binary search finds the bin."""
    splits: list[tuple[float, list[int]]] = []
    counts: list[int] = []

    def grow(low: int, high: int) -> int:
        """Return the number of the split over bins low … high − 1, or −1 − the leaf's number for a single bin."""
        if high - low == 1:
            return -1 - low
        middle = (low + high) // 2
        number = len(splits)
        splits.append((_below(float(binned.edges[middle - 1])), [0, 0]))
        counts.append(int(np.maximum(binned.rows[low:high], 1).sum()))
        splits[number][1][:] = [grow(low, middle), grow(middle, high)]
        return number

    last = len(binned.edges) + 1
    splits.append((_INFINITE, [0, 0]))
    counts.append(int(np.maximum(binned.rows, 1).sum()))
    splits[0][1][:] = [grow(0, last), -1 - last]
    n = len(splits)
    return _fields(
        num_leaves=last + 1,
        num_cat=0,
        split_feature=[binned.column] * n,
        split_gain=[1] * n,
        threshold=[threshold for threshold, _ in splits],
        decision_type=[_EMPTY_IS_NAN + _EMPTY_GOES_RIGHT] * n,
        left_child=[children[0] for _, children in splits],
        right_child=[children[1] for _, children in splits],
        leaf_value=values.tolist(),
        leaf_weight=np.maximum(binned.rows, 1).tolist(),
        leaf_count=np.maximum(binned.rows, 1).tolist(),
        internal_value=[0] * n,
        internal_weight=counts,
        internal_count=counts,
        is_linear=0,
        shrinkage=1,
    )


def _fields(**fields: float | Sequence[float]) -> str:
    lines = []
    for name, value in fields.items():
        values = value if isinstance(value, Sequence) else [value]
        lines.append(f"{name}={' '.join(repr(one) for one in values)}")
    return "\n".join(lines) + "\n"


def _below(edge: float) -> float:
    """Return the largest threshold that is still below a value equal to the edge."""
    return _NEAR_ZERO if edge == 0 else float(np.nextafter(np.float32(edge), np.float32(-np.inf)))


def _strength(binned: Binned) -> tuple[float, int]:
    return -binned.information_value, binned.column


def _bins(values: NDArray[np.float32], edges: Floats) -> NDArray[np.int64]:
    inside = np.searchsorted(edges, values.astype(np.float64), side="right")
    return np.where(np.isnan(values), len(edges) + 1, inside).astype(np.int64)


def _binned(x: NDArray[np.float32], bad: Flags, weight: Floats, column: int, direction: int) -> Binned:
    edges = bin_edges(x[:, column])
    at = _bins(x[:, column], edges)
    bads = np.bincount(at, np.where(bad, weight, 0.0), minlength=len(edges) + 2)
    goods = np.bincount(at, np.where(bad, 0.0, weight), minlength=len(edges) + 2)
    share_of_bads = (bads + _SMOOTHING_ROWS) / (bads.sum() + _SMOOTHING_ROWS * len(bads))
    share_of_goods = (goods + _SMOOTHING_ROWS) / (goods.sum() + _SMOOTHING_ROWS * len(goods))
    # An empty bin has no evidence.
    evidence = np.where(bads + goods > 0, np.log(share_of_bads / share_of_goods), 0.0)
    value = float(((share_of_bads - share_of_goods) * evidence).sum())
    binned = Binned(column, edges, evidence, np.bincount(at, minlength=len(edges) + 2), value)
    return binned if direction == 0 else _pooled(binned, bads + goods, direction)


def _pooled(binned: Binned, rows: NDArray[Any], direction: int) -> Binned:
    """Pool the evidence of neighbouring bins until it keeps the direction; the bin of empty values stays apart."""
    from sklearn.isotonic import IsotonicRegression

    inside = binned.weight_of_evidence[:-1]
    position = np.arange(len(inside))
    isotonic = IsotonicRegression(increasing=direction > 0)
    pooled = isotonic.fit(position, inside, sample_weight=np.maximum(rows[:-1], 1e-9)).predict(position)
    return replace(binned, weight_of_evidence=np.append(pooled, binned.weight_of_evidence[-1]))
