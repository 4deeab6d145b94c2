"""Learning: a model of some rows by a recipe, tuned where asked for, and what it has to be better than."""

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
    """Of each row; None where all count the same."""
    fit: Fit
    recipe: Recipe
    """With the parameters that were found, where it was tuned."""
    rivals: Mapping[str, Fitted]
    """`scorecard` (of a scorecard: `trees`), and `untuned` where it was tuned."""
    categories: Categories

    @property
    def fitted(self) -> Fitted:
        """The model."""
        return self.fit.fitted

    def log_odds(self, rows: TrainingSet) -> dict[str, Floats]:
        """Log-odds of bad of other rows: `model`'s, and each rival's."""
        models = {MODEL: self.fitted, **self.rivals}
        return {name: fitted.log_odds_of(rows.x, rows.features, self.categories) for name, fitted in models.items()}


@dataclass(frozen=True)
class Begun:
    """A learning whose folds are done: calibrated, the number of trees known, the model of all rows still to come."""

    fitting: Fitting
    calibrated: Calibrated
    rivals: Mapping[str, Fitted]

    def finished(self, whole: Whole) -> Learnt:
        """The learning with its model."""
        of = self.fitting
        return Learnt(of.rows, of.weight, assembled(whole, self.calibrated), of.recipe, self.rivals, of.categories)


def begin(
    rows: TrainingSet,
    categories: Categories,
    recipe: Recipe,
    horizon_months: int,
    *,
    tuning: Tuning | None = None,
    stage: str = "",
) -> Begun:
    """The folds and the rivals; `LabelError` where there is too little to learn from."""
    taught = weighted(rows, recipe, horizon_months)
    learnt, weight = taught.rows, taught.weight
    recipes = {} if recipe.learner == TREES else {TREES: replace(recipe, learner=TREES)}
    if tuning is not None:
        recipes[UNTUNED] = recipe
        found = tuned(
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
        recipe = replace(recipe, parameters={**recipe.parameters, **found})
    fitting = Fitting(learnt, weight, categories, recipe, also=rows)
    folds = fitting.folds()
    beside = [lambda: fit_scorecard(learnt, weight, categories)] if recipe.learner == TREES else []
    done = at_once([*folds, *beside], recipe.threads)
    rivals = dict(zip([SCORECARD], done[len(folds) :], strict=False))
    rivals |= {name: fit(learnt, weight, categories, by).fitted for name, by in recipes.items()}
    return Begun(fitting, fitting.calibrate(done[: len(folds)]), rivals)


def learn(
    rows: TrainingSet,
    categories: Categories,
    recipe: Recipe,
    horizon_months: int,
    *,
    tuning: Tuning | None = None,
    stage: str = "",
) -> Learnt:
    """A model of the rows, and its rivals; `LabelError` where there is too little to learn from."""
    begun = begin(rows, categories, recipe, horizon_months, tuning=tuning, stage=stage)
    return begun.finished(begun.fitting.whole(begun.calibrated.trees))


def finish_and_refit(
    begun: Begun, rows: TrainingSet, horizon_months: int, also: TrainingSet
) -> tuple[Learnt, TrainingSet, Floats | None, Fit]:
    """(The learning finished, the rows learnt from anew, how much each counts, their fit), all fitted at once.

    The second fit follows the recipe and the number of trees of the first, on all `rows`; of the rows `also` it is
    asked too what models that did not see their borrowers say.
    """
    recipe, trees = begun.fitting.recipe, begun.calibrated.trees
    taught = weighted(rows, recipe, horizon_months)
    anew = Fitting(taught.rows, taught.weight, begun.fitting.categories, recipe, trees, also)
    # The longest first: the shorter ones fill what is left beside it.
    work: list[Callable[[], Any]] = [
        lambda: anew.whole(trees),
        *anew.folds(),
        lambda: begun.fitting.whole(trees),
    ]
    whole, *folds, first = at_once(work, recipe.threads)
    return begun.finished(first), taught.rows, taught.weight, assembled(whole, anew.calibrate(folds))


def unstable(rows: TrainingSet, max_feature_psi: float) -> dict[str, float]:
    """Feature → PSI between the first and the second half of the dates, of those above the limit, the largest first."""
    half = np.median(np.unique(rows.date_index))
    first = rows.date_index < half
    if first.all() or not first.any():
        return {}
    found = {feature.name: _moved(rows.x[:, column], first) for column, feature in enumerate(rows.features)}
    return {name: moved for name, moved in sorted(found.items(), key=lambda item: -item[1]) if moved > max_feature_psi}


def _moved(values: NDArray[Any], first: NDArray[np.bool_]) -> float:
    return psi(values[first], values[~first])


def without(rows: TrainingSet, names: Sequence[str]) -> TrainingSet:
    """The rows without some features; `LabelError` where none is left, or none that takes more than one value."""
    kept = [i for i, feature in enumerate(rows.features) if feature.name not in set(names)]
    if not any(len(np.unique(rows.x[:, i])) > 1 for i in kept):
        raise LabelError("Every feature moved more than allowed between the dates; raise --max-feature-psi.")
    features: tuple[Feature, ...] = tuple(rows.features[i] for i in kept)
    return replace(rows, features=features, x=rows.x[:, kept])
