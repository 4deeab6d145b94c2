"""Ordered target codes: a category becomes its smoothed bad rate.

One kind of split is then enough for traversal, explanation and monotone checks. Fitted on training rows alone,
inside each fold; a value not seen there takes the code of "other", an empty one stays empty (NaN).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMOOTHING_ROWS = 50.0
"""A value seen in so few rows counts half as itself and half as the population."""


@dataclass(frozen=True)
class TargetCodes:
    """Code of each value of one category."""

    codes: Mapping[str, float]
    other: float

    @classmethod
    def fit(
        cls,
        values: NDArray[np.float32],
        bad: NDArray[np.bool_],
        names: Sequence[str],
        weight: NDArray[np.float64] | None = None,
    ) -> TargetCodes:
        """Smoothed bad rates; `values` are positions in `names`, NaN where empty; without weights all rows count 1."""
        seen = ~np.isnan(values)
        position = values[seen].astype(np.int64)
        own = np.ones(len(bad)) if weight is None else weight
        rows = np.bincount(position, weights=own[seen], minlength=len(names))
        bads = np.bincount(position, weights=own[seen] * bad[seen], minlength=len(names))
        rate = float(np.average(bad, weights=own)) if len(bad) else 0.0
        smoothed = (bads + SMOOTHING_ROWS * rate) / (rows + SMOOTHING_ROWS)
        codes = {name: float(np.float32(smoothed[i])) for i, name in enumerate(names) if rows[i] > 0}
        return cls(codes, float(np.float32(rate)))

    def apply(self, values: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
        """Codes of `values`, positions in this book's `names`."""
        table = np.array([self.codes.get(name, self.other) for name in names] or [self.other], np.float32)
        empty = np.isnan(values)
        return np.where(empty, np.float32(np.nan), table[np.where(empty, 0, values).astype(np.int64)])
