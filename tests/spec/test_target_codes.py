"""Target codes: a code never uses the outcome of its own row, and rare values have little effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from training_rows import rows

from risk_warning.core.features import tenure
from risk_warning.core.splits import borrower_fold
from risk_warning.learning.fit import fit, fit_scorecard
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.training_set import TrainingSet
from risk_warning.model.encoding import CROSS_FOLDS, SMOOTHING_BORROWERS, TargetCodes, cross_encode, encode, fit_codes

NOISE = tenure.category("borrowers.x_noise")


def test_a_code_is_the_bad_rate_smoothed_by_borrowers_not_by_rows() -> None:
    """Of 100 borrowers on two dates each, 20 have the value, and half of these are bad; 10 of the other 80 are bad."""
    borrower = np.repeat(np.arange(100), 2)
    value = np.where(borrower < 20, 0.0, 1.0).astype(np.float32)
    bad = (borrower < 10) | ((borrower >= 20) & (borrower < 30))
    codes = TargetCodes.fit(value, bad, borrower, ("a", "b"))
    weight = 20 / (20 + SMOOTHING_BORROWERS)
    assert codes.codes["a"] == pytest.approx(weight * 0.5 + (1 - weight) * 0.2)
    once = TargetCodes.fit(value[::2], bad[::2], borrower[::2], ("a", "b"))
    assert once.codes == codes.codes, "the same borrowers on one date say the same"
    assert codes.other == pytest.approx(0.2)


def test_a_row_is_encoded_by_the_outcomes_of_other_borrowers() -> None:
    """Each value belongs to one borrower and no other borrower has it, so its code is the bad rate of all."""
    n = 400
    borrower, value = np.arange(n), np.arange(n).astype(np.float32)
    bad = borrower % 4 == 0
    names = {"borrowers.x_noise": tuple(str(k) for k in range(n))}
    x = cross_encode(value[:, None], bad, borrower, None, (NOISE,), names)
    fold = borrower_fold(borrower, CROSS_FOLDS, seed=5)
    for k in range(CROSS_FOLDS):
        assert np.unique(x[fold == k]).tolist() == pytest.approx([bad[fold != k].mean()])
    codes = fit_codes(value[:, None], bad, borrower, None, (NOISE,), names)
    naive = encode(value[:, None], (NOISE,), codes, names)
    assert naive[bad].min() > naive[~bad].max(), "what a code that has seen its own outcome would give away"


def with_noise(
    some: TrainingSet, columns: int, values: int, seed: int
) -> tuple[TrainingSet, dict[str, tuple[str, ...]]]:
    """Return the rows with random categories added."""
    random = np.random.default_rng(seed)
    more = tuple(tenure.category(f"borrowers.x_noise{k}") for k in range(columns))
    drawn = random.integers(0, values, (len(some.bad), columns)).astype(np.float32)
    names = {feature.needs[0]: tuple(str(k) for k in range(values)) for feature in more}
    return replace(some, features=(*some.features, *more), x=np.concatenate((some.x, drawn), axis=1)), names


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "values"), [(1, 300), (3, 3_000), (10, 3_000)])
def test_random_categories_cost_neither_trees_nor_scorecard_their_ranking(columns: int, values: int) -> None:
    from sklearn.metrics import roc_auc_score

    train, fresh = rows(30_000), rows(30_000, seed=1)
    plain = fit(train, None, {}, Recipe()).fitted, fit_scorecard(train, None, {})
    noisy, names = with_noise(train, columns, values, 2)
    later, _ = with_noise(fresh, columns, values, 3)
    made = fit(noisy, None, names, Recipe()).fitted, fit_scorecard(noisy, None, names)
    for without, with_them in zip(plain, made, strict=True):
        before = without.log_odds_of(fresh.x, fresh.features, {})
        after = with_them.log_odds_of(later.x, later.features, names)
        assert roc_auc_score(fresh.bad, after) > roc_auc_score(fresh.bad, before) - 0.003
        pd = 1 / (1 + np.exp(-after))
        assert fresh.bad.sum() / pd.sum() == pytest.approx(1, abs=0.06)
