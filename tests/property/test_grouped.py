"""Sums, largest and least of groups are those of plain Python, in any order of rows, with empty values left out."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from risk_warning.stats import grouped

GROUPS = 6
VALUE = st.one_of(st.integers(-9, 9).map(float), st.just(math.nan))


@given(st.lists(st.tuples(st.integers(0, GROUPS - 1), VALUE), max_size=30))
def test_total_and_largest(rows: list[tuple[int, float]]) -> None:
    group, value = np.array([g for g, _ in rows], np.int64), np.array([v for _, v in rows], np.float64)
    own = [[v for g, v in rows if g == k and not math.isnan(v)] for k in range(GROUPS)]
    np.testing.assert_array_equal(grouped.total(value, group, GROUPS), [sum(v) if v else math.nan for v in own])
    np.testing.assert_array_equal(grouped.largest(value, group, GROUPS), [max(v, default=math.nan) for v in own])


@given(st.lists(st.tuples(st.integers(0, GROUPS - 1), st.integers(-9, 9)), max_size=30))
def test_lowered_to_the_least(rows: list[tuple[int, int]]) -> None:
    group, value = np.array(rows, np.int32).reshape(-1, 2).T
    least = np.full(GROUPS, 100, np.int64)
    grouped.lower(least, value, group)
    assert least.tolist() == [min((v for g, v in rows if g == k), default=100) for k in range(GROUPS)]
