"""The recipe: its valid values, how it draws and weights rows, and the scorecard that a model is compared with."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_rows import FEATURES, rows

from risk_warning.core.digest import canonical_json
from risk_warning.core.features import registry
from risk_warning.core.scorecard import probability
from risk_warning.errors import SettingsError
from risk_warning.learning.fit import fit
from risk_warning.learning.learn import unstable
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.recipe_file import read_recipes
from risk_warning.learning.scorecard import as_booster, fit_points
from risk_warning.learning.weights import weighted
from risk_warning.model.explain.contributions import Contributions
from risk_warning.model.forest import Forest

FOUR = (*FEATURES, replace(FEATURES[0], name="twice"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"parameters": {"leaves": 3}}, "no parameter leaves; it may set max_depth"),
        ({"parameters": {"num_leaves": 3.5}}, "num_leaves is a whole number from 2 to 64, not 3.5"),
        ({"parameters": {"learning_rate": 2}}, "learning_rate is a number from 0.001 to 0.5"),
        ({"without_families": ("weather",)}, "no feature family weather"),
        ({"half_life_months": 0.0}, "half_life_months is a number above 0"),
        ({"history_months": -1}, "history_months is a number above 0"),
        ({"max_feature_psi": float("nan")}, "max_feature_psi is a number above 0"),
        ({"good_share": 0.0}, "good_share lies between 0 and 1"),
        ({"contacted": "drop"}, "contacted is one of keep, leave-out, weigh, not drop"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Recipe(**wrong)


def test_a_recipe_file_keeps_its_numbers_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        'without_features = ["dpd_now"]\nhalf_life_months = 6\ngood_share = 0.5\n[parameters]\nnum_leaves = 8\n'
    )
    (named_recipe,) = read_recipes([file])
    assert named_recipe.recipe == Recipe(
        without_features=("dpd_now",), half_life_months=6, good_share=0.5, parameters={"num_leaves": 8}
    )
    # With 6.0 and 8.0 the recipe would have another digest.
    assert canonical_json(asdict(named_recipe.recipe)).count(".0") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("half_life = 3", "there is no value half_life; a recipe has parameters, without_families,"),
        ("threads = true", "threads: Input should be a valid integer"),
        ("history_months = 6.0", "history_months: Input should be a valid integer"),
        ("good_share = '1'", "good_share: Input should be a valid number"),
        ("contacted = 1", "contacted: Input should be a valid string"),
        ("without_features = 'dpd_now'", "without_features: Input should be a valid array"),
        ("without_features = [1]", "without_features.0: Input should be a valid string"),
        ("[parameters]\nnum_leaves = 'a'", "parameters.num_leaves: Input should be a valid number"),
        ("good_share = 2", "good_share lies between 0 and 1, not 2"),
    ],
)
def test_a_recipe_file_that_cannot_be_used_is_refused_by_name(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(f"The recipe {file}: ") + ".*" + re.escape(words)):
        read_recipes([file])


def test_a_recipe_leaves_out_features_and_families() -> None:
    kept = Recipe(without_features=(FEATURES[0].name,)).choose(FEATURES)
    assert kept == FEATURES[1:]
    assert Recipe(without_families=(FEATURES[0].family,)).choose(registry())
    with pytest.raises(SettingsError, match="which this book does not have"):
        Recipe(without_features=("nobody_knows",)).choose(FEATURES)
    with pytest.raises(SettingsError, match="no feature to learn from"):
        Recipe(without_features=tuple(f.name for f in FEATURES)).choose(FEATURES)


def test_a_recipe_that_deals_with_contacts_asks_for_them() -> None:
    Recipe().check_tables({"borrowers"})
    Recipe(contacted="leave-out").check_tables({"borrowers", "contacts"})
    with pytest.raises(SettingsError, match="the book has no table contacts"):
        Recipe(contacted="leave-out").check_tables({"borrowers"})


def test_an_older_row_counts_for_less() -> None:
    some = rows(100)
    assert weighted(some, Recipe(), 3).weight is None
    weights = weighted(some, Recipe(half_life_months=6.0), 3).weight
    assert weights is not None and weights.mean() == pytest.approx(1)
    old, new = weights[some.date_index == 0], weights[some.date_index == 1]
    assert np.ptp(old) == np.ptp(new) == 0
    assert old[0] / new[0] == pytest.approx(0.5 ** (182 / (365.25 / 12 * 6)))


def test_of_the_good_a_share_is_drawn_and_stands_for_all() -> None:
    some, recipe = rows(40_000), Recipe(good_share=0.2)
    taught = weighted(some, recipe, 3)
    drawn, counts = taught.rows, taught.weight
    assert drawn.bad.sum() == some.bad.sum()
    goods = int((~some.bad).sum())
    assert (~drawn.bad).sum() == pytest.approx(0.2 * goods, rel=0.03)
    # The draw depends on borrower and date alone.
    half = some.take(np.arange(40_000) % 3 == 0)
    assert set(weighted(half, recipe, 3).rows.borrower_id) == set(half.borrower_id) & set(drawn.borrower_id)
    assert counts is not None and counts.sum() == pytest.approx(40_000, rel=0.03)


def test_pds_of_a_model_of_drawn_goods_are_those_of_the_whole_book() -> None:
    some, fresh = rows(60_000), rows(60_000, seed=1)
    recipe = Recipe(good_share=0.25, half_life_months=12.0)
    taught = weighted(some, recipe, 3)
    drawn = taught.rows
    fitted = fit(drawn, taught.weight, {}, recipe).fitted
    pd = probability(fitted.log_odds(fresh.x))
    assert fresh.bad.sum() / pd.sum() == pytest.approx(1, abs=0.05)
    unweighted = fit(drawn, None, {}, recipe).fitted
    assert fresh.bad.sum() / probability(unweighted.log_odds(fresh.x)).sum() < 0.5


def test_the_scorecard_is_made_of_weights_of_evidence() -> None:
    x = np.array([[0.0]] * 60 + [[1.0]] * 30 + [[np.nan]] * 10, np.float32)
    bad = np.zeros(100, np.bool_)
    bad[:6] = bad[60:75] = bad[90:93] = True
    scorecard = fit_points(x, bad, None, FEATURES[:1])
    (binned,) = scorecard.characteristics
    assert binned.edges.tolist() == [1.0]
    by_hand = [np.log(((b + 0.5) / (24 + 1.5)) / ((g + 0.5) / (76 + 1.5))) for b, g in ((6, 54), (15, 15), (3, 7))]
    assert binned.weight_of_evidence.tolist() == pytest.approx(by_hand)
    odds = scorecard.log_odds(np.array([[0.0], [1.0], [np.nan]], np.float32))
    assert odds.tolist() == pytest.approx(scorecard.intercept + scorecard.coefficients[0] * np.array(by_hand))


def test_the_scorecard_ranks_as_the_truth_and_takes_no_characteristic_twice() -> None:
    some = rows(20_000)
    doubled = np.concatenate((some.x, some.x[:, :1] * 2), axis=1)
    scorecard = fit_points(doubled, some.bad, None, FOUR)
    assert [binned.column for binned in scorecard.characteristics] == [0]
    pd = probability(scorecard.log_odds(doubled))
    assert pd.sum() == pytest.approx(some.bad.sum(), rel=0.01)


def test_a_scorecard_of_nothing_says_the_same_of_everybody() -> None:
    random = np.random.default_rng(0)
    bad = random.random(50_000) < 0.1
    scorecard = fit_points(random.normal(size=(50_000, 2)).astype(np.float32), bad, None, FEATURES[:2])
    assert scorecard.characteristics == ()
    assert probability(scorecard.log_odds(np.zeros((2, 2), np.float32))).tolist() == pytest.approx([bad.mean()] * 2)


def test_a_scorecard_as_a_booster_says_the_same_to_the_bit_and_is_explained_by_its_own_points() -> None:
    some = rows(20_000)
    x = some.x.copy()
    x[::7, 0] = np.nan
    x[:, 1] = np.round(x[:, 1])
    scorecard = fit_points(x, some.bad, None, FEATURES)
    forest = Forest(as_booster(scorecard, FEATURES))
    assert forest.trees is not None, "walked by columns like any other forest"
    assert forest.margin(x).tolist() == forest.booster.predict(x, raw_score=True).tolist()
    assert forest.margin(x) == pytest.approx(scorecard.log_odds(x), abs=1e-12)
    parts = Contributions(forest).of(x[:3_000])
    assert parts.sum(axis=1) == pytest.approx(scorecard.log_odds(x[:3_000]), abs=1e-9)


def test_bins_of_a_characteristic_with_a_direction_keep_it() -> None:
    random = np.random.default_rng(2)
    x = random.integers(0, 8, (20_000, 1)).astype(np.float32)
    # The risk rises with every step but one, where it falls.
    rate = np.array([0.02, 0.04, 0.06, 0.05, 0.08, 0.1, 0.12, 0.15])[x[:, 0].astype(int)]
    rising = replace(FEATURES[0], monotone=1)
    scorecard = fit_points(x, random.random(20_000) < rate, None, (rising,))
    evidence = scorecard.characteristics[0].weight_of_evidence[:-1]
    assert (np.diff(evidence) >= 0).all() and scorecard.coefficients[0] > 0


def test_features_that_moved_between_the_dates_are_named() -> None:
    some = rows(4_000)
    moved = some.x.copy()
    moved[some.date_index == 1, 1] += 2
    assert unstable(some, 0.25) == {}
    assert list(unstable(replace(some, x=moved), 0.25)) == [FEATURES[1].name]
