"""From log-odds to points, bands and reasons."""

from __future__ import annotations

import math

import numpy as np
import pytest

from risk_warning.core.features import registry
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.reasons import ReasonGroups
from risk_warning.core.scorecard import Scorecard, clipped, probability

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


@pytest.mark.parametrize(
    "values",
    [
        {"threshold": 560.0},
        {"threshold": 560.0, "red_below": 570.0, "yellow_below": 590.0},
        {"threshold": math.nan, "red_below": 530.0, "yellow_below": 590.0},
        {"threshold": 560.0, "red_below": 530.0, "yellow_below": 590.0, "colour": 1.0},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"policy|missing|unknown"):
        Policy.from_dict(values)


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
    found = ReasonGroups.of(features).reasons(points)
    assert [found.codes[i] for i in found.group[0, :2]] == ["past_due_before", "salary"]
    assert found.points[0, :2].tolist() == [-12.0, -8.0]
    assert names[found.feature[0, 0]] == "dpd_max_6m"
    assert found.group[0, 2:].tolist() == [-1, -1]
    assert np.isnan(found.points[1]).all()
