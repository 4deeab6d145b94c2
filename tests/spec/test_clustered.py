"""Intervals of AUC, calibration and slope: worked out by hand where possible, and with the coverage that they state."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as student

from risk_warning.core.scorecard import probability
from risk_warning.stats.clustered import (
    MIN_MONTHS,
    Sample,
    auc,
    auc_difference,
    calibration_slope,
    observed_over_expected,
)
from risk_warning.stats.delong import delong


def test_observed_over_expected_of_single_rows_by_hand() -> None:
    """Four of ten borrowers turn bad where 2.0 are expected; all PDs are 0.2, the residuals 1 − 0.4 and −0.4."""
    bad = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], np.bool_)
    ratio = observed_over_expected(Sample.of(bad, np.arange(10), np.zeros(10, int)), np.full(10, 0.2))
    assert ratio.value == pytest.approx(2.0)
    variance = (4 * 0.6**2 + 6 * 0.4**2) / 2.0**2 * 10 / 9
    reach = student.ppf(0.975, 3) * math.sqrt(variance) / 2.0
    assert (ratio.low, ratio.high) == pytest.approx((2 * math.exp(-reach), 2 * math.exp(reach)))


def test_the_same_rows_twice_say_no_more() -> None:
    random = np.random.default_rng(1)
    pd = random.uniform(0.02, 0.4, 500)
    bad, borrower = random.random(500) < pd, np.arange(500)
    once = Sample.of(bad, borrower, np.zeros(500, int))
    twice = Sample.of(np.tile(bad, 2), np.tile(borrower, 2), np.repeat([0, 1], 500))
    for measure in (auc, observed_over_expected, calibration_slope):
        a, b = measure(once, pd), measure(twice, np.tile(pd, 2))
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), rel=1e-6)


def test_of_single_rows_the_auc_is_delongs() -> None:
    random = np.random.default_rng(2)
    pd = random.uniform(0.01, 0.3, 4_000)
    other = np.clip(pd * np.exp(random.normal(0, 0.5, 4_000)), 1e-4, 0.9)
    bad = random.random(4_000) < pd
    sample = Sample.of(bad, np.arange(4_000), np.zeros(4_000, int))
    ours, theirs = auc_difference(sample, other, pd), delong(bad, other, pd)
    assert ours.difference == pytest.approx(theirs.difference)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=2e-4)
    same = auc_difference(sample, pd, pd)
    assert (same.difference, same.low, same.high) == (0.0, 0.0, 0.0)


def test_weights_count_as_rows_do() -> None:
    random = np.random.default_rng(3)
    pd = random.uniform(0.02, 0.5, 300)
    bad = random.random(300) < pd
    weight = random.integers(1, 4, 300).astype(float)
    row = np.repeat(np.arange(300), weight.astype(int))
    weighted = Sample.of(bad, np.arange(300), np.zeros(300, int), weight)
    repeated = Sample.of(bad[row], row, np.zeros(len(row), int))
    for measure in (auc, observed_over_expected, calibration_slope):
        assert measure(weighted, pd).value == pytest.approx(measure(repeated, pd[row]).value, rel=1e-6)
        assert measure(weighted, pd).low == pytest.approx(measure(repeated, pd[row]).low, rel=1e-6)


def test_a_shock_that_hits_a_month_widens_the_interval() -> None:
    random = np.random.default_rng(4)
    months, each = 8, 1_000
    month = np.repeat(np.arange(months), each)
    pd = np.full(months * each, 0.05)
    shock = np.where(month % 2 == 0, 1.6, 0.4)
    bad = random.random(months * each) < pd * shock
    borrower = np.arange(months * each)
    calm = observed_over_expected(Sample.of(bad, borrower, np.zeros(len(bad), int)), pd)
    shocked = observed_over_expected(Sample.of(bad, borrower, month), pd)
    assert shocked.high - shocked.low > 2 * (calm.high - calm.low)
    few = Sample.of(bad, borrower, month % (MIN_MONTHS - 1))
    assert few.error(pd) == pytest.approx(Sample.of(bad, borrower, np.zeros(len(bad), int)).error(pd)), "too few months"


def test_without_a_bad_or_with_one_no_end_is_made_up() -> None:
    pd = np.full(20, 0.1)
    none = observed_over_expected(Sample.of(np.zeros(20, bool), np.arange(20), np.zeros(20, int)), pd)
    assert (none.value, none.low, none.high) == pytest.approx((0.0, 0.0, 1.5))
    one = np.arange(20) == 3
    alone = observed_over_expected(Sample.of(one, np.arange(20), np.zeros(20, int)), pd)
    assert alone.low == 0.0 and math.isinf(alone.high)
    assert (auc(Sample.of(one, np.arange(20), np.zeros(20, int)), np.linspace(0.1, 0.2, 20)).low) == 0.0


@pytest.mark.parametrize(("borrowers", "least"), [(150, 0.9), (1_000, 0.92)])
def test_intervals_hold_the_truth_as_often_as_they_say(borrowers: int, least: float) -> None:
    """Each borrower has its own risk and is observed on six dates."""
    random = np.random.default_rng(5)
    big = random.normal(-2.5, 1.0, 400_000)
    outcome = random.random(len(big)) < probability(big)
    everybody = Sample.of(outcome, np.arange(len(big)), np.zeros(len(big), int))
    truth = auc(everybody, probability(big)).value
    coverage = {"auc": 0, "oe": 0, "slope": 0}
    draws = 200
    for _ in range(draws):
        odds = np.repeat(random.normal(-2.5, 1.0, borrowers), 6)
        borrower = np.repeat(np.arange(borrowers), 6)
        bad = random.random(len(odds)) < probability(odds)
        sample, pd = Sample.of(bad, borrower, np.tile(np.arange(6), borrowers)), probability(odds)
        coverage["auc"] += auc(sample, pd).holds(truth)
        coverage["oe"] += observed_over_expected(sample, pd).holds(1.0)
        coverage["slope"] += calibration_slope(sample, pd).holds(1.0)
    assert min(coverage.values()) >= least * draws, coverage
