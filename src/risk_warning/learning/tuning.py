"""Tuning: LightGBM's parameters searched for within the rows that are learnt from, by folds of their borrowers.

A trial is judged by log loss, which a PD that is off pays for, over the same folds as the fit; it is given up where it
is worse than the middle of those before it (Optuna's median pruner). The first trial is the parameters used without
tuning, so that none worse on these folds is chosen. What was tried lies in SQLite: an interrupted search goes on, and
comes to what it would have come to, since each trial draws from a seed of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

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
"""Trials before any is given up or learnt from."""


@dataclass(frozen=True)
class Tuning:
    """A search: how many trials, where they are kept, and what they belong to."""

    trials: int
    storage: Path
    belongs_to: str
    """What makes it the same search: the digest of the data, the target, the dates."""
    advance: Callable[[str], None] | None = None
    """Told what is being done after each trial."""


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
    """The parameters with the least loss; `stage` tells searches of one training apart, such as "fold 2"."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds = _folds(recipe, x, bad, weight, borrower_id, features, categories)
    fixed = parameters_of(recipe, features)

    def loss(trial: optuna.Trial) -> float:
        asked = fixed | _ask(trial)
        losses = []
        for step, (train, check) in enumerate(folds):
            booster = lightgbm.train(
                asked,
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
    identity = json.dumps([tuning.belongs_to, stage, recipe.to_dict()], sort_keys=True)
    study = optuna.create_study(
        storage=f"sqlite:///{tuning.storage}",
        study_name=hashlib.sha256(identity.encode()).hexdigest()[:32],
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
    """What a trial tries: shallow trees, whose reasons stay few."""
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
    """(rows to learn from, rows to check by) of each fold, binned once for all trials."""
    fold = borrower_fold(borrower_id, INNER_FOLDS, seed=7)
    made = []
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
        # Trials ask for different leaf sizes: no feature may be dropped for those of the first.
        for part in (train, check):
            part.params = {"feature_pre_filter": False, "verbosity": -1, "num_threads": recipe.threads}
            part.free_raw_data = False
        made.append((train.construct(), check.construct()))
    return made
