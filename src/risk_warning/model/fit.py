"""Fitting: shallow and monotone trees of LightGBM, or a plain scorecard, then a sigmoid on the margin.

The number of trees and the calibration come from folds of borrowers inside the training rows, so nothing is tuned on
what it is judged by. Where the number of trees is known already, each fold leaves out a stretch of months too, and the
calibration rests on rows of which neither borrower nor month was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from risk_warning.model.at_once import at_once
from risk_warning.model.baseline import scorecard_booster
from risk_warning.model.encoding import Categories, TargetCodes, cross_encode, encode, fit_codes
from risk_warning.model.forest import Forest
from risk_warning.model.recipe import SCORECARD, Recipe
from risk_warning.model.training_set import TrainingSet

INNER_FOLDS = 3
MAX_TREES = 1500
PATIENCE = 50
MIN_BORROWERS = 30
"""Borrowers who turn bad, and as many who do not, that are needed to learn from: rows of one say much the same."""
MIN_MONTHS_FOR_BLOCKS = 6
MIN_FOR_CALIBRATION = 100
"""Bad borrowers from which rows unseen in both ways are enough to calibrate on."""
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
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Fitted:
    """A booster with all that turns its margin into log-odds of bad."""

    booster: lightgbm.Booster
    codes: Mapping[str, TargetCodes]
    slope: float
    intercept: float

    def log_odds(self, x: NDArray[np.float32]) -> Floats:
        """Calibrated log-odds of bad of encoded rows, clipped to the scale's ends; shape (n, features) → (n,)."""
        return clipped(self.slope * self.forest.margin(x) + self.intercept)

    def of(self, rows: TrainingSet, categories: Categories) -> Floats:
        """Calibrated log-odds of bad of rows as the book has them, shape (n,)."""
        return self.log_odds(encode(rows.x, rows.features, self.codes, categories))

    @cached_property
    def forest(self) -> Forest:
        """The booster's trees."""
        return Forest(self.booster)


@dataclass(frozen=True)
class Fit:
    """A model of some rows, and what models that did not see their borrowers say of them."""

    fitted: Fitted
    unseen: Floats
    """Log-odds of bad of the rows learnt from."""
    unseen_also: Floats
    """The same of the rows asked for beside them."""
    trees: float
    """Mean number of trees of the folds, which another fit of the same recipe may take over."""


def parameters_of(recipe: Recipe, features: Sequence[Feature]) -> dict[str, Any]:
    """LightGBM's parameters for the recipe and these features."""
    own = {"num_threads": recipe.threads, "seed": recipe.seed, "monotone_constraints": [f.monotone for f in features]}
    return {**PARAMETERS, **own, **recipe.parameters}


def fit(
    rows: TrainingSet,
    weight: Floats | None,
    categories: Categories,
    recipe: Recipe,
    *,
    trees: float | None = None,
    also: TrainingSet | None = None,
    beside: Sequence[Callable[[], Any]] = (),
) -> Fit:
    """A calibrated model of the rows, without weights all of the same; `also` are told apart by unseen models too.

    With `trees` the number of trees is given, and folds are of borrowers and months. Other work, `beside`, is done at
    the same time.

    Raises
    ------
    LabelError
        There is a single class, or there are too few bad borrowers.
    """
    from sklearn.linear_model import LogisticRegression

    _check_enough(rows)
    fold = borrower_fold(rows.borrower_id, INNER_FOLDS, seed=7)
    fold_also = None if also is None else borrower_fold(also.borrower_id, INNER_FOLDS, seed=7)
    block = _blocks(rows) if trees is not None else np.full(len(rows.bad), -1)
    done = [_Fold(rows, weight, categories, recipe, fold, block, k, trees, also, fold_also) for k in range(INNER_FOLDS)]
    whole: list[Callable[[], Any]] = [one.run for one in done]
    if trees is not None:
        whole.append(lambda: _whole(rows, weight, categories, recipe, trees))
    made = at_once([*whole, *beside], recipe.threads)
    folds = made[:INNER_FOLDS]
    mean = float(np.mean([number for _, _, number in folds])) if trees is None else trees
    booster, codes = made[INNER_FOLDS] if trees is not None else _whole(rows, weight, categories, recipe, mean)
    margin = np.empty(len(rows.bad))
    margin_also = np.empty(0 if also is None else len(also.bad))
    for k, (own, other, _) in enumerate(folds):
        margin[fold == k] = own
        if fold_also is not None:
            margin_also[fold_also == k] = other
    chosen = fold == block
    if len(np.unique(rows.borrower_id[chosen & rows.bad])) < MIN_FOR_CALIBRATION:
        chosen = np.ones(len(margin), np.bool_)
    own_weight = None if weight is None else weight[chosen]
    sigmoid = LogisticRegression(C=np.inf).fit(
        margin[chosen].reshape(-1, 1), rows.bad[chosen], sample_weight=own_weight
    )
    slope, intercept = float(sigmoid.coef_[0, 0]), float(sigmoid.intercept_[0])
    if slope <= 0:
        raise LabelError(
            "Nothing in the book tells later bads from goods: the fitted scores rank no better than chance. "
            "Check the outcomes, or give more as-of dates."
        )
    return Fit(
        fitted=Fitted(booster, codes, slope, intercept),
        unseen=clipped(slope * margin + intercept),
        unseen_also=clipped(slope * margin_also + intercept),
        trees=mean,
    )


