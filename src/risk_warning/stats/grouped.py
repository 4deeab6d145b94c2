"""Group aggregates: sum, maximum and minimum of each group's values, independent of the order of the rows.

`group` has shape (rows,) and numbers the groups from 0. Sums are of whole numbers, so the order changes no bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def total(values: NDArray[np.float64], group: NDArray[Any], groups: int) -> NDArray[np.float32]:
    """Return the sum of each group's observed values, shape (groups,); NaN if none was observed."""
    values, group = _observed(values, group)
    sums = np.bincount(group, weights=values, minlength=groups).astype(np.float32)
    np.putmask(sums, np.bincount(group, minlength=groups) == 0, np.nan)
    return sums


def largest(values: NDArray[Any], group: NDArray[Any], groups: int) -> NDArray[np.float32]:
    """Return the largest of each group's observed values, shape (groups,); NaN if none was observed."""
    values, group = _observed(values, group)
    maxima = np.full(groups, -np.inf, np.float32)
    np.maximum.at(maxima, group, values.astype(np.float32))
    np.putmask(maxima, np.isneginf(maxima), np.nan)
    return maxima


def lower(result: NDArray[np.int64], values: NDArray[np.int32], group: NDArray[np.int32]) -> None:
    """Lower `found[g]`, in place, to the least value of group g. Fast if groups are contiguous."""
    if len(group):
        starts = np.append(True, group[1:] != group[:-1]).nonzero()[0]
        np.minimum.at(result, group[starts], np.minimum.reduceat(values, starts))


def _observed(values: NDArray[Any], group: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    seen = ~np.isnan(values)
    return (values, group) if seen.all() else (values[seen], group[seen])
