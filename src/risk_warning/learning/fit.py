"""Fitting: shallow, monotone LightGBM trees or a plain scorecard, then a sigmoid on the margin.

The number of trees and the calibration come from folds of borrowers within the training rows, so nothing is tuned on
the rows that evaluate the model. If the number of trees is already known, each fold also leaves out a stretch of
months. The slope of the calibration then comes from rows whose borrower and month the fold's model has not seen, since
PDs of months it has seen are too far apart. The intercept comes from all rows: in a stretch left out, the level of the
PDs depends on how that stretch differed from the others, which says nothing about later months.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

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
"""Fewest borrowers who turn bad, and fewest who do not, to learn from: rows of one borrower are much alike."""
MIN_MONTHS_FOR_BLOCKS = 6
MIN_FOR_CALIBRATION = 100
"""Fewest bad borrowers to take the slope only from rows with unseen borrower and unseen month."""
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
    # "advanced" moved margins by up to 0.09 against a direction, "intermediate" by 0.005 on one book. "basic" keeps
    # the directions and ranks the card data as well (AUC 0.790 by 5 folds, as with "intermediate").
    "monotone_constraints_method": "basic",
    "deterministic": True,
    # Row-wise training takes twice as long for the same trees.
    "force_col_wise": True,
    "verbosity": -1,
}
"""Default LightGBM parameters, which a recipe may replace."""
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Calibrated:
    """The sigmoid of a fit, and log-odds of rows by models that did not see their borrowers."""

    slope: float
    intercept: float
    unseen: Floats
    """Log-odds of bad of the rows learnt from."""
    unseen_also: Floats
    """Log-odds of bad of the rows in `Fitting.also`."""
    trees: float
    """Mean number of trees of the folds, which another fit of the same recipe may reuse."""


@dataclass(frozen=True)
class Fit:
    """A model of some rows, and its calibration."""

    fitted: Fitted
    calibrated: Calibrated

    @property
    def unseen(self) -> Floats:
        """Log-odds of bad of the rows learnt from, by models that did not see their borrowers."""
        return self.calibrated.unseen

    @property
    def unseen_also(self) -> Floats:
        """Log-odds of bad of the rows in `Fitting.also`, by models that did not see their borrowers."""
        return self.calibrated.unseen_also


Whole = tuple[lightgbm.Booster, Mapping[str, TargetCodes]]


def parameters_of(recipe: Recipe, features: Sequence[Feature]) -> dict[str, Any]:
    """Return the LightGBM parameters for the recipe and these features."""
    own = {"num_threads": recipe.threads, "seed": recipe.seed, "monotone_constraints": [f.monotone for f in features]}
    return {**PARAMETERS, **own, **recipe.parameters}


@dataclass(frozen=True)
class Fitting:
    """A model to be fitted in independent pieces: the folds and the whole.

    If `trees` is given, folds are of borrowers and months. If not, folds are of borrowers only, they determine the
    number of trees, and the whole is fitted after them. `also` are further rows to be scored by models that did not
    see their borrowers.
    """

    rows: TrainingSet
    weight: Floats | None
    """Weight of each row; None if all count the same."""
    categories: Categories
    recipe: Recipe
    trees: float | None = None
    also: TrainingSet | None = None

    def folds(self) -> list[Callable[[], Any]]:
        """Return a function for each fold that fits it.

        Raises
        ------
        LabelError
            There are too few bad borrowers, or too few good ones.
        """
        check_enough(self.rows)
        block = np.full(len(self.rows.bad), -1) if self.trees is None else _blocks(self.rows)
        return [_Fold(self, self._fold(self.rows), block, k).run for k in range(INNER_FOLDS)]

    def calibrate(self, folds: Sequence[Any]) -> Calibrated:
        """Return the calibration from the results of the folds.

        Raises
        ------
        LabelError
            The folds rank no better than chance.
        """
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
        slope = float(sigmoid.coef_[0, 0])
        if slope <= 0 or all(np.ptp(own) == 0 for own, _, _ in folds):
            raise LabelError(
                "Nothing in the book separates later bads from goods: the fitted scores rank no better than chance. "
                "Check the outcomes, or give more as-of dates."
            )
        intercept = calibration_in_the_large(slope * margin, self.rows.bad, self.weight)
        trees = float(np.mean([number for _, _, number in folds])) if self.trees is None else self.trees
        unseen, unseen_also = (clipped(slope * part + intercept) for part in (margin, margin_also))
        return Calibrated(slope, intercept, unseen, unseen_also, trees)

    def whole(self, trees: float) -> Whole:
        """Return (a booster of all rows, its codes); `trees` is the number of trees in the folds."""
        rows = self.rows
        codes = fit_codes(rows.x, rows.bad, rows.borrower_id, self.weight, rows.features, self.categories)
        # The model of all rows has half as many rows again as a fold, which supports a few more trees.
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
    """Fit a calibrated model of the rows.

    Without `weight` all rows count the same. `also` are further rows to be scored by models that did not see their
    borrowers.

    Raises
    ------
    LabelError
        There is only one class, or there are too few bad borrowers.
    """
    fitting = Fitting(rows, weight, categories, recipe, also=also)
    calibrated = fitting.calibrate(at_once(fitting.folds(), recipe.threads))
    return assembled(fitting.whole(calibrated.trees), calibrated)


def assembled(whole: Whole, calibrated: Calibrated) -> Fit:
    """Return the fit that consists of a booster and its calibration."""
    return Fit(Fitted(*whole, calibrated.slope, calibrated.intercept), calibrated)


def fit_scorecard(rows: TrainingSet, weight: Floats | None, categories: Categories) -> Fitted:
    """Fit the plain scorecard of the rows, for comparison; a logistic regression needs no further calibration."""
    x = cross_encode(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    codes = fit_codes(rows.x, rows.bad, rows.borrower_id, weight, rows.features, categories)
    return Fitted(scorecard_booster(x, rows.bad, weight, rows.features), codes, 1.0, 0.0)


@dataclass(frozen=True)
class _Fold:
    """One fold to fit."""

    fitting: Fitting
    fold: NDArray[np.int16]
    block: NDArray[np.integer]
    k: int

    def run(self) -> tuple[Floats, Floats, int]:
        """Return (margins of the fold's own rows, margins of its part of `Fitting.also`, number of trees)."""
        of = self.fitting
        rows, categories, also = of.rows, of.categories, of.also
        inside, outside = (self.fold != self.k) & (self.block != self.k), self.fold == self.k
        learnt, weight = rows.take(inside), None if of.weight is None else of.weight[inside]
        if not 0 < learnt.bad.sum() < len(learnt.bad):
            raise LabelError("In one fold of the borrowers all training rows are of one class; bring a larger book.")
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


def calibration_in_the_large(log_odds: Floats, bad: Flags, weight: Floats | None) -> float:
    """Return what to add to the log-odds so that the PDs sum to the number of bads; there are bads and goods."""
    base = float(logit(np.average(bad, weights=weight)))

    def excess(shift: float) -> float:
        return float(np.average(expit(log_odds + shift) - bad, weights=weight))

    # At these ends every PD is below, and above, the bad rate.
    return float(brentq(excess, base - log_odds.max() - 1, base - log_odds.min() + 1))


Check = tuple[NDArray[np.float32], Flags, Floats | None]


def _booster(
    rows: TrainingSet,
    weight: Floats | None,
    categories: Categories,
    recipe: Recipe,
    trees: float | None,
    check: Check | None,
) -> tuple[lightgbm.Booster, int]:
    """Return (a booster of the rows, its number of trees); `check` are the encoded rows for early stopping."""
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
    """Raise `LabelError` if too few borrowers are bad, or too few are good."""
    bad = np.unique(rows.borrower_id[rows.bad])
    good = len(np.unique(rows.borrower_id[~rows.bad]))
    if min(len(bad), good) < MIN_BORROWERS:
        raise LabelError(
            f"Of {len(np.unique(rows.borrower_id)):,} borrowers to learn from {len(bad):,} turn bad; at least "
            f"{MIN_BORROWERS} who do and as many who do not are needed, however many rows they have. Give more as-of "
            "dates, a longer horizon, or a larger book."
        )


def _blocks(rows: TrainingSet) -> NDArray[np.integer]:
    """Return the stretch of months of each row, 0 … `INNER_FOLDS` − 1; −1 for all if there are too few months."""
    days = np.array([day.toordinal() for day in rows.dates])
    there = np.unique(days[np.unique(rows.date_index)])
    if len(there) < MIN_MONTHS_FOR_BLOCKS:
        return np.full(len(rows.bad), -1)
    position = np.searchsorted(there, days)
    blocks: NDArray[np.integer] = (position * INNER_FOLDS // len(there))[rows.date_index]
    return blocks


def dataset(x: NDArray[np.float32], bad: Flags, weight: Floats | None, features: Sequence[Feature]) -> lightgbm.Dataset:
    """Return the rows and five empty ones: LightGBM reads NaN as 0 in a feature that had no NaN in training."""
    empty = np.full((5, x.shape[1]), np.nan, np.float32)
    counted = np.concatenate((np.ones(len(bad)) if weight is None else weight, np.full(5, 1e-6)))
    label = np.concatenate((bad, np.zeros(5, np.bool_)))
    return lightgbm.Dataset(np.concatenate((x, empty)), label, weight=counted, feature_name=[f.name for f in features])


def _check_missing(booster: lightgbm.Booster) -> None:
    """Raise `RuntimeError` if a split would read an empty value as 0: such a model is a bug and must not be saved."""
    table = booster.trees_to_dataframe()
    kinds = set(table.loc[table["split_feature"].notna(), "missing_type"])
    if not kinds <= {"NaN"}:
        raise RuntimeError(f"the model has splits of missing type {sorted(kinds - {'NaN'})}")
