"""Tuning: search LightGBM's parameters within the training rows, by folds of borrowers.

A trial is evaluated by log loss, which penalises PDs that are off, over the same folds as the fit. It is pruned if it
is worse than the median of those before it (Optuna's median pruner). The first trial uses the untuned parameters, so
the chosen ones are never worse than these on the folds. Trials are stored in SQLite: an interrupted search resumes,
and since each trial has its own seed, the result is the same as without the interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.digest import canonical_json, sha256
from risk_warning.core.features import Feature
from risk_warning.core.splits import borrower_fold
from risk_warning.learning.fit import (
    INNER_FOLDS,
    MAX_TREES,
    PATIENCE,
    dataset,
    parameters_of,
)
from risk_warning.learning.recipe import Recipe
from risk_warning.model.encoding import Categories, cross_encode, encode, fit_codes

_LOSS = "binary_logloss"
_STARTUP_TRIALS = 8
"""Trials before the first one is pruned, and before the sampler learns from any."""


@dataclass(frozen=True)
class Tuning:
    """A parameter search: the number of trials, their storage, and the identity of the search."""

    trials: int
    storage: Path
    belongs_to: str
    """Identity of the search: the digest of the data, the target, the dates."""
    advance: Callable[[str], None] | None = None
    """Called after each trial with what is being done."""


def tuned(
    tuning: Tuning,
    stage: str,
    recipe: Recipe,
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    weight: NDArray[np.float64] | None,
    borrower_id: NDArray[Any],
    features: Sequence[Feature],
    categories: Categories,
) -> Mapping[str, float]:
    """Return the parameters with the least loss; `stage` identifies a search within a training, such as "fold 2"."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds = _folds(recipe, x, bad, weight, borrower_id, features, categories)
    fixed = parameters_of(recipe, features)

    def loss(trial: optuna.Trial) -> float:
        parameters = fixed | _ask(trial)
        losses = []
        for step, (train, check) in enumerate(folds):
            booster = lightgbm.train(
                parameters,
                train,
                MAX_TREES,
                valid_sets=[check],
                callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
            )
            losses.append(float(booster.best_score["valid_0"][_LOSS]))
            trial.report(float(np.mean(losses)), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(losses))

    tuning.storage.parent.mkdir(parents=True, exist_ok=True)
    identity = canonical_json([tuning.belongs_to, stage, asdict(recipe)])
    study = optuna.create_study(
        storage=f"sqlite:///{tuning.storage}",
        study_name=sha256(identity)[:32],
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS),
        load_if_exists=True,
    )
    if not study.trials:
        study.enqueue_trial({name: fixed[name] for name in SEARCHED})
    done = [optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED]
    for number in range(len(study.get_trials(deepcopy=False, states=done)), tuning.trials):
        study.sampler = optuna.samplers.TPESampler(n_startup_trials=_STARTUP_TRIALS, seed=recipe.seed + number)
        study.optimize(loss, n_trials=1)
        if tuning.advance:
            tuning.advance(f"tuning, {stage}")
    return {name: study.best_params[name] for name in SEARCHED}


SEARCHED = (
    "max_depth",
    "num_leaves",
    "learning_rate",
    "min_data_in_leaf",
    "feature_fraction",
    "bagging_fraction",
    "lambda_l2",
)


def _ask(trial: Any) -> dict[str, float]:
    """Return the parameters that a trial tries: shallow trees, so that a score has few reasons."""
    return {
        "max_depth": trial.suggest_int("max_depth", 2, 6),
        "num_leaves": trial.suggest_int("num_leaves", 4, 31, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.1, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 500, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
    }


def _folds(
    recipe: Recipe,
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    weight: NDArray[np.float64] | None,
    borrower_id: NDArray[Any],
    features: Sequence[Feature],
    categories: Categories,
) -> list[tuple[lightgbm.Dataset, lightgbm.Dataset]]:
    """Return (rows to learn from, rows to check on) of each fold, binned once for all trials."""
    fold = borrower_fold(borrower_id, INNER_FOLDS, seed=7)
    folds = []
    for k in range(INNER_FOLDS):
        inside, outside = fold != k, fold == k
        own = None if weight is None else weight[inside]
        ids = borrower_id[inside]
        codes = fit_codes(x[inside], bad[inside], ids, own, features, categories)
        train = dataset(
            cross_encode(x[inside], bad[inside], ids, own, features, categories), bad[inside], own, features
        )
        check = lightgbm.Dataset(
            encode(x[outside], features, codes, categories),
            bad[outside],
            weight=None if weight is None else weight[outside],
            reference=train,
        )
        # Trials use different leaf sizes, so no feature may be dropped because of the first trial's.
        for part in (train, check):
            part.params = {"feature_pre_filter": False, "verbosity": -1, "num_threads": recipe.threads}
            part.free_raw_data = False
        folds.append((train.construct(), check.construct()))
    return folds
