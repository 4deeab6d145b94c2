"""Learning: a model of some rows by a recipe, tuned where asked for, and what it has to be better than."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.core.stability import psi
from risk_warning.errors import LabelError
from risk_warning.model.encoding import Categories
from risk_warning.model.fit import Fit, Fitted, fit, fit_scorecard
from risk_warning.model.recipe import SCORECARD, TREES, Recipe
from risk_warning.model.training_set import TrainingSet
from risk_warning.model.tuning import Tuning, tuned
from risk_warning.model.weights import weighted

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
        return {name: fitted.of(rows, self.categories) for name, fitted in models.items()}


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
    rivals: dict[str, Fitted] = {}

    def scorecard() -> None:
        rivals[SCORECARD] = fit_scorecard(learnt, weight, categories)

    beside = [scorecard] if recipe.learner == TREES else []
    own = fit(learnt, weight, categories, recipe, also=rows, beside=beside)
    rivals |= {name: fit(learnt, weight, categories, by).fitted for name, by in recipes.items()}
    return Learnt(learnt, weight, own, recipe, rivals, categories)


def refit(
    rows: TrainingSet, categories: Categories, learnt: Learnt, horizon_months: int, also: TrainingSet
) -> tuple[TrainingSet, Floats | None, Fit]:
    """(Rows learnt from, how much each counts, the fit): the recipe and number of trees of a judged model, on all rows.

    `also` are rows of which it is asked too what models that did not see their borrowers say.
    """
    taught = weighted(rows, learnt.recipe, horizon_months)
    made = fit(taught.rows, taught.weight, categories, learnt.recipe, trees=learnt.fit.trees, also=also)
    return taught.rows, taught.weight, made


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
    """The rows without some features; `LabelError` where none is left."""
    kept = [i for i, feature in enumerate(rows.features) if feature.name not in set(names)]
    if not kept:
        raise LabelError("Every feature moved more than allowed between the dates; raise --max-feature-psi.")
    features: tuple[Feature, ...] = tuple(rows.features[i] for i in kept)
    return replace(rows, features=features, x=rows.x[:, kept])
