"""Ordered target codes: a category becomes its smoothed bad rate.

One kind of split is then enough for traversal, explanation and monotone checks. A value not seen in training gets the
code of "other"; an empty value stays empty (NaN).

Training rows are encoded with codes fitted on other borrowers (cross-fitting, as in scikit-learn's `TargetEncoder`, but
by folds of borrowers): a code fitted on a row's own outcome would leak it, the more so the rarer the value. Smoothing
counts borrowers, not rows: ten dates of one borrower add little to one date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.core.splits import borrower_fold

SMOOTHING_BORROWERS = 50.0
"""With this many borrowers, the code of a value is half its own bad rate and half the population's."""
CROSS_FOLDS = 5
Categories = Mapping[str, Sequence[str]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TargetCodes:
    """The code of each value of one category."""

    codes: Mapping[str, float]
    other: float

    @classmethod
    def fit(
        cls,
        values: NDArray[np.float32],
        bad: NDArray[np.bool_],
        borrower_id: NDArray[Any],
        names: Sequence[str],
        weight: Floats | None = None,
    ) -> TargetCodes:
        """Fit smoothed bad rates; `values` are positions in `names`, NaN if empty; without weights all rows count 1."""
        nobody = np.zeros(len(bad), np.int64)
        counted = _Counted.of(values, bad, borrower_id, nobody, len(names), weight)
        codes, rate = counted.codes(counted.rows[0], counted.bads[0], counted.borrowers[0])
        seen = counted.rows[0] > 0
        return cls({name: float(codes[i]) for i, name in enumerate(names) if seen[i]}, float(np.float32(rate)))

    def apply(self, values: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
        """Return the codes of `values`, which are positions in this book's `names`."""
        table = np.array([self.codes.get(name, self.other) for name in names] or [self.other], np.float32)
        empty = np.isnan(values)
        return np.where(empty, np.float32(np.nan), table[np.where(empty, 0, values).astype(np.int64)])


@dataclass(frozen=True)
class _Counted:
    """Counts of rows, bads and borrowers of each value in each fold; shape (folds, values)."""

    rows: Floats
    bads: Floats
    borrowers: Floats
    all_rows: Floats
    """Of each fold, including empty values; shape (folds,)."""
    all_bads: Floats

    @classmethod
    def of(
        cls,
        values: NDArray[np.float32],
        bad: NDArray[np.bool_],
        borrower_id: NDArray[Any],
        fold: NDArray[np.integer],
        size: int,
        weight: Floats | None,
    ) -> _Counted:
        own = np.ones(len(bad)) if weight is None else weight
        folds = int(fold.max(initial=0)) + 1
        seen = np.flatnonzero(~np.isnan(values))
        cell = fold[seen].astype(np.int64) * size + values[seen].astype(np.int64)
        _, borrower = np.unique(borrower_id, return_inverse=True)
        pairs = np.unique(borrower[seen].astype(np.int64) * size + values[seen].astype(np.int64), return_index=True)[1]

        def total(weights: Floats | None, at: NDArray[np.int64]) -> Floats:
            sums = np.bincount(at, weights, minlength=folds * size)[: folds * size]
            return sums.reshape(folds, size).astype(np.float64)

        return cls(
            rows=total(own[seen], cell),
            bads=total(own[seen] * bad[seen], cell),
            borrowers=total(None, cell[pairs]),
            all_rows=np.bincount(fold, own, minlength=folds).astype(np.float64),
            all_bads=np.bincount(fold, own * bad, minlength=folds).astype(np.float64),
        )

    def codes(self, rows: Floats, bads: Floats, borrowers: Floats, outside: int | None = None) -> tuple[Floats, float]:
        """Return (code of each value, overall bad rate), from all folds or all but the fold `outside`."""
        all_rows, all_bads = float(self.all_rows.sum()), float(self.all_bads.sum())
        if outside is not None:
            all_rows, all_bads = all_rows - float(self.all_rows[outside]), all_bads - float(self.all_bads[outside])
        rate = all_bads / all_rows if all_rows else 0.0
        own = np.divide(bads, rows, out=np.full(len(rows), rate), where=rows > 0)
        share = borrowers / (borrowers + SMOOTHING_BORROWERS)
        return (share * own + (1 - share) * rate).astype(np.float32).astype(np.float64), rate


def fit_codes(
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    borrower_id: NDArray[Any],
    weight: Floats | None,
    features: Sequence[Feature],
    categories: Categories,
) -> dict[str, TargetCodes]:
    """Fit target codes of the category features on all rows, to encode rows of other borrowers."""
    return {
        feature.name: TargetCodes.fit(x[:, column], bad, borrower_id, categories.get(feature.needs[0], ()), weight)
        for column, feature in enumerate(features)
        if feature.is_category
    }


def encode(
    x: NDArray[np.float32], features: Sequence[Feature], codes: Mapping[str, TargetCodes], categories: Categories
) -> NDArray[np.float32]:
    """Return `x` with category features as target codes; `x` itself if there are none."""
    if not codes:
        return x
    encoded = x.copy()
    for column, feature in enumerate(features):
        if feature.is_category:
            encoded[:, column] = codes[feature.name].apply(x[:, column], categories.get(feature.needs[0], ()))
    return encoded


def cross_encode(
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    borrower_id: NDArray[Any],
    weight: Floats | None,
    features: Sequence[Feature],
    categories: Categories,
) -> NDArray[np.float32]:
    """Return `x` for training: category features as target codes fitted without the row's own borrower."""
    if not any(feature.is_category for feature in features):
        return x
    fold = borrower_fold(borrower_id, CROSS_FOLDS, seed=5)
    encoded = x.copy()
    for column, feature in enumerate(features):
        if not feature.is_category:
            continue
        values, size = x[:, column], max(1, len(categories.get(feature.needs[0], ())))
        counted = _Counted.of(values, bad, borrower_id, fold, size, weight)
        for k in range(len(counted.rows)):
            rows, bads, borrowers = (
                part.sum(axis=0) - part[k] for part in (counted.rows, counted.bads, counted.borrowers)
            )
            codes, _ = counted.codes(rows, bads, borrowers, outside=k)
            here = np.flatnonzero((fold == k) & ~np.isnan(values))
            encoded[here, column] = codes[values[here].astype(np.int64)].astype(np.float32)
    return encoded
