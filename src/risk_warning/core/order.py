"""Order: putting rows in order of a key, quickly where they mostly stand so already."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def order_by(key: NDArray[np.int64], *ties: NDArray[Any]) -> NDArray[np.int64] | None:
    """The permutation that sorts by `key`, then by `ties`, the first weighing most; None where it would change nothing.

    All arrays have shape (rows,) and hold no NaN.
    """
    if bool(np.all(key[1:] >= key[:-1])):
        if _ties_in_order(key, ties):
            return None
        order = np.arange(len(key))
    else:
        order = np.argsort(key, kind="stable")
        key, ties = key[order], tuple(tie[order] for tie in ties)
        if _ties_in_order(key, ties):
            return order
    same = key[1:] == key[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    order[tied] = order[tied][np.lexsort((*(tie[tied] for tie in reversed(ties)), key[tied]))]
    return order


def _ties_in_order(key: NDArray[np.int64], ties: tuple[NDArray[Any], ...]) -> bool:
    """Whether neighbours of equal `key` stand in order of `ties`."""
    first = np.flatnonzero(key[1:] == key[:-1])
    for tie in ties:
        above, below = tie[first], tie[first + 1]
        if bool(np.any(above > below)):
            return False
        first = first[above == below]
    return True


def least(values: NDArray[np.int32], group: NDArray[np.int32], found: NDArray[np.int64]) -> None:
    """Nothing comes back; lowers `found[g]` to the least value of group g. Quick where groups are contiguous."""
    if len(group):
        starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
        np.minimum.at(found, group[starts], np.minimum.reduceat(values, starts))
