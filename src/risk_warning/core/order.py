"""Order: sort rows by a key, fast if they are mostly sorted already."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.rows import Table


def order_by(key: NDArray[np.int64], *ties: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the permutation that sorts by `key`, then by `ties`, most significant first; None if already sorted.

    All arrays have shape (rows,) and contain no NaN.
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
    tied = (np.append(same, False) | np.append(False, same)).nonzero()[0]
    order[tied] = order[tied][np.lexsort((*(tie[tied] for tie in reversed(ties)), key[tied]))]
    return order


def in_order(table: Table, key: NDArray[np.int64], *ties: NDArray[Any]) -> Table:
    """Return the table's columns in the order of `order_by`; the table itself if it is already sorted."""
    order = order_by(key, *ties)
    return table if order is None else {name: column[order] for name, column in table.items()}


def _ties_in_order(key: NDArray[np.int64], ties: tuple[NDArray[Any], ...]) -> bool:
    """Whether neighbours with equal `key` are sorted by `ties`."""
    first = (key[1:] == key[:-1]).nonzero()[0]
    for tie in ties:
        above, below = tie[first], tie[first + 1]
        if bool(np.any(above > below)):
            return False
        first = first[above == below]
    return True
