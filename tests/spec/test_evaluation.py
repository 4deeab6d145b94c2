"""Measures of PDs worked out by hand, and calibration by length of history."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from risk_warning.stats.evaluation import (
    HistoryBand,
    by_history,
    calibration_slope,
    evaluate,
    expected_calibration_error,
)

#         months, PD, bad
ROWS = [(3, 0.5, 1), (5, 0.1, 0), (6, 0.2, 0), (11, 0.2, 1), (24, 0.1, 0), (24, 0.3, 1), (24, 0.1, 0)]


def bands(min_history: int, rows: list[tuple[int, float, int]] = ROWS) -> tuple[HistoryBand, ...]:
    months, pd, bad = (np.array(column) for column in zip(*rows, strict=True))
    return by_history(bad == 1, pd.astype(np.float64), months.astype(np.int32), min_history)


def odds(share: float) -> float:
    return log(share / (1 - share))


def test_the_calibration_slope_of_two_groups_is_that_of_the_line_through_both() -> None:
    pd = np.repeat([0.1, 0.4], 20)
    bad = np.zeros(40, np.bool_)
    bad[:4] = bad[20:26] = True  # 20 % where 10 % were expected, 30 % where 40 %
    by_hand = (odds(0.3) - odds(0.2)) / (odds(0.4) - odds(0.1))
    assert calibration_slope(bad, pd) == pytest.approx(by_hand, abs=1e-4)
    right = np.zeros(40, np.bool_)
    right[:2] = right[20:28] = True
    assert calibration_slope(right, pd) == pytest.approx(1, abs=1e-4)


def test_the_calibration_error_is_the_mean_distance_of_ten_bins() -> None:
    pd = np.repeat(np.arange(0.05, 0.55, 0.05), 10)
    bad = np.zeros(100, np.bool_)
    observed = (1, 0, 2, 2, 4, 3, 3, 5, 4, 5)  # of ten in each bin
    for k, bads in enumerate(observed):
        bad[10 * k : 10 * k + bads] = True
    by_hand = np.mean([abs(bads / 10 - 0.05 * (k + 1)) for k, bads in enumerate(observed)])
    assert expected_calibration_error(bad, pd) == pytest.approx(by_hand)


def test_the_measures_of_five_borrowers_by_hand() -> None:
    measures = evaluate(np.array([True, False, True, False, False]), np.array([0.8, 0.6, 0.4, 0.2, 0.1]))
    # One of six pairs of a bad and a good is in the wrong order; both bads and one of three goods have 0.4 or more.
    assert measures.auc == pytest.approx(5 / 6)
    assert measures.ks == pytest.approx(2 / 3)
    assert measures.brier == pytest.approx((0.2**2 + 0.6**2 + 0.6**2 + 0.2**2 + 0.1**2) / 5)
    assert measures.observed_over_expected == pytest.approx(2 / 2.1)
    assert measures.capture_top_5pct == measures.capture_top_10pct == 0.5


def test_each_band_is_judged_by_its_own_rows() -> None:
    shortest, short, long, longest = bands(3)
    assert shortest.from_months == 3 and shortest.to_months == 5
    assert (shortest.n, shortest.bads) == (2, 1)
    assert shortest.predicted == pytest.approx(0.3)
    assert shortest.observed == 0.5
    assert shortest.observed_over_expected == pytest.approx(1 / 0.6)
    assert (short.n, short.bads) == (2, 1)
    assert long == HistoryBand(
        from_months=12, to_months=23, n=0, bads=0, predicted=None, observed=None, observed_over_expected=None
    )
    assert (longest.from_months, longest.to_months, longest.n) == (24, None, 3)


@pytest.mark.parametrize(
    ("min_history", "first"), [(0, (0, 5)), (5, (5, 5)), (6, (6, 11)), (8, (8, 11)), (24, (24, None))]
)
def test_the_first_band_starts_at_the_least_history_scored(min_history: int, first: tuple[int, int | None]) -> None:
    band = bands(min_history, [row for row in ROWS if row[0] >= min_history])[0]
    assert (band.from_months, band.to_months) == first


def test_all_rows_stand_in_one_band_each() -> None:
    assert sum(band.n for band in bands(3)) == len(ROWS)
