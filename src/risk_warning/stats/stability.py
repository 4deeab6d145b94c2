"""Stability: the population stability index (PSI) of one sample against another.

PSI = Σ (actual − expected) · ln(actual / expected) over bins, shares of all rows each (Siddiqi 2006, "Credit Risk
Scorecards", ch. 9). Below 0.1 little moved, 0.1 to 0.25 something did, above 0.25 much did.

Bins are fixed by the reference: ten of as nearly equal count as its values allow (fewer where many are alike), the
outer ones open-ended, and one more for "not observed".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10
SOME_MOVED, MUCH_MOVED = 0.1, 0.25
_EMPTY = 0.5
"""Rows an empty bin counts as: a logarithm needs some, and half a row is less than can be seen."""


def bin_edges(reference: NDArray[np.floating]) -> Floats:
    """Inner borders of the reference's bins, rising, at most `BINS` − 1; a bin holds its lower border.

    >>> bin_edges(np.arange(100.0)).tolist()
    [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
    >>> bin_edges(np.array([0.0] * 9 + [1.0])).tolist()
    [1.0]
    """
    seen = np.sort(reference[~np.isnan(reference)]).astype(np.float64)
    if not len(seen):
        return np.zeros(0)
    # Borders are values that occur, so that no arithmetic between two of them moves a row to another bin.
    edges = seen[np.arange(1, BINS) * len(seen) // BINS]
    if edges[-1] == seen[0] < seen[-1]:
        # More than nine in ten are alike; the others are told apart all the same.
        edges = seen[seen > seen[0]][:1]
    return np.unique(edges[edges > seen[0]])


def bin_counts(values: NDArray[np.floating], edges: Floats) -> NDArray[np.int64]:
    """Rows in each bin, shape (edges + 2,), the last for NaN."""
    empty = np.isnan(values)
    inside = np.searchsorted(edges, values[~empty].astype(np.float64), side="right")
    return np.append(np.bincount(inside, minlength=len(edges) + 1), int(empty.sum()))


def psi_of_counts(expected: NDArray[np.int64], actual: NDArray[np.int64]) -> float:
    """PSI of rows counted in the same bins; bins empty on both sides add nothing."""
    some = (expected > 0) | (actual > 0)
    expected_share = np.maximum(expected[some], _EMPTY) / expected.sum()
    actual_share = np.maximum(actual[some], _EMPTY) / actual.sum()
    return float(np.sum((actual_share - expected_share) * np.log(actual_share / expected_share)))


def psi(reference: NDArray[np.floating], values: NDArray[np.floating]) -> float:
    """PSI of `values` against the bins of `reference`; of any lengths, NaN meaning "not observed".

    Raises
    ------
    ValueError
        One of them has no row.
    """
    if not len(reference) or not len(values):
        raise ValueError("a PSI needs rows on both sides")
    edges = bin_edges(reference)
    return psi_of_counts(bin_counts(reference, edges), bin_counts(values, edges))
