"""Typical values: the usual values of each feature in the training rows, to compare a borrower's values with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature

PERCENTILES = (5, 25, 50, 75, 95)
MOST_FREQUENT = 10
_DIGITS = 6
"""Significant digits kept; more would add no information and enlarge the model's folder."""


def typical(
    x: NDArray[np.float32], features: Sequence[Feature], categories: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    """Return feature → its typical values, ready for JSON: no NaN, null if nothing was observed.

    `x` has shape (n, features); a category feature holds positions in the book's `categories`. A number has
    percentiles `p5` … `p95`, `min` and `max` of the observed values, in the feature's own unit. A category has
    `shares`, the shares of all rows that have each of its ten most frequent values. `missing` is the share of rows
    without a value.
    """
    by_feature: dict[str, dict[str, Any]] = {}
    for column, feature in enumerate(features):
        values = x[:, column]
        seen = values[~np.isnan(values)]
        names = categories.get(feature.needs[0], ())
        by_feature[feature.name] = (_shares(seen, len(values), names) if feature.is_category else _levels(seen)) | {
            "missing": _rounded((len(values) - len(seen)) / len(values))
        }
    return by_feature


def _levels(seen: NDArray[np.float32]) -> dict[str, float | None]:
    keys = (*(f"p{share}" for share in PERCENTILES), "min", "max")
    if not len(seen):
        return dict.fromkeys(keys)
    levels = np.percentile(seen.astype(np.float64), (*PERCENTILES, 0, 100))
    return dict(zip(keys, map(_rounded, levels.tolist()), strict=True))


def _shares(seen: NDArray[np.float32], n: int, names: Sequence[str]) -> dict[str, dict[str, float]]:
    rows = np.bincount(seen.astype(np.int64), minlength=len(names))
    most = np.argsort(-rows, kind="stable")[:MOST_FREQUENT]
    return {"shares": {names[i]: _rounded(rows[i] / n) for i in most if rows[i]}}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
