"""Fitting: LightGBM, shallow and monotone, then a sigmoid on its margin.

The number of trees and the calibration come from folds of borrowers inside the training rows, so nothing is tuned on
what it is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.core.scorecard import clipped
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import LabelError
from risk_warning.model.encoding import TargetCodes
from risk_warning.model.forest import Forest
from risk_warning.model.recipe import Recipe

INNER_FOLDS = 3
MAX_TREES = 1500
PATIENCE = 50
MIN_BADS = 30
PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "max_depth": 5,
    "num_leaves": 16,
    "learning_rate": 0.03,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    # "advanced" was seen to move margins by up to 0.09 against a direction; this keeps them, and ranks no worse.
    "monotone_constraints_method": "intermediate",
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
"""What LightGBM is fitted with where a recipe says nothing else."""
Categories = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Fitted:
    """A booster with all that turns its margin into log-odds of bad."""

    booster: lightgbm.Booster
    codes: Mapping[str, TargetCodes]
    slope: float
    intercept: float

    def log_odds(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated log-odds of bad of encoded rows, clipped to the scale's ends; shape (n, features) → (n,)."""
        return clipped(self.slope * self.forest.margin(x) + self.intercept)

    @cached_property
    def forest(self) -> Forest:
        """The booster's trees."""
        return Forest(self.booster)


def encode(
    x: NDArray[np.float32], features: Sequence[Feature], codes: Mapping[str, TargetCodes], categories: Categories
) -> NDArray[np.float32]:
    """`x` with category features as target codes; `x` itself where there are none."""
    if not codes:
        return x
    encoded = x.copy()
    for column, feature in enumerate(features):
        if feature.is_category:
            encoded[:, column] = codes[feature.name].apply(x[:, column], categories.get(feature.needs[0], ()))
    return encoded


def parameters_of(recipe: Recipe, features: Sequence[Feature]) -> dict[str, Any]:
    """LightGBM's parameters for the recipe and these features."""
    own = {"num_threads": recipe.threads, "seed": recipe.seed, "monotone_constraints": [f.monotone for f in features]}
    return {**PARAMETERS, **own, **recipe.parameters}


def fit(
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    borrower_id: NDArray[Any],
    features: Sequence[Feature],
    categories: Categories,
    recipe: Recipe,
    weight: NDArray[np.float64] | None = None,
) -> tuple[Fitted, NDArray[np.float64]]:
    """(A calibrated model of the rows, the log-odds of bad that models which did not see them give the rows).

    Without weights all rows count the same. `LabelError` where there is a single class or too few bads.
    """
    from sklearn.linear_model import LogisticRegression

    bads = int(bad.sum())
    if min(bads, len(bad) - bads) < MIN_BADS:
        raise LabelError(
            f"Of {len(bad):,} rows to learn from {bads:,} are bad; at least {MIN_BADS} bads and as many goods are "
            "needed. Give more as-of dates, a longer horizon, or a larger book."
        )
    fold, parameters = borrower_fold(borrower_id, INNER_FOLDS, seed=7), parameters_of(recipe, features)
    margin, trees = np.empty(len(bad)), []
    for k in range(INNER_FOLDS):
        inside, outside = fold != k, fold == k
        of_inside, of_outside = (None if weight is None else weight[part] for part in (inside, outside))
        codes = fit_codes(x[inside], bad[inside], of_inside, features, categories)
        train = dataset(encode(x[inside], features, codes, categories), bad[inside], of_inside, features)
        unseen = encode(x[outside], features, codes, categories)
        check = lightgbm.Dataset(unseen, bad[outside], weight=of_outside, reference=train)
        booster = lightgbm.train(
            parameters,
            train,
            MAX_TREES,
            valid_sets=[check],
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
        )
        trees.append(booster.best_iteration)
        margin[outside] = booster.predict(unseen, raw_score=True, num_threads=recipe.threads)
    codes = fit_codes(x, bad, weight, features, categories)
    # A model of all rows has half as many again to learn from, and carries a few more trees.
    rounds = max(1, round(float(np.mean(trees)) * 1.1))
    booster = lightgbm.train(parameters, dataset(encode(x, features, codes, categories), bad, weight, features), rounds)
    _check_missing(booster)
    sigmoid = LogisticRegression(C=np.inf).fit(margin.reshape(-1, 1), bad, sample_weight=weight)
    slope = float(sigmoid.coef_[0, 0])
    if slope <= 0:
        raise LabelError(
            "Nothing in the book tells later bads from goods: the fitted scores rank no better than chance. "
            "Check the outcomes, or give more as-of dates."
        )
    intercept = float(sigmoid.intercept_[0])
    return Fitted(booster, codes, slope, intercept), clipped(slope * margin + intercept)


def fit_codes(
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    weight: NDArray[np.float64] | None,
    features: Sequence[Feature],
    categories: Categories,
) -> dict[str, TargetCodes]:
    """Target codes of the category features."""
    return {
        feature.name: TargetCodes.fit(x[:, column], bad, categories.get(feature.needs[0], ()), weight)
        for column, feature in enumerate(features)
        if feature.is_category
    }


def dataset(
    x: NDArray[np.float32], bad: NDArray[np.bool_], weight: NDArray[np.float64] | None, features: Sequence[Feature]
) -> lightgbm.Dataset:
    """The rows and five empty ones: LightGBM reads NaN as 0 in a feature that had no NaN in training."""
    empty = np.full((5, x.shape[1]), np.nan, np.float32)
    counted = np.concatenate((np.ones(len(bad)) if weight is None else weight, np.full(5, 1e-6)))
    label = np.concatenate((bad, np.zeros(5, np.bool_)))
    return lightgbm.Dataset(np.concatenate((x, empty)), label, weight=counted, feature_name=[f.name for f in features])


def _check_missing(booster: lightgbm.Booster) -> None:
    """Nothing comes back; a split that would read an empty value as 0 is a bug, never saved."""
    table = booster.trees_to_dataframe()
    kinds = set(table.loc[table["split_feature"].notna(), "missing_type"])
    if not kinds <= {"NaN"}:
        raise RuntimeError(f"the model has splits of missing type {sorted(kinds - {'NaN'})}")
