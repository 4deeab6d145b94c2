"""Grouped: the sum, the largest and the least of each group's values, whatever the order of the rows.

`group` has shape (rows,) and numbers the groups from 0; sums are of whole numbers, so that no order changes a bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def total(values: NDArray[np.float64], group: NDArray[Any], groups: int) -> NDArray[np.float32]:
    """Sum of each group's observed values, shape (groups,); NaN where none was observed."""
    values, group = _observed(values, group)
    found = np.bincount(group, weights=values, minlength=groups).astype(np.float32)
    np.putmask(found, np.bincount(group, minlength=groups) == 0, np.nan)
    return found


def largest(values: NDArray[Any], group: NDArray[Any], groups: int) -> NDArray[np.float32]:
    """Largest of each group's observed values, shape (groups,); NaN where none was observed."""
    values, group = _observed(values, group)
    found = np.full(groups, -np.inf, np.float32)
    np.maximum.at(found, group, values.astype(np.float32))
    np.putmask(found, np.isneginf(found), np.nan)
    return found


def lower(found: NDArray[np.int64], values: NDArray[np.int32], group: NDArray[np.int32]) -> None:
    """Nothing comes back; lowers `found[g]` to the least value of group g. Quick where groups are contiguous."""
    if len(group):
        starts = np.append(True, group[1:] != group[:-1]).nonzero()[0]
        np.minimum.at(found, group[starts], np.minimum.reduceat(values, starts))


def _observed(values: NDArray[Any], group: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    seen = ~np.isnan(values)
    return (values, group) if seen.all() else (values[seen], group[seen])
