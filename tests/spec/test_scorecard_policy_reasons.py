"""From log-odds to points, bands and reasons."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from risk_warning.core.features import registry
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.reasons import ReasonGroups
from risk_warning.core.scorecard import Scorecard, clipped, probability
from risk_warning.errors import SettingsError
from risk_warning.model.policy_in_force import read_policy

POLICY = Policy(threshold=560, red_below=530, yellow_below=590)


@pytest.mark.parametrize(("odds_good_bad", "score"), [(50, 600), (100, 620), (25, 580), (200, 640)])
def test_fifty_to_one_is_600_and_20_points_double_the_odds(odds_good_bad: float, score: float) -> None:
    assert Scorecard().score(np.array([-math.log(odds_good_bad)]))[0] == pytest.approx(score)


def test_a_pd_never_reaches_nothing_or_certainty() -> None:
    assert probability(clipped(np.array([-99.0, 0.0, 99.0]))).tolist() == [1e-5, 0.5, 1 - 1e-5]


def test_a_score_on_the_threshold_is_not_below_it() -> None:
    scores = np.array([529.9, 530, 559.999999, 560, 589, 590, 700])
    assert [BANDS[i] for i in POLICY.bands(scores)] == ["red", "orange", "orange", *["yellow"] * 2, *["green"] * 2]
    assert POLICY.below_threshold(scores).tolist() == [True, True, True, False, False, False, False]


def test_a_policy_is_named_by_its_content() -> None:
    again = Policy(threshold=560, red_below=530, yellow_below=590)
    assert POLICY.version == again.version != Policy(threshold=561, red_below=530, yellow_below=590).version


CUT_OFFS = "threshold = 560\nred_below = 530\nyellow_below = 590\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("threshold = 560", "cannot be used: red_below: Field required."),
        (CUT_OFFS.replace("530", "570"), "cannot be used: a policy needs red_below <= threshold <= yellow_below."),
        (CUT_OFFS.replace("560", "nan"), "cannot be used: threshold: Input should be a finite number."),
        (CUT_OFFS.replace("560", "true"), "cannot be used: threshold: Input should be a valid number."),
        (CUT_OFFS.replace("560", '"560"'), "cannot be used: threshold: Input should be a valid number."),
        (CUT_OFFS + "margin = -1", "cannot be used: margin and close_after_days of a policy must not be negative."),
        (CUT_OFFS + "close_after_days = 7.5", "cannot be used: close_after_days: Input should be a valid integer."),
        (CUT_OFFS + "colour = 1.0", "cannot be used: there is no value colour; a policy has threshold, red_below,"),
        ("threshold =", "is not valid TOML"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=re.escape(f"The policy {path} {words}")):
        read_policy(path)


def test_a_policy_file_gives_the_policy_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(CUT_OFFS)
    whole = read_policy(path)
    assert whole == Policy(threshold=560.0, red_below=530.0, yellow_below=590.0, margin=10.0, close_after_days=7)
    path.write_text(whole.to_toml())
    assert read_policy(path) == whole and read_policy(path).version == whole.version


def test_the_proposal_warns_about_the_riskiest_five_percent() -> None:
    scores = np.arange(1000, dtype=np.float64)
    assert Policy.from_training_scores(scores).below_threshold(scores).mean() == pytest.approx(0.05, abs=0.001)


def test_features_that_say_the_same_add_up_to_one_reason_told_by_the_costliest() -> None:
    features = [f for f in registry() if f.name in ("dpd_max_3m", "dpd_max_6m", "salary_in_count_1m", "tenure_days")]
    names = [f.name for f in features]
    points = np.zeros((2, 4))
    points[0, names.index("dpd_max_3m")], points[0, names.index("dpd_max_6m")] = -5.0, -7.0
    points[0, names.index("salary_in_count_1m")] = -8.0
    points[0, names.index("tenure_days")] = 3.0
    reasons = ReasonGroups.of(features).reasons(points, np.zeros((2, 4), np.bool_))
    assert [reasons.codes[i] for i in reasons.group[0, :2]] == ["arrears_history", "salary"]
    assert reasons.points[0, :2].tolist() == [-12.0, -8.0]
    assert names[reasons.feature[0, 0]] == "dpd_max_6m"
    assert reasons.feature_points[0, :2].tolist() == [-7.0, -8.0]
    assert reasons.group[0, 2:].tolist() == [-1, -1]
    assert np.isnan(reasons.points[1]).all()


def test_a_missing_value_never_adds_to_a_reason_that_claims_an_observation() -> None:
    features = [f for f in registry() if f.name in ("dpd_now", "dpd_max_3m", "dpd_max_6m", "tenure_days")]
    assert [f.name for f in features] == ["dpd_now", "dpd_max_3m", "dpd_max_6m", "tenure_days"]
    points = np.array([[-2.0, -5.0, -7.0, -1.0]] * 3)
    nothing, some = [False] * 4, [True, False, True, False]
    reasons = ReasonGroups.of(features).reasons(points, np.array([nothing, some, [True] * 4]))
    by_row = [
        {reasons.codes[group]: total for group, total in zip(groups, totals, strict=True) if group >= 0}
        for groups, totals in zip(reasons.group.tolist(), reasons.points.tolist(), strict=True)
    ]
    assert by_row == [
        {"arrears_history": -12.0, "arrears_now": -2.0, "history_length": -1.0},
        {"arrears_unknown": -9.0, "arrears_history": -5.0, "history_length": -1.0},
        {"arrears_unknown": -14.0, "history_length_unknown": -1.0},
    ]
    assert [features[f].name for f in reasons.feature[1, :2]] == ["dpd_max_6m", "dpd_max_3m"]


def test_reasons_are_equal_to_the_bit_for_one_borrower_and_for_many() -> None:
    random = np.random.default_rng(4)
    groups = ReasonGroups.of(registry())
    points = random.normal(size=(200, len(registry())))
    is_missing = random.random(points.shape) < 0.3
    many = groups.reasons(points, is_missing)
    for row in range(len(points)):
        one = groups.reasons(points[row : row + 1], is_missing[row : row + 1])
        for name in ("group", "points", "feature", "feature_points"):
            assert getattr(one, name)[0].tobytes() == getattr(many, name)[row].tobytes()
