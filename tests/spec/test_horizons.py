"""Several windows from one log-odds: PDs that never fall with a longer window, and the expected time until overdue."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.horizons import Horizons, Link, expected_months_to_overdue
from risk_warning.core.outcomes.contacts import Contacts
from risk_warning.core.scorecard import clipped, probability
from risk_warning.learning.horizons import bad_within, fit_horizons, judge_horizons, known_within
from risk_warning.learning.training_set import TrainingSet
from risk_warning.stats.rank_correlation import rank_correlation

NUMBERS = st.floats(-20, 20)
LINKS = st.builds(Link, NUMBERS, NUMBERS)
DATES = (date(2024, 1, 31), date(2024, 6, 1))
END = date(2024, 9, 1)


def rows(bad_on: list[date | None], on: list[int]) -> TrainingSet:
    n = len(on)
    days = np.array([NEVER if day is None else to_day(day) for day in bad_on], np.int32)
    none, no = np.zeros(n, np.float32), np.zeros(n, np.bool_)
    borrowers, periods = np.arange(n), np.zeros(n, np.int32)
    nobody = Contacts.none(len(borrowers))
    return TrainingSet(
        *((), none[:, None], no, days, np.full(n, NEVER, np.int32), borrowers, np.array(on, np.int16), DATES),
        *(none, periods, no, nobody),
        left_out={},
    )


@given(
    st.lists(LINKS, min_size=4, max_size=4),
    st.sampled_from([2, 3, 4, 6, 12]),
    st.lists(NUMBERS, min_size=1, max_size=30),
)
def test_pds_never_cross_whatever_was_learnt(links: list[Link], action: int, log_odds: list[float]) -> None:
    months = (2, 3, 4, 6, 12)
    others = iter(links)
    horizons = Horizons(months, action, tuple(None if m == action else next(others) for m in months))
    odds = clipped(np.array(log_odds))
    pds = horizons.pd(odds, probability(odds))
    assert (np.diff(pds, axis=1) >= 0).all()
    assert ((pds >= 0) & (pds <= 1)).all()
    assert np.array_equal(pds[:, months.index(action)], probability(odds))
    expected = expected_months_to_overdue(months, pds)
    assert ((expected >= 0) & (expected <= 12)).all()
    alone = horizons.pd(odds[:1], probability(odds[:1]))
    assert np.array_equal(alone, pds[:1])


def test_pds_of_neighbours_hang_together_as_conditional_probabilities() -> None:
    horizons = Horizons((2, 3, 6), 3, (Link(0.0, 0.0), None, Link(0.0, np.log(0.25 / 0.75))))
    pds = horizons.pd(np.array([np.log(0.2 / 0.8)]), np.array([0.2]))
    # Half of the bads within 3 months are bad within 2; a quarter of those good for 3 months turn bad within 6.
    assert pds[0] == pytest.approx([0.1, 0.2, 0.2 + 0.8 * 0.25])


def test_the_expected_time_is_the_area_below_the_share_still_good() -> None:
    pd = np.array([[0.1, 0.2, 0.4], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    by_hand = 2 * (1 + 0.9) / 2 + 1 * (0.9 + 0.8) / 2 + 3 * (0.8 + 0.6) / 2
    assert expected_months_to_overdue((2, 3, 6), pd).tolist() == pytest.approx([by_hand, 6.0, 1.0])
    assert np.isnan(expected_months_to_overdue((3,), np.array([[np.nan]]))).all()


def test_a_row_counts_for_the_windows_that_have_ended() -> None:
    sample = rows([None, None], [0, 1])
    assert [known_within(sample, months, END).tolist() for months in (3, 6, 8)] == [
        [True, True],
        [True, False],
        [False, False],
    ]


def test_a_window_begins_with_the_as_of_date_and_ends_a_day_before_its_months_are_over() -> None:
    sample = rows([date(2024, 2, 29), date(2024, 2, 28), None], [0, 0, 0])
    assert bad_within(sample, 1).tolist() == [False, True, False]


def test_a_window_with_too_few_cases_is_left_out_and_said_so() -> None:
    # No window of 6 months has ended by `END`.
    some = rows([date(2024, 7, 15) if k % 2 else date(2024, 8, 20) for k in range(200)], [1] * 200)
    horizons, left_out = fit_horizons(some, np.linspace(-3, 3, 200), (2, 3, 6), 3, END)
    assert horizons.months == (2, 3)
    assert list(left_out) == [6] and "of 0 rows" in left_out[6]


def test_windows_are_learnt_and_hold_where_they_were_learnt() -> None:
    random = np.random.default_rng(4)
    odds = random.normal(-1, 1.5, 40_000)
    start = to_day(DATES[0])
    # A third of the bads, more among the riskier, turn bad in the first 60 days; a tenth of the others after 91 days.
    bad = random.random(40_000) < probability(odds)
    early = random.random(40_000) < probability(0.5 * odds - 0.5)
    late = random.random(40_000) < 0.1
    days = np.where(bad, np.where(early, 10, 70), np.where(late, 120, NEVER - start))
    sample = rows([None] * 40_000, [0] * 40_000)
    sample.bad_on[:] = (start + days).astype(np.int32)
    horizons, left_out = fit_horizons(sample, odds, (2, 3, 6), 3, END)
    assert not left_out and horizons.months == (2, 3, 6)
    evaluation = judge_horizons(horizons, sample, odds, probability(odds), END)
    for measures in evaluation.windows.values():
        assert measures.calibration_slope == pytest.approx(1, abs=0.06)
        assert measures.observed_over_expected == pytest.approx(1, abs=0.04)
    assert evaluation.order.low < evaluation.order.correlation < evaluation.order.high
    assert evaluation.order.correlation > 0.1


def test_a_rank_correlation_is_that_of_the_ranks() -> None:
    random = np.random.default_rng(1)
    x = random.integers(0, 20, 500).astype(float)
    y = x + random.normal(0, 10, 500)
    ranks = [np.array([(v > a).sum() + ((v == a).sum() + 1) / 2 for a in v]) for v in (x, y)]
    result = rank_correlation(x, y, np.arange(500), draws=200)
    assert result is not None
    assert result.correlation == pytest.approx(np.corrcoef(ranks)[0, 1])
    assert result.low < result.correlation < result.high
    # Three copies of each row do not narrow the interval.
    again = rank_correlation(np.tile(x, 3), np.tile(y, 3), np.tile(np.arange(500), 3), draws=200)
    assert again is not None and again.high - again.low == pytest.approx(result.high - result.low, rel=0.35)
    assert rank_correlation(x[:10], y[:10], np.arange(10)) is None
