"""Swap-sets, migration, calibration with intervals, and PSI, on tables small enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from risk_warning.core.reasons import ReasonGroups
from risk_warning.core.swap_sets import SwapSet, cross
from risk_warning.reports.numbers import signed
from risk_warning.stats.calibration import calibration
from risk_warning.stats.delong import Difference
from risk_warning.stats.rates import BadRate, wilson
from risk_warning.stats.stability import bin_counts, bin_edges, psi, psi_of_counts
from risk_warning.studies.compare.score_changes import interval_gap, mean_points, reason_shifts, riskiest, verdict

#       bad, flagged by A, flagged by B
ROWS = [(1, 1, 1), (0, 1, 1), (1, 0, 1), (1, 0, 1), (0, 0, 1), (0, 1, 0), (0, 1, 0), (1, 0, 0), (0, 0, 0), (0, 0, 0)]


def test_who_gains_and_who_loses_a_flag() -> None:
    bad, a, b = (np.array(column, np.bool_) for column in zip(*ROWS, strict=True))
    swap = SwapSet.of(bad, a, b)
    assert [(part.n, part.bads) for part in (swap.gained, swap.lost, swap.both, swap.neither)] == [
        (3, 2),
        (2, 0),
        (2, 1),
        (3, 1),
    ]
    assert swap.gained.rate == pytest.approx(2 / 3)
    assert SwapSet.of(bad, a, a).gained == BadRate(0, 0, None, None, None)


def test_equal_capacity_is_kept_on_every_date() -> None:
    score = np.array([500.0, 700, 600, 650, 400, 410, 420])
    date = np.array([0, 0, 0, 0, 1, 1, 1])
    # A quarter of four rows is one row, and a quarter of three, rounded up, is one: the lowest score of each date.
    assert riskiest(score, date, 0.25).tolist() == [True, False, False, False, True, False, False]
    assert riskiest(np.array([5.0, 5.0, 5.0]), np.zeros(3, int), 0.5).tolist() == [True, True, False]


def test_migration_counts_every_row_once() -> None:
    counts = cross(np.array([0, 0, 1, 2], np.int8), np.array([0, 1, 1, 0], np.int8), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_wilson_by_hand() -> None:
    z2 = 1.959963985**2
    assert wilson(0, 10) == (0.0, pytest.approx(z2 / (10 + z2)))
    assert wilson(10, 10) == (pytest.approx(10 / (10 + z2)), 1.0)
    middle = math.sqrt(0.25 / 4 + z2 / 64) * math.sqrt(z2) / (1 + z2 / 4)
    assert wilson(2, 4) == (pytest.approx(0.5 - middle), pytest.approx(0.5 + middle))


def test_observed_over_expected_of_each_group() -> None:
    bad = np.array([1, 0, 1, 0, 0], np.bool_)
    pd = np.array([0.5, 0.3, 0.1, 0.05, 0.05])
    first, second, none = calibration(bad, pd, np.array([0, 0, 1, 1, 1]), ("red", "green", "blue"))
    assert (first.n, first.bads, first.expected) == (2, 1, pytest.approx(0.8))
    assert first.observed_over_expected == pytest.approx(1.25)
    low, high = wilson(1, 3)
    assert (second.low, second.high) == (pytest.approx(low / (0.2 / 3)), pytest.approx(high / (0.2 / 3)))
    assert (none.n, none.observed_over_expected, none.low) == (0, None, None)


def test_the_reasons_that_differ_most_come_first() -> None:
    points = np.array([[-10.0, 2.0, -4.0], [-20.0, 0.0, -2.0]])
    is_missing = np.array([[False, False, False], [False, False, True]])
    groups = ReasonGroups(("late", "young", "late_unknown"), np.array([0, 1, 0]), np.array([2, 2, 2]))
    a = mean_points(points, is_missing, groups)
    assert a == {"late": -17.0, "young": 1.0, "late_unknown": -1.0}
    shifts = reason_shifts(a, {"late": -12.0, "owes": -9.0}, top=2)
    assert [(shift.code, shift.a, shift.b, shift.shift) for shift in shifts] == [
        ("owes", None, -9.0, -9.0),
        ("late", -17.0, -12.0, 5.0),
    ]


NONE = Difference(0.02, 0.02, 0.0, -0.001, 0.001)


def difference(value: float, low: float, high: float) -> Difference:
    return Difference(0.8, 0.8 + value, value, low, high)


@pytest.mark.parametrize(
    ("auc", "brier", "sentence"),
    [
        (difference(0.012, 0.008, 0.016), NONE, "B finds more of those who go bad: AUC +0.0120 (+0.0080 to +0.0160)."),
        (difference(-0.02, -0.03, -0.01), NONE, "B finds fewer of those who go bad: AUC −0.0200 (−0.0300 to −0.0100)."),
        (difference(0, 0, 0), difference(0, 0, 0), "No difference can be shown: AUC 0.0000 (0.0000 to 0.0000)."),
        (difference(0.01, -0.01, 0.03), NONE, "No difference can be shown: AUC +0.0100 (−0.0100 to +0.0300)."),
        (difference(0, 0, 0), difference(0.002, 0.001, 0.003), "B's PDs fit worse: Brier score +0.00200"),
        (difference(0, 0, 0), difference(-0.002, -0.003, -0.001), "B's PDs fit better: Brier score −0.00200"),
    ],
)
def test_the_verdict_is_one_plain_sentence(auc: Difference, brier: Difference, sentence: str) -> None:
    assert sentence in verdict(auc, brier)


def test_a_sign_says_nothing_of_what_rounds_to_zero() -> None:
    assert (signed(0.004, 2), signed(-0.004, 2), signed(-0.006, 2)) == ("0.00", "0.00", "−0.01")


def test_how_far_two_intervals_lie_apart() -> None:
    assert interval_gap(difference(0, -1, 1), difference(0, -0.9, 1.3)) == pytest.approx(0.3 / 2.2)
    assert interval_gap(difference(0, 0, 0), difference(0, 0, 0)) == 0


def test_psi_by_hand() -> None:
    # The shares change from a half and a half to a quarter and three quarters.
    expected = -0.25 * math.log(0.5) + 0.25 * math.log(1.5)
    assert psi_of_counts(np.array([50, 50]), np.array([5, 15])) == pytest.approx(expected)
    reference = np.arange(1_000.0)
    assert psi(reference, reference[::-1]) == 0
    assert psi(reference, reference + 100) == pytest.approx(
        (0.0005 - 0.1) * math.log(0.0005 / 0.1) + (0.2 - 0.1) * math.log(2)
    )


def test_what_was_not_observed_is_a_bin_of_its_own() -> None:
    reference = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, math.nan, math.nan])
    edges = bin_edges(reference)
    assert bin_counts(reference, edges).tolist() == [1] * 10 + [2]
    assert bin_counts(np.array([math.nan, -5, 99]), edges).tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    alike = np.full(10, 3.0)
    assert bin_counts(alike, bin_edges(alike)).tolist() == [10, 0]
    assert psi(np.full(4, math.nan), np.full(9, math.nan)) == 0


def test_a_rare_value_is_told_apart_from_the_many_alike() -> None:
    reference = np.array([0.0] * 990 + [1.0] * 10)
    assert bin_edges(reference).tolist() == [1.0]
    assert psi(reference, np.array([0.0] * 80 + [1.0] * 20)) == pytest.approx(
        (0.8 - 0.99) * math.log(0.8 / 0.99) + (0.2 - 0.01) * math.log(20)
    )


def test_a_psi_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="rows on both sides"):
        psi(np.zeros(0), np.zeros(3))