def fit_scorecard(rows: TrainingSet, weight: Floats | None, categories: Categories) -> Fitted:
    """The plain scorecard of the rows alone, to be held against: a logistic regression is calibrated by itself."""
    x = cross_encode(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    codes = fit_codes(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    return Fitted(scorecard_booster(x, rows.bad, weight, rows.features), codes, 1.0, 0.0)


@dataclass(frozen=True)
class _Fold:
    """One fold to be fitted."""

    rows: TrainingSet
    weight: Floats | None
    categories: Categories
    recipe: Recipe
    fold: NDArray[np.int16]
    block: NDArray[np.integer]
    k: int
    trees: float | None
    also: TrainingSet | None
    fold_also: NDArray[np.int16] | None

    def run(self) -> tuple[Floats, Floats, int]:
        """(Margins of the fold's own rows, of the rows asked for beside, number of trees)."""
        inside, outside = (self.fold != self.k) & (self.block != self.k), self.fold == self.k
        learnt, weight = self.rows.take(inside), None if self.weight is None else self.weight[inside]
        if not 0 < learnt.bad.sum() < len(learnt.bad):
            raise LabelError(
                "Within a third of the borrowers all rows to learn from are of one class; bring a larger book."
            )
        codes = fit_codes(learnt.x, learnt.bad, learnt.borrower_id, weight, learnt.features, self.categories)
        unseen = encode(self.rows.x[outside], self.rows.features, codes, self.categories)
        check = None
        if self.trees is None:
            check = unseen, self.rows.bad[outside], None if self.weight is None else self.weight[outside]
        booster, number = _booster(learnt, weight, self.categories, self.recipe, self.trees, check)
        forest = Forest(booster)
        other = np.zeros(0)
        if self.also is not None and self.fold_also is not None:
            chosen = self.fold_also == self.k
            other = forest.margin(encode(self.also.x[chosen], self.also.features, codes, self.categories))
        return forest.margin(unseen), other, number


Check = tuple[NDArray[np.float32], Flags, Floats | None]


def _whole(
    rows: TrainingSet, weight: Floats | None, categories: Categories, recipe: Recipe, trees: float
) -> tuple[lightgbm.Booster, dict[str, TargetCodes]]:
    """A booster of all rows, and its codes."""
    codes = fit_codes(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    # A model of all rows has half as many again to learn from, and carries a few more trees.
    return _booster(rows, weight, categories, recipe, trees * 1.1, None)[0], codes


def _booster(
    rows: TrainingSet,
    weight: Floats | None,
    categories: Categories,
    recipe: Recipe,
    trees: float | None,
    check: Check | None,
) -> tuple[lightgbm.Booster, int]:
    """(A booster of the rows, its number of trees); `check` are the rows that say when to stop, encoded."""
    x = cross_encode(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    if recipe.learner == SCORECARD:
        booster = scorecard_booster(x, rows.bad, weight, rows.features)
        return booster, booster.num_trees()
    train = dataset(x, rows.bad, weight, rows.features)
    parameters = parameters_of(recipe, rows.features)
    if check is None:
        booster = lightgbm.train(parameters, train, max(1, round(trees or 1)))
        _check_missing(booster)
        return booster, booster.num_trees()
    unseen, bad, of_check = check
    booster = lightgbm.train(
        parameters,
        train,
        MAX_TREES,
        valid_sets=[lightgbm.Dataset(unseen, bad, weight=of_check, reference=train)],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    best = booster.best_iteration
    return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=best)), best


def _check_enough(rows: TrainingSet) -> None:
    """`LabelError` where too few borrowers are bad, or good."""
    bad = np.unique(rows.borrower_id[rows.bad])
    good = len(np.unique(rows.borrower_id[~rows.bad]))
    if min(len(bad), good) < MIN_BORROWERS:
        raise LabelError(
            f"Of {len(np.unique(rows.borrower_id)):,} borrowers to learn from {len(bad):,} turn bad; at least "
            f"{MIN_BORROWERS} who do and as many who do not are needed, however many rows they have. Give more as-of "
            "dates, a longer horizon, or a larger book."
        )


def _blocks(rows: TrainingSet) -> NDArray[np.integer]:
    """Which of `INNER_FOLDS` stretches of months each row lies in; all in none where there are too few months."""
    days = np.array([day.toordinal() for day in rows.dates])
    there = np.unique(days[np.unique(rows.date_index)])
    if len(there) < MIN_MONTHS_FOR_BLOCKS:
        return np.full(len(rows.bad), -1)
    position = np.searchsorted(there, days)
    found: NDArray[np.integer] = (position * INNER_FOLDS // len(there))[rows.date_index]
    return found


def dataset(x: NDArray[np.float32], bad: Flags, weight: Floats | None, features: Sequence[Feature]) -> lightgbm.Dataset:
    """The rows and five empty ones: LightGBM reads NaN as 0 in a feature that had no NaN in training."""
    empty = np.full((5, x.shape[1]), np.nan, np.float32)
    counted = np.concatenate((np.ones(len(bad)) if weight is None else weight, np.full(5, 1e-6)))
    label = np.concatenate((bad, np.zeros(5, np.bool_)))
    return lightgbm.Dataset(np.concatenate((x, empty)), label, weight=counted, feature_name=[f.name for f in features])


def _check_missing(booster: lightgbm.Booster) -> None:
    """A split that would read an empty value as 0 is a bug, never saved."""
    table = booster.trees_to_dataframe()
    kinds = set(table.loc[table["split_feature"].notna(), "missing_type"])
    if not kinds <= {"NaN"}:
        raise RuntimeError(f"the model has splits of missing type {sorted(kinds - {'NaN'})}")
