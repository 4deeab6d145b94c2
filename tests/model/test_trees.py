"""The walk of the trees by columns gives LightGBM's margins to the last bit and its contributions up to rounding."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from lender import Lender
from numpy.typing import NDArray

from risk_warning.model import forest
from risk_warning.model.explain import contribution_tables
from risk_warning.model.explain.contributions import Contributions
from risk_warning.model.folder import load
from risk_warning.model.forest import Forest
from risk_warning.model.trees import trees_of


def awkward_rows(booster: lightgbm.Booster, n: int) -> NDArray[np.float32]:
    """Return rows with values on the thresholds, just above and below them, far outside, and missing (NaN)."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, booster.num_feature())).astype(np.float32)
    for tree in trees_of(booster) or ():
        for split in tree.splits:
            with np.errstate(over="ignore"):
                above = np.nextafter(split.threshold, np.float32(np.inf))
            for value in (split.threshold, above):
                x[rng.integers(n, size=n // 200), split.feature] = value
    for value in (np.nan, np.inf, -np.inf, 0.0, -0.0, 3e38):
        x[rng.random(x.shape) < 0.02] = value
    return x


@pytest.mark.slow
def test_margins_are_lightgbms_to_the_last_bit(lender: Lender) -> None:
    booster = load(lender.model).fitted.booster
    x = awkward_rows(booster, 6_000)
    expected = booster.predict(x, raw_score=True)
    assert Forest(booster).margin(x).tobytes() == expected.tobytes()
    assert Forest(booster).margin(x[:7]).tobytes() == expected[:7].tobytes()


@pytest.mark.slow
def test_contributions_are_lightgbms_and_sum_to_the_margin(lender: Lender) -> None:
    booster = load(lender.model).fitted.booster
    x = awkward_rows(booster, 2_000)
    contributions = Contributions(Forest(booster))
    by_feature = contributions.of(x)
    few = np.concatenate([contributions.of(x[:1]), contributions.of(x[1:700]), contributions.of(x[700:1400])])
    assert few.tobytes() == by_feature[:1400].tobytes()
    np.testing.assert_allclose(by_feature, booster.predict(x, pred_contrib=True), rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_feature.sum(axis=1), booster.predict(x, raw_score=True), rtol=0, atol=1e-9)


@pytest.mark.slow
def test_reasons_are_the_same_for_one_and_for_many(lender: Lender) -> None:
    model = load(lender.model)
    x = awkward_rows(model.fitted.booster, 1_000)
    many = model.reasons(x)
    for row in range(0, 1_000, 50):
        one = model.reasons(x[row : row + 1])
        assert one.group.tobytes() == many.group[row].tobytes()
        assert one.feature.tobytes() == many.feature[row].tobytes()
        assert one.points.tobytes() == many.points[row].tobytes()


def grown(
    x: NDArray[np.float64], y: NDArray[np.bool_], categories: list[int] | str = "auto", **more: object
) -> lightgbm.Booster:
    parameters = {"objective": "binary", "verbosity": -1, "max_depth": 2, **more}
    return lightgbm.train(parameters, lightgbm.Dataset(x, y, categorical_feature=categories), 3)


def test_one_split_is_explained_by_what_it_adds_to_the_average() -> None:
    x = np.concatenate((np.zeros(300), np.ones(100), [np.nan] * 50)).reshape(-1, 1)
    booster = lightgbm.train(
        {"objective": "regression", "verbosity": -1, "max_depth": 1, "learning_rate": 1.0, "boost_from_average": False},
        lightgbm.Dataset(x, np.nan_to_num(x[:, 0]) * 8),
        1,
    )
    rows = np.tile(np.float32([[0.0], [1.0]]), (200, 1))
    low, high = booster.predict(rows[:2])
    average = booster.predict(x).mean()
    by_feature = Contributions(Forest(booster)).of(rows)
    np.testing.assert_allclose(by_feature[0], [low - average, average], atol=1e-12)
    np.testing.assert_allclose(by_feature[1], [high - average, average], atol=1e-12)


@pytest.mark.parametrize("more", [{"categories": [0]}, {"use_missing": False}, {"zero_as_missing": True}], ids=str)
def test_trees_that_are_not_known_are_left_to_lightgbm(more: dict[str, object]) -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(0, 6, (4_000, 2)).astype(np.float64)
    booster = grown(x, x[:, 0] % 2 + rng.random(len(x)) > 1, **more)
    rows = x.astype(np.float32)
    assert trees_of(booster) is None
    assert np.array_equal(Forest(booster).margin(rows), booster.predict(rows, raw_score=True))
    assert np.array_equal(Contributions(Forest(booster)).of(rows), booster.predict(rows, pred_contrib=True))


def test_a_walk_that_goes_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(4_000, 2))
    x[:100] = np.nan
    booster = grown(x, np.nan_to_num(x[:, 0]) + rng.normal(size=len(x)) > 0)
    rows = x.astype(np.float32)
    right = forest._leaf
    monkeypatch.setattr(forest, "_leaf", lambda tree, columns: right(tree, columns) ^ np.uint8(1))
    assert np.array_equal(Forest(booster).margin(rows), booster.predict(rows, raw_score=True))
    assert "disagree" in caplog.text


def test_tables_that_are_wrong_are_noticed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(4_000, 2))
    x[:100] = np.nan
    booster = grown(x, np.nan_to_num(x[:, 0]) + rng.normal(size=len(x)) > 0)
    rows = x.astype(np.float32)[:5]
    right = contribution_tables._cases
    monkeypatch.setattr(contribution_tables, "_cases", lambda shares: -right(shares))
    assert np.array_equal(Contributions(Forest(booster)).of(rows), booster.predict(rows, pred_contrib=True))
    assert "disagree" in caplog.text


def test_trees_too_deep_for_tables_are_explained_by_lightgbm() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(4_000, 12))
    x[:100] = np.nan
    booster = grown(x, np.nan_to_num(x).sum(axis=1) > 0, max_depth=10, num_leaves=200, min_data_in_leaf=2)
    rows = x.astype(np.float32)[:5]
    assert np.array_equal(Contributions(Forest(booster)).of(rows), booster.predict(rows, pred_contrib=True))
