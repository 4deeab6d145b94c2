"""Putting rows in order, quickly or not, gives the order of a plain sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from risk_warning.core.order import order_by

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=30)


@given(ROWS, st.booleans())
def test_the_order_is_that_of_a_full_sort(rows: list[tuple[int, int, int]], is_sorted: bool) -> None:
    key, first, second = np.array(sorted(rows) if is_sorted else rows, np.int64).reshape(-1, 3).T
    order = order_by(key, first, second)
    chosen = np.arange(len(key)) if order is None else order
    plain = np.lexsort((second, first, key))
    for column in (key, first, second):
        assert np.array_equal(column[chosen], column[plain])
    assert sorted(chosen.tolist()) == list(range(len(key)))
    assert not is_sorted or order is None
