"""Which rows a model learns from and which judge it, on any day of the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from risk_warning.core.splits import OutOfTime
from risk_warning.core.target import TargetSpec
from risk_warning.model.sides import MAX_TRAINING_ROWS, Sides

IDS = np.arange(20_000)
TEST = (date(2024, 8, 1), date(2024, 9, 1))
SIDES = Sides(TargetSpec(horizon_months=3), OutOfTime((date(2024, 5, 1),), TEST), 1000)


def test_between_the_two_sides_lies_a_gap_of_one_horizon() -> None:
    days = [date(2024, 4, 25) + timedelta(days=k) for k in range(120)]
    learn, judge = SIDES.learn_on(days), SIDES.judge_on(days)
    assert max(learn) == date(2024, 5, 1)
    assert min(judge) == date(2024, 8, 1)
    assert not SIDES.keep(IDS, date(2024, 5, 2)).any()
    assert not SIDES.keep(IDS, date(2024, 7, 31)).any()


def test_no_borrower_is_on_both_sides() -> None:
    learn, judge = SIDES.keep(IDS, date(2024, 5, 1)), SIDES.keep(IDS, date(2024, 8, 15))
    assert (learn ^ judge).all()
    assert abs(judge.mean() - 0.3) < 0.02


def test_a_large_book_is_thinned_where_it_is_learnt_from_and_nowhere_else() -> None:
    large = Sides(SIDES.target, SIDES.split, 4 * MAX_TRAINING_ROWS)
    all_to_learn, few = SIDES.keep(IDS, date(2024, 5, 1)), large.keep(IDS, date(2024, 5, 1))
    assert abs(few.sum() / all_to_learn.sum() - 0.25) < 0.02
    assert all_to_learn[few].all()
    assert np.array_equal(large.keep(IDS, TEST[0]), SIDES.keep(IDS, TEST[0]))


def test_without_a_split_every_day_and_borrower_is_on_both() -> None:
    both = Sides(SIDES.target, None, 1000)
    assert both.keep(IDS, TEST[0]).all()
    assert both.learn_on(TEST) == both.judge_on(TEST) == TEST
