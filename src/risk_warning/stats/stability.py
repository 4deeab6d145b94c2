"""Stability: the population stability index (PSI) of one sample against another.

PSI = Σ (actual − expected) · ln(actual / expected) over bins, both as shares of all rows (Siddiqi 2006, "Credit Risk
Scorecards", ch. 9). Below 0.1 the shift is small, from 0.1 to 0.25 moderate, above 0.25 large.

The reference defines the bins: ten, with counts as equal as its values allow (fewer if many values are equal), the
outer ones open-ended, and one more for "not observed".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10
SOME_MOVED, MUCH_MOVED = 0.1, 0.25
_EMPTY = 0.5
"""Count used for an empty bin: the logarithm needs one above 0, and half a row is less than can be observed."""


def bin_edges(reference: NDArray[np.floating]) -> Floats:
    """Return the inner edges of the reference's bins, ascending, at most `BINS` − 1; a bin includes its lower edge.

    >>> bin_edges(np.arange(100.0)).tolist()
    [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
    >>> bin_edges(np.array([0.0] * 9 + [1.0])).tolist()
    [1.0]
    """
    seen = np.sort(reference[~np.isnan(reference)]).astype(np.float64)
    if not len(seen):
        return np.zeros(0)
    # Edges are values that occur, so arithmetic between two of them cannot move a row to another bin.
    edges = seen[np.arange(1, BINS) * len(seen) // BINS]
    if edges[-1] == seen[0] < seen[-1]:
        # More than nine in ten values are equal; still separate the others.
        edges = seen[seen > seen[0]][:1]
    return np.unique(edges[edges > seen[0]])


def bin_counts(values: NDArray[np.floating], edges: Floats) -> NDArray[np.int64]:
    """Return the number of rows in each bin, shape (edges + 2,); the last is for NaN."""
    empty = np.isnan(values)
    inside = np.searchsorted(edges, values[~empty].astype(np.float64), side="right")
    return np.append(np.bincount(inside, minlength=len(edges) + 1), int(empty.sum()))


def psi_of_counts(expected: NDArray[np.int64], actual: NDArray[np.int64]) -> float:
    """Return the PSI of two sets of counts in the same bins; bins empty on both sides add nothing."""
    some = (expected > 0) | (actual > 0)
    expected_share = np.maximum(expected[some], _EMPTY) / expected.sum()
    actual_share = np.maximum(actual[some], _EMPTY) / actual.sum()
    return float(np.sum((actual_share - expected_share) * np.log(actual_share / expected_share)))


def psi(reference: NDArray[np.floating], values: NDArray[np.floating]) -> float:
    """Return the PSI of `values` against the bins of `reference`; any lengths, NaN means "not observed".

    Raises
    ------
    ValueError
        If either has no rows.
    """
    if not len(reference) or not len(values):
        raise ValueError("a PSI needs rows on both sides")
    edges = bin_edges(reference)
    return psi_of_counts(bin_counts(reference, edges), bin_counts(values, edges))
