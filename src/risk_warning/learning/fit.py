"""Fitting: shallow and monotone trees of LightGBM, or a plain scorecard, then a sigmoid on the margin.

The number of trees and the calibration come from folds of borrowers inside the training rows, so nothing is tuned on
what it is judged by. Where the number of trees is known already, each fold leaves out a stretch of months too, and the
calibration rests on rows of which neither borrower nor month was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.core.scorecard import clipped
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import LabelError
from risk_warning.learning.parallel import at_once
from risk_warning.learning.recipe import SCORECARD, Recipe
from risk_warning.learning.scorecard import scorecard_booster
from risk_warning.learning.training_set import TrainingSet
from risk_warning.model.encoding import Categories, TargetCodes, cross_encode, encode, fit_codes
from risk_warning.model.fitted import Fitted
from risk_warning.model.forest import Forest

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
    # "advanced" moved margins by up to 0.09 against a direction, "intermediate" by 0.005 on one book; "basic" keeps
    # them, and ranks the card data as well (AUC 0.790 by 5 folds, as with "intermediate").
    "monotone_constraints_method": "basic",
    "deterministic": True,
    # By rows takes twice as long for the same trees.
    "force_col_wise": True,
    "verbosity": -1,
}
"""What LightGBM is fitted with where a recipe says nothing else."""
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Calibrated:
    """What models that did not see a row's borrower say of some rows, and the sigmoid fitted to it."""

    slope: float
    intercept: float
    unseen: Floats
    """Log-odds of bad of the rows learnt from."""
    unseen_also: Floats
    """The same of the rows asked for beside them."""
    trees: float
    """Mean number of trees of the folds, which another fit of the same recipe may take over."""


@dataclass(frozen=True)
class Fit:
    """A model of some rows, and how it was calibrated."""

    fitted: Fitted
    calibrated: Calibrated

    @property
    def unseen(self) -> Floats:
        """Log-odds of bad that models which did not see their borrowers give the rows learnt from."""
        return self.calibrated.unseen

    @property
    def unseen_also(self) -> Floats:
        """The same of the rows asked for beside them."""
        return self.calibrated.unseen_also


Whole = tuple[lightgbm.Booster, Mapping[str, TargetCodes]]


def parameters_of(recipe: Recipe, features: Sequence[Feature]) -> dict[str, Any]:
    """LightGBM's parameters for the recipe and these features."""
    own = {"num_threads": recipe.threads, "seed": recipe.seed, "monotone_constraints": [f.monotone for f in features]}
    return {**PARAMETERS, **own, **recipe.parameters}


@dataclass(frozen=True)
class Fitting:
    """A model to be fitted, in pieces that do not wait for one another: the folds, and the whole.

    With `trees` their number is given and folds are of borrowers and months; without, the folds find it, and the whole
    comes after them. `also` are rows told apart by unseen models too.
    """

    rows: TrainingSet
    weight: Floats | None
    """Of each row; None where all count the same."""
    categories: Categories
    recipe: Recipe
    trees: float | None = None
    also: TrainingSet | None = None

    def folds(self) -> list[Callable[[], Any]]:
        """The folds; `LabelError` where there are too few bad borrowers."""
        check_enough(self.rows)
        block = np.full(len(self.rows.bad), -1) if self.trees is None else _blocks(self.rows)
        return [_Fold(self, self._fold(self.rows), block, k).run for k in range(INNER_FOLDS)]

    def calibrate(self, folds: Sequence[Any]) -> Calibrated:
        """The calibration, from what the folds gave; `LabelError` where they rank no better than chance."""
        from sklearn.linear_model import LogisticRegression

        fold, bad = self._fold(self.rows), self.rows.bad
        margin, margin_also = np.empty(len(bad)), np.empty(0 if self.also is None else len(self.also.bad))
        for k, (own, other, _) in enumerate(folds):
            margin[fold == k] = own
            if self.also is not None:
                margin_also[self._fold(self.also) == k] = other
        chosen = fold == (np.full(len(bad), -1) if self.trees is None else _blocks(self.rows))
        if len(np.unique(self.rows.borrower_id[chosen & bad])) < MIN_FOR_CALIBRATION:
            chosen = np.ones(len(margin), np.bool_)
        weight = None if self.weight is None else self.weight[chosen]
        sigmoid = LogisticRegression(C=np.inf).fit(margin[chosen].reshape(-1, 1), bad[chosen], sample_weight=weight)
        slope, intercept = float(sigmoid.coef_[0, 0]), float(sigmoid.intercept_[0])
        if slope <= 0 or all(np.ptp(own) == 0 for own, _, _ in folds):
            raise LabelError(
                "Nothing in the book tells later bads from goods: the fitted scores rank no better than chance. "
                "Check the outcomes, or give more as-of dates."
            )
        trees = float(np.mean([number for _, _, number in folds])) if self.trees is None else self.trees
        unseen, unseen_also = (clipped(slope * part + intercept) for part in (margin, margin_also))
        return Calibrated(slope, intercept, unseen, unseen_also, trees)

    def whole(self, trees: float) -> Whole:
        """A booster of all rows, and its codes; `trees` are those of the folds."""
        rows = self.rows
        codes = fit_codes(rows.x, rows.bad, rows.borrower_id, self.weight, rows.features, self.categories)
        # A model of all rows has half as many again to learn from, and carries a few more trees.
        return _booster(rows, self.weight, self.categories, self.recipe, trees * 1.1, None)[0], codes

    def _fold(self, rows: TrainingSet) -> NDArray[np.int16]:
        return borrower_fold(rows.borrower_id, INNER_FOLDS, seed=7)


