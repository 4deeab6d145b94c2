"""Splits share no borrower and respect the gap."""

from __future__ import annotations

from datetime import date
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from risk_warning.core.calendar import add_months, monthly
from risk_warning.core.splits import borrower_fold, out_of_time, spread_over_month


@given(st.integers(2, 60), st.integers(1, 12), st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 99))
def test_no_training_outcome_reaches_into_the_test(months: int, horizon: int, first: date, seed: int) -> None:
    first = first.replace(day=1)
    dates = monthly(first, add_months(first, months - 1))
    split = out_of_time(dates, horizon)
    if split is None:
        assert months <= horizon + max(1, round(months / 4))
        return
    drawn = spread_over_month(split.train, split.test[0], horizon, seed=seed)
    for day in (*split.train, *drawn):
        assert add_months(day, horizon) <= split.test[0]
    assert not set(split.test) & set(split.train)


@given(st.lists(st.text(max_size=8), min_size=1, unique=True), st.integers(2, 10), st.randoms(use_true_random=False))
def test_a_borrowers_fold_follows_from_the_id_alone(ids: list[str], folds: int, random: Random) -> None:
    shuffled = list(ids)
    random.shuffle(shuffled)
    first = dict(zip(ids, borrower_fold(np.array(ids, object), folds), strict=True))
    second = dict(zip(shuffled, borrower_fold(np.array(shuffled, object), folds), strict=True))
    assert first == second


def test_folds_are_about_equal_and_seeds_are_independent() -> None:
    ids = np.arange(20_000)
    one, two = borrower_fold(ids, 5, seed=1), borrower_fold(ids, 5, seed=2)
    assert (np.abs(np.bincount(one) - 4000) < 300).all()
    assert abs((one == two).mean() - 0.2) < 0.02
