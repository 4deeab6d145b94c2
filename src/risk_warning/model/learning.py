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
from risk_warning.model.baseline import Baseline, fit_baseline
from risk_warning.model.fit import Categories, Fitted, encode, fit
from risk_warning.model.recipe import Recipe
from risk_warning.model.training_set import TrainingSet
from risk_warning.model.tuning import Tuning, tuned
from risk_warning.model.weights import weighted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Learnt:
    """A model with the rows it learnt from and its rivals on the same rows."""

    rows: TrainingSet
    weight: Floats | None
    """Of each row; None where all count the same."""
    fitted: Fitted
    unseen: Floats
    """Log-odds that models which did not see them give its rows."""
    recipe: Recipe
    """With the parameters that were found, where it was tuned."""
    rivals: Mapping[str, Fitted | Baseline]
    """`scorecard`, and `untuned` where it was tuned."""
    categories: Categories

    def log_odds(self, rows: TrainingSet) -> dict[str, Floats]:
        """Log-odds of bad of other rows: `model`'s, and each rival's."""
        x = encode(rows.x, rows.features, self.fitted.codes, self.categories)
        found = {MODEL: self.fitted.log_odds(x)}
        for name, rival in self.rivals.items():
            # Codes depend on the rows alone, which all have in common.
            found[name] = rival.log_odds(x)
        return found


MODEL, SCORECARD, UNTUNED = "model", "scorecard", "untuned"


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
    rows, weight = taught.rows, taught.weight
    rivals: dict[str, Fitted | Baseline] = {}

    def fitted_by(by: Recipe) -> tuple[Fitted, Floats]:
        return fit(rows.x, rows.bad, rows.borrower_id, rows.features, categories, by, weight)

    if tuning is not None:
        rivals[UNTUNED] = fitted_by(recipe)[0]
        found = tuned(tuning, stage, recipe, rows.x, rows.bad, weight, rows.borrower_id, rows.features, categories)
        recipe = replace(recipe, parameters={**recipe.parameters, **found})
    fitted, unseen = fitted_by(recipe)
    x = encode(rows.x, rows.features, fitted.codes, categories)
    rivals[SCORECARD] = fit_baseline(x, rows.bad, weight)
    return Learnt(rows, weight, fitted, unseen, recipe, rivals, categories)


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
