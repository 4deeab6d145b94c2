"""Learning: fit a model to rows by a recipe, tuned if requested, and the rivals that it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.errors import LabelError
from risk_warning.learning.fit import Calibrated, Fit, Fitting, Whole, assembled, fit, fit_scorecard
from risk_warning.learning.parallel import at_once
from risk_warning.learning.recipe import SCORECARD, TREES, Recipe
from risk_warning.learning.training_set import TrainingSet
from risk_warning.learning.tuning import Tuning, tuned
from risk_warning.learning.weights import weighted
from risk_warning.model.encoding import Categories
from risk_warning.model.fitted import Fitted
from risk_warning.stats.stability import psi

Floats = NDArray[np.float64]
MODEL, UNTUNED = "model", "untuned"


@dataclass(frozen=True)
class Learnt:
    """A model with the rows it learnt from and its rivals on the same rows."""

    rows: TrainingSet
    weight: Floats | None
    """Weight of each row; None if all count the same."""
    fit: Fit
    recipe: Recipe
    """The recipe; with the best parameters if it was tuned."""
    rivals: Mapping[str, Fitted]
    """`scorecard` (if the model is one: `trees`), and `untuned` if the model was tuned."""
    categories: Categories

    @property
    def fitted(self) -> Fitted:
        """The model."""
        return self.fit.fitted

    def log_odds(self, rows: TrainingSet) -> dict[str, Floats]:
        """Return model → log-odds of bad of other rows, for `model` and each rival."""
        models = {MODEL: self.fitted, **self.rivals}
        return {name: fitted.log_odds_of(rows.x, rows.features, self.categories) for name, fitted in models.items()}


@dataclass(frozen=True)
class Begun:
    """A fit whose folds are done.

    It is calibrated and its number of trees is known, but the model of all rows is not fitted yet.
    """

    fitting: Fitting
    calibrated: Calibrated
    rivals: Mapping[str, Fitted]

    def learnt(self) -> Learnt:
        """Fit the model of all rows and return the finished fit."""
        return self.finished(self.fitting.whole(self.calibrated.trees), self.calibrated)

    def finished(self, whole: Whole, calibrated: Calibrated) -> Learnt:
        """Return the finished fit, with the model of all rows and its calibration."""
        of = self.fitting
        return Learnt(of.rows, of.weight, assembled(whole, calibrated), of.recipe, self.rivals, of.categories)


def begin(
    rows: TrainingSet,
    categories: Categories,
    recipe: Recipe,
    horizon_months: int,
    *,
    tuning: Tuning | None = None,
    stage: str = "",
) -> Begun:
    """Fit the folds and the rivals.

    Raises
    ------
    LabelError
        There is too little to learn from.
    """
    taught = weighted(rows, recipe, horizon_months)
    learnt, weight = taught.rows, taught.weight
    recipes = {} if recipe.learner == TREES else {TREES: replace(recipe, learner=TREES)}
    if tuning is not None:
        recipes[UNTUNED] = recipe
        best = tuned(
            tuning,
            stage,
            recipe,
            learnt.x,
            learnt.bad,
            weight,
            learnt.borrower_id,
            learnt.features,
            categories,
        )
        recipe = replace(recipe, parameters={**recipe.parameters, **best})
    fitting = Fitting(learnt, weight, categories, recipe, also=rows)
    folds = fitting.folds()
    beside = [lambda: fit_scorecard(learnt, weight, categories)] if recipe.learner == TREES else []
    done = at_once([*folds, *beside], recipe.threads)
    rivals = dict(zip([SCORECARD], done[len(folds) :], strict=False))
    rivals |= {name: fit(learnt, weight, categories, by).fitted for name, by in recipes.items()}
    return Begun(fitting, fitting.calibrate(done[: len(folds)]), rivals)


def finish_and_refit(
    begun: Begun, rows: TrainingSet, horizon_months: int, also: TrainingSet
) -> tuple[Learnt, TrainingSet, Floats | None, Fit]:
    """Return (the first fit, finished, rows of the second fit, their weights, the second fit), fitted in parallel.

    The second fit uses the recipe and the number of trees of the first, on all `rows`. The slopes of both calibrations
    come from folds of borrowers and months: folds of borrowers alone share the shocks of their months with the rows
    they are checked on, and the slope out of time was 0.93 to 0.96 instead of 1.00. The rows `also` are scored too, by
    models that did not see their borrowers.
    """
    recipe, trees = begun.fitting.recipe, begun.calibrated.trees
    taught = weighted(rows, recipe, horizon_months)
    first = replace(begun.fitting, trees=trees)
    second = Fitting(taught.rows, taught.weight, begun.fitting.categories, recipe, trees, also)
    # Start with the longest, so that the shorter ones run beside it.
    work: list[Callable[[], Any]] = [
        lambda: second.whole(trees),
        *second.folds(),
        lambda: first.whole(trees),
        *first.folds(),
    ]
    done = at_once(work, recipe.threads)
    of_second, of_first = done[: len(done) // 2], done[len(done) // 2 :]
    learnt = begun.finished(of_first[0], first.calibrate(of_first[1:]))
    return learnt, taught.rows, taught.weight, assembled(of_second[0], second.calibrate(of_second[1:]))


def unstable(rows: TrainingSet, max_feature_psi: float) -> dict[str, float]:
    """Return feature → PSI between the first and the second half of the dates, if above the limit, largest first."""
    half = np.median(np.unique(rows.date_index))
    first = rows.date_index < half
    if first.all() or not first.any():
        return {}
    by_feature = {feature.name: _moved(rows.x[:, column], first) for column, feature in enumerate(rows.features)}
    return {
        name: moved for name, moved in sorted(by_feature.items(), key=lambda item: -item[1]) if moved > max_feature_psi
    }


def _moved(values: NDArray[Any], first: NDArray[np.bool_]) -> float:
    return psi(values[first], values[~first])


def without(rows: TrainingSet, names: Sequence[str]) -> TrainingSet:
    """Return the rows without some features.

    Raises
    ------
    LabelError
        No feature is left, or none that takes more than one value.
    """
    kept = [i for i, feature in enumerate(rows.features) if feature.name not in set(names)]
    if not any(len(np.unique(rows.x[:, i])) > 1 for i in kept):
        raise LabelError("The PSI of every feature is above the limit; raise --max-feature-psi.")
    features: tuple[Feature, ...] = tuple(rows.features[i] for i in kept)
    return replace(rows, features=features, x=rows.x[:, kept])