def fit(
    rows: TrainingSet,
    weight: Floats | None,
    categories: Categories,
    recipe: Recipe,
    *,
    also: TrainingSet | None = None,
) -> Fit:
    """A calibrated model of the rows, without weights all of the same; `also` are told apart by unseen models too.

    Raises
    ------
    LabelError
        There is a single class, or there are too few bad borrowers.
    """
    fitting = Fitting(rows, weight, categories, recipe, also=also)
    calibrated = fitting.calibrate(at_once(fitting.folds(), recipe.threads))
    return assembled(fitting.whole(calibrated.trees), calibrated)


def assembled(whole: Whole, calibrated: Calibrated) -> Fit:
    """The fit of a booster and its calibration."""
    return Fit(Fitted(*whole, calibrated.slope, calibrated.intercept), calibrated)


def fit_scorecard(rows: TrainingSet, weight: Floats | None, categories: Categories) -> Fitted:
    """The plain scorecard of the rows alone, to be held against: a logistic regression is calibrated by itself."""
    x = cross_encode(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    codes = fit_codes(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    return Fitted(scorecard_booster(x, rows.bad, weight, rows.features), codes, 1.0, 0.0)


@dataclass(frozen=True)
class _Fold:
    """One fold to be fitted."""

    fitting: Fitting
    fold: NDArray[np.int16]
    block: NDArray[np.integer]
    k: int

    def run(self) -> tuple[Floats, Floats, int]:
        """(Margins of the fold's own rows, of the rows asked for beside, number of trees)."""
        of = self.fitting
        rows, categories, also = of.rows, of.categories, of.also
        inside, outside = (self.fold != self.k) & (self.block != self.k), self.fold == self.k
        learnt, weight = rows.take(inside), None if of.weight is None else of.weight[inside]
        if not 0 < learnt.bad.sum() < len(learnt.bad):
            raise LabelError(
                "Within a third of the borrowers all rows to learn from are of one class; bring a larger book."
            )
        codes = fit_codes(learnt.x, learnt.bad, learnt.borrower_id, weight, learnt.features, categories)
        unseen = encode(rows.x[outside], rows.features, codes, categories)
        check = None
        if of.trees is None:
            check = unseen, rows.bad[outside], None if of.weight is None else of.weight[outside]
        booster, number = _booster(learnt, weight, categories, of.recipe, of.trees, check)
        forest, other = Forest(booster), np.zeros(0)
        if also is not None:
            chosen = borrower_fold(also.borrower_id, INNER_FOLDS, seed=7) == self.k
            other = forest.margin(encode(also.x[chosen], also.features, codes, categories))
        return forest.margin(unseen), other, number


Check = tuple[NDArray[np.float32], Flags, Floats | None]


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


def check_enough(rows: TrainingSet) -> None:
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
