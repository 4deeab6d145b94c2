"""DeLong's test and the paired bootstrap, compared with figures worked out by hand and a slow, plain implementation."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from risk_warning.stats.delong import Difference, delong
from risk_warning.stats.evaluation import capture
from risk_warning.stats.paired_bootstrap import PAIRED, Ranked, one_row_each, paired_bootstrap

# The 43 complete patients of DeLong et al. (1988), as the SAS/STAT manual lists them (PROC LOGISTIC, comparing ROC
# curves): albumin, total protein, K-G score, whether surgery helped.
PATIENTS = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1
3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0
4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1
4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1
2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""


def by_pairs(bad: NDArray[np.bool_], pd_a: NDArray[np.float64], pd_b: NDArray[np.float64]) -> Difference:
    """Compare every bad with every good, then use the covariance matrix of both models, as textbooks do."""
    aucs, from_bads, from_goods = [], [], []
    for pd in (pd_a, pd_b):
        wins = np.array([[1.0 if x > y else 0.5 if x == y else 0.0 for y in pd[~bad]] for x in pd[bad]])
        aucs.append(wins.mean())
        from_bads.append(wins.mean(axis=1))
        from_goods.append(wins.mean(axis=0))
    covariance = np.cov(from_bads) / bad.sum() + np.cov(from_goods) / (~bad).sum()
    contrast = np.array([-1.0, 1.0])
    error = float(np.sqrt(contrast @ covariance @ contrast))
    difference = float(aucs[1] - aucs[0])
    p = 2 * NormalDist().cdf(-abs(difference) / error)
    return Difference(aucs[0], aucs[1], difference, difference - 1.959964 * error, difference + 1.959964 * error, p)


def drawn(n: int, seed: int, *, decimals: int = 12) -> tuple[NDArray[np.bool_], NDArray[np.float64], ...]:
    """Return whether each borrower is bad, and two related PDs, the second better than the first."""
    random = np.random.default_rng(seed)
    bad = random.random(n) < 0.08
    common = bad + random.normal(size=n)
    margin_a, margin_b = common + 0.8 * random.normal(size=n), common + 0.5 * random.normal(size=n)
    return bad, *(np.round(1 / (1 + np.exp(3 - margin)), decimals) for margin in (margin_a, margin_b))


def test_four_borrowers_by_hand() -> None:
    bad = np.array([True, True, False, False])
    result = delong(bad, np.array([0.9, 0.4, 0.5, 0.1]), np.array([0.8, 0.7, 0.7, 0.2]))
    # In A the bads beat 2 and 1 of the two goods, in B 2 and 1½. From A to B the shares of the bads rise by 0 and ¼,
    # those of the goods by ¼ and 0: the variance of the difference is 1/64 + 1/64.
    assert (result.a, result.b, result.difference) == (0.75, 0.875, 0.125)
    assert (result.low, result.high) == pytest.approx(
        (0.125 - 1.959964 / 32**0.5, 0.125 + 1.959964 / 32**0.5), abs=1e-6
    )
    assert result.p == pytest.approx(0.47950, abs=1e-5)
    assert not result.is_significant


@pytest.mark.parametrize("test", [0, 1], ids=["albumin", "total protein"])
def test_the_patients_of_the_paper(test: int) -> None:
    table = np.array(PATIENTS.split(), float).reshape(-1, 4)
    unhelped = table[:, 3] == 0
    result = delong(unhelped, table[:, 2], -table[:, test])
    slow = by_pairs(unhelped, table[:, 2], -table[:, test])
    assert result.a == pytest.approx(270 / 372)
    assert result.b == pytest.approx((274 / 372, 241 / 372)[test])
    assert [result.difference, result.low, result.high, result.p] == pytest.approx(
        [slow.difference, slow.low, slow.high, slow.p], abs=1e-6
    )


@pytest.mark.parametrize("decimals", [12, 2, 1], ids=["no ties", "some ties", "many ties"])
def test_the_quick_way_is_the_slow_way(decimals: int) -> None:
    columns = drawn(300, 5, decimals=decimals)
    quick, slow = delong(*columns), by_pairs(*columns)
    assert (quick.a, quick.b) == pytest.approx((slow.a, slow.b), abs=1e-12)
    assert (quick.low, quick.high, quick.p) == pytest.approx((slow.low, slow.high, slow.p), abs=1e-6)


def test_a_model_against_itself_differs_by_exactly_nothing() -> None:
    bad, pd, _ = drawn(2_000, 1)
    same = delong(bad, pd, pd)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)
    borrower = np.arange(2_000) // 3
    for result in paired_bootstrap(bad, pd, pd.copy(), borrower, draws=200).values():
        assert (result.difference, result.low, result.high) == (0, 0, 0)
        assert not result.is_significant


def test_the_bootstrap_and_delong_agree_on_one_row_a_borrower() -> None:
    for seed in (2, 3):
        bad, pd_a, pd_b = drawn(8_000, seed)
        exact = delong(bad, pd_a, pd_b)
        drawn_again = paired_bootstrap(bad, pd_a, pd_b, np.arange(8_000), seed=1)["auc"]
        assert drawn_again.difference == pytest.approx(exact.difference, abs=1e-12)
        tenth = 0.1 * (exact.high - exact.low)
        assert abs(drawn_again.low - exact.low) < tenth and abs(drawn_again.high - exact.high) < tenth


def test_measures_on_all_rows_are_those_of_the_evaluation() -> None:
    bad, pd_a, pd_b = drawn(3_000, 4)
    measures = paired_bootstrap(bad, pd_a, pd_b, np.arange(3_000), draws=10)
    assert tuple(measures) == PAIRED
    for name, pd in (("a", pd_a), ("b", pd_b)):
        false_positive, true_positive, _ = roc_curve(bad, pd)
        assert getattr(measures["auc"], name) == pytest.approx(roc_auc_score(bad, pd), abs=1e-12)
        assert getattr(measures["ks"], name) == pytest.approx(np.max(true_positive - false_positive), abs=1e-12)
        assert getattr(measures["brier"], name) == pytest.approx(np.mean((pd - bad) ** 2), abs=1e-15)
        assert getattr(measures["capture_top_5pct"], name) == pytest.approx(capture(bad, pd, 0.05), abs=1e-12)


def test_ks_and_capture_by_hand() -> None:
    # Ranked by PD: a bad, a good, a bad, then 37 goods; two of the forty can be called.
    bad = np.array([True, False, True] + [False] * 37)
    pd = np.linspace(0.9, 0.1, 40)
    auc, ks, capture_top_5pct = Ranked.of(bad, pd, np.arange(40)).measures(np.ones(40, np.int32))
    assert auc == (38 + 37) / (2 * 38)
    assert ks == pytest.approx(1 - 1 / 38)
    assert capture_top_5pct == 0.5
    # If all PDs are equal, half of all pairs are won, and calls to two of the forty reach a twentieth of the bads.
    assert Ranked.of(bad, np.full(40, 0.3), np.arange(40)).measures(np.ones(40, np.int32)) == (0.5, 0, 0.05)


def test_a_borrower_drawn_twice_counts_as_two() -> None:
    bad, pd, _ = drawn(200, 6, decimals=2)
    weight = np.random.default_rng(0).integers(0, 4, 200).astype(np.int32)
    rows = np.repeat(np.arange(200), weight)
    once = np.ones(len(rows), np.int32)
    weighted = Ranked.of(bad, pd, np.arange(200)).measures(weight)
    assert weighted == Ranked.of(bad[rows], pd[rows], np.arange(len(rows))).measures(once)


def test_rows_of_one_borrower_are_drawn_together() -> None:
    bad, pd_a, pd_b = drawn(4_000, 7)
    single = paired_bootstrap(bad, pd_a, pd_b, np.arange(4_000))["auc"]
    thrice = paired_bootstrap(*(np.repeat(x, 3) for x in (bad, pd_a, pd_b, np.arange(4_000))))["auc"]
    # Three copies of every row do not narrow the interval.
    assert thrice.high - thrice.low == pytest.approx(single.high - single.low, rel=1e-9)


def test_the_order_of_rows_and_the_seed_decide_nothing_and_everything() -> None:
    columns = (*drawn(1_000, 8), np.arange(1_000) // 2)
    shuffled = np.random.default_rng(1).permutation(1_000)
    first = paired_bootstrap(*columns, draws=100, seed=3)
    again = paired_bootstrap(*(column[shuffled] for column in columns), draws=100, seed=3)
    for name in ("auc", "ks", "capture_top_5pct"):
        assert first[name] == again[name]
    assert paired_bootstrap(*columns, draws=100, seed=4)["auc"] != first["auc"]


def test_one_row_of_each_borrower_is_drawn_from_all_of_their_dates() -> None:
    borrower = np.repeat(np.arange(5_000), 4)
    rows = one_row_each(borrower, seed=2)
    assert (borrower[rows] == np.arange(5_000)).all()
    assert np.bincount(rows % 4, minlength=4) == pytest.approx(np.full(4, 1_250), rel=0.1)
