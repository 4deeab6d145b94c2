"""The check of directions finds violations, and an interrupted parameter search continues where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from training_rows import rows

from risk_warning.core.features import registry
from risk_warning.learning.fit import dataset, fit
from risk_warning.learning.monotone import check_directions
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.tuning import SEARCHED, Tuning, tuned
from risk_warning.model.fitted import Fitted

RISING = tuple(f for f in registry() if f.monotone == 1 and not f.is_category)[:3]
X = np.random.default_rng(0).normal(size=(6_000, 3)).astype(np.float32)
# The middle is the riskiest, so a model keeps a direction only if training forces it.
BAD = np.random.default_rng(1).random(6_000) < np.exp(-(X[:, 0].astype(np.float64) ** 2)) * 0.4 + 0.02


def test_a_forest_held_to_its_directions_keeps_them() -> None:
    learnt = replace(rows(len(X)), features=RISING, x=X, bad=BAD)
    fitted = fit(learnt, None, {}, Recipe(parameters={"min_data_in_leaf": 20})).fitted
    check = check_directions(fitted, RISING, X)
    assert check.violations == () and check.features > 0 and check.steps > 1_000


def test_a_forest_that_moves_against_a_direction_is_found_out() -> None:
    free = lightgbm.train({"objective": "binary", "verbosity": -1, "seed": 1}, dataset(X, BAD, None, RISING), 30)
    check = check_directions(Fitted(free, {}, 1.0, 0.0), RISING, X)
    assert RISING[0].name in {violation.feature for violation in check.violations}
    assert max(violation.size for violation in check.violations) > 0.1
    falling = tuple(replace(feature, monotone=-1) for feature in RISING)
    assert check_directions(Fitted(free, {}, 1.0, 0.0), falling, X).violations
    anyhow = tuple(replace(feature, monotone=0) for feature in RISING)
    assert check_directions(Fitted(free, {}, 1.0, 0.0), anyhow, X).features == 0


@pytest.mark.slow
def test_an_interrupted_search_comes_to_what_it_would_have_come_to(tmp_path: Path) -> None:
    def search(place: str, trials: int) -> tuple[dict[str, float], list[str]]:
        stages: list[str] = []
        tuning = Tuning(trials, tmp_path / place / "tuning.db", "a book", stages.append)
        parameters = tuned(tuning, "all", Recipe(threads=1), X, BAD, None, np.arange(len(X)), RISING, {})
        return dict(parameters), stages

    whole, stages = search("whole", 10)
    assert len(stages) == 10 and set(whole) == set(SEARCHED)
    _, first = search("parts", 4)
    parts, rest = search("parts", 10)
    assert (len(first), len(rest)) == (4, 6)
    assert parts == whole
    again, none = search("parts", 10)
    assert (again, none) == (whole, [])
    Recipe(parameters=whole)  # a recipe accepts all of them
