"""Headline figures in words say when the interval cannot tell, and how many rows are left out."""

from __future__ import annotations

import pytest

from risk_warning.model.evaluation import Bounds, Gain, Intervals, Performance
from risk_warning.model.headline import against_scorecard, calibration_in_words, unknown_outcomes
from risk_warning.stats.evaluation import MEASURES


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.95, 1.05), "the PDs are calibrated overall"),
        ((0.70, 0.85), "the PDs are too high"),
        ((1.15, 1.40), "the PDs are too low"),
        ((1.02, 1.20), "the PDs are a little too low"),
        ((0.80, 0.98), "the PDs are a little too high"),
        ((0.70, 1.40), "40 bad borrowers are too few to tell whether the PDs are within 10 % of the truth"),
        ((None, None), "40 bad borrowers are too few to tell whether the PDs are within 10 % of the truth"),
    ],
)
def test_calibration_is_told_by_its_interval(interval: Bounds, words: str) -> None:
    intervals = Intervals(auc=(0.7, 0.8), observed_over_expected=interval, calibration_slope=(0.9, 1.1))
    measures = dict.fromkeys(MEASURES, 0.5) | {"observed_over_expected": 1.0}
    performance = Performance(
        **measures, n=500, bad_rate=0.1, bads=50, borrowers=400, bad_borrowers=40, intervals=intervals
    )
    assert calibration_in_words(performance).startswith(words + ":")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.002, 0.020, "It ranks better than a plain scorecard"),
        (-0.020, -0.002, "A plain scorecard ranks better"),
        (-0.010, 0.010, "No difference in ranking from a plain scorecard can be shown"),
        (None, None, "No difference in ranking from a plain scorecard can be shown"),
    ],
)
def test_the_trees_must_be_shown_to_rank_better(low: float | None, high: float | None, words: str) -> None:
    assert against_scorecard(Gain(a=0.75, b=0.75, difference=0.0, low=low, high=high, p=None)).startswith(words)


def test_rows_without_an_outcome_are_told_with_both_bounds() -> None:
    # 900 rows have an outcome, 45 of them bad; the outcome of 100 rows is unknown.
    assert unknown_outcomes(900, 45, 100) == (
        "The outcome of 10.0% of the 1,000 rows is unknown, and they are left out: the bad rate is 5.0%, it would be "
        "4.5% if all of them were good, and 14.5% if all were bad.",
    )
    assert unknown_outcomes(0, 0, 8)[0].startswith("The outcome of 100.0% of the 8 rows is unknown")


def test_one_row_in_fifty_without_an_outcome_is_not_worth_a_word() -> None:
    assert unknown_outcomes(98, 5, 2) == ()
    assert unknown_outcomes(0, 0, 0) == ()
