"""Typical values: the usual values of each feature in the training rows, to compare a borrower's values with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature

PERCENTILES = (5, 25, 50, 75, 95)
MOST_FREQUENT = 10
_DIGITS = 6
"""Significant digits kept; more would add no information and enlarge the model's folder."""


@dataclass(frozen=True, kw_only=True)
class TypicalNumber:
    """Percentiles and range of the observed values, in the feature's own unit; None if nothing was observed."""

    p5: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None
    min: float | None
    max: float | None
    missing: float
    """Share of rows without a value."""


@dataclass(frozen=True, kw_only=True)
class TypicalCategory:
    """The most frequent values of a category."""

    shares: Mapping[str, float]
    """Value → share of all rows that have it, the most frequent first; at most ten values."""
    missing: float
    """Share of rows without a value."""


Typical = TypicalNumber | TypicalCategory


def typical(
    x: NDArray[np.float32], features: Sequence[Feature], categories: Mapping[str, Sequence[str]]
) -> dict[str, Typical]:
    """Return feature → its typical values.

    `x` has shape (n, features); a category feature holds positions in the book's `categories`.
    """
    by_feature: dict[str, Typical] = {}
    for column, feature in enumerate(features):
        values = x[:, column]
        seen = values[~np.isnan(values)]
        missing = _rounded((len(values) - len(seen)) / len(values))
        if feature.is_category:
            shares = _shares(seen, len(values), categories.get(feature.needs[0], ()))
            by_feature[feature.name] = TypicalCategory(shares=shares, missing=missing)
        else:
            by_feature[feature.name] = TypicalNumber(**_levels(seen), missing=missing)
    return by_feature


def _levels(seen: NDArray[np.float32]) -> dict[str, float | None]:
    keys = (*(f"p{share}" for share in PERCENTILES), "min", "max")
    if not len(seen):
        return dict.fromkeys(keys)
    levels = np.percentile(seen.astype(np.float64), (*PERCENTILES, 0, 100))
    return dict(zip(keys, map(_rounded, levels.tolist()), strict=True))


def _shares(seen: NDArray[np.float32], n: int, names: Sequence[str]) -> dict[str, float]:
    rows = np.bincount(seen.astype(np.int64), minlength=len(names))
    most = np.argsort(-rows, kind="stable")[:MOST_FREQUENT]
    return {names[i]: _rounded(rows[i] / n) for i in most if rows[i]}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
