"""Which rows a model learns from and which rows judge it, on any day of the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import training_rows

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.splits import OutOfTime
from risk_warning.learning.sides import MAX_TRAINING_ROWS, Sides
from risk_warning.learning.training_set import TrainingSet

IDS = np.arange(20_000)
TEST = (date(2024, 8, 1), date(2024, 9, 1))
LEARN = (date(2024, 5, 1), date(2024, 7, 14), date(2024, 8, 15))
SIDES = Sides(TargetSpec(horizon_months=3), OutOfTime((date(2024, 5, 1),), TEST), LEARN, 1000)


def rows(days: tuple[date, ...]) -> TrainingSet:
    """Return one row for every borrower on each of the days."""
    index = np.repeat(np.arange(len(days)), len(IDS)).astype(np.int16)
    return replace(training_rows.rows(len(index)), borrower_id=np.tile(IDS, len(days)), date_index=index, dates=days)


def test_between_what_the_twin_learns_from_and_what_judges_it_lies_a_gap_of_one_horizon() -> None:
    days = tuple(date(2024, 4, 25) + timedelta(days=k) for k in range(130))
    assert max(SIDES.learn_on(days)) == date(2024, 5, 1)
    assert SIDES.dates == (*LEARN[:2], TEST[0], LEARN[2], TEST[1])


def test_no_borrower_judges_the_twin_that_learnt_from_it_and_the_model_in_service_learns_from_all() -> None:
    there = rows(SIDES.dates)
    learnt, judging = SIDES.learnt_by_twin(there), SIDES.judging(there)
    assert not set(there.borrower_id[learnt]) & set(there.borrower_id[judging])
    assert abs(judging.sum() / (2 * len(IDS)) - 0.3) < 0.02
    assert set(np.unique(there.date_index[judging])) == {2, 4} and set(np.unique(there.date_index[learnt])) == {0}
    in_service = SIDES.learnt(there)
    assert in_service.sum() == 3 * len(IDS) and set(np.unique(there.date_index[in_service])) == {0, 1, 3}


def test_a_large_book_is_thinned_where_it_is_learnt_from_and_nowhere_else() -> None:
    large = Sides(SIDES.target, SIDES.split, LEARN, 4 * MAX_TRAINING_ROWS)
    all_to_learn, few = SIDES.keep(IDS, date(2024, 5, 1)), large.keep(IDS, date(2024, 5, 1))
    assert abs(few.sum() / all_to_learn.sum() - 0.25) < 0.02
    assert all_to_learn[few].all()
    assert np.array_equal(large.keep(IDS, TEST[0]), SIDES.keep(IDS, TEST[0]))


def test_months_that_only_the_twin_learns_from_are_too_old_for_the_model_in_service() -> None:
    recent = replace(SIDES, in_service_from=date(2024, 7, 1))
    there = rows(SIDES.dates)
    assert set(np.unique(there.date_index[recent.learnt(there)])) == {1, 3}
    assert np.array_equal(recent.learnt_by_twin(there), SIDES.learnt_by_twin(there))


def test_without_a_split_every_day_and_borrower_is_on_all() -> None:
    every = Sides(SIDES.target, None, TEST, 1000)
    assert every.keep(IDS, TEST[0]).all() and every.learn_on(TEST) == TEST
    there = rows(TEST)
    assert every.learnt(there).all() and every.learnt_by_twin(there).all() and every.judging(there).all()
